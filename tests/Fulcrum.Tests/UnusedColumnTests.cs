using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Columns of a file that nothing reads are named in one line, by every reader.</summary>
public sealed class UnusedColumnTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(null, "3 rows, columns: question, answer; not used: id, topic, meta")]
    [InlineData("id", "3 rows, columns: question, answer; not used: topic, meta")]
    public void A_written_task_names_the_columns_that_it_does_not_use(string? id, string layout) =>
        Assert.Equal(layout, WritingTask.Open(new GenerationPlan("own", Rows(), Id: id), 1).Layout);

    [Fact]
    public void A_template_uses_the_columns_that_it_names() =>
        Assert.Equal(
            "3 rows, columns: the template, answer; not used: id, meta",
            WritingTask
                .Open(new GenerationPlan("own", Rows(), Template: "{{ topic }}: {{ question }}", Target: "answer"), 1)
                .Layout
        );

    [Theory]
    [InlineData(null, "1 rows, columns: question, a, b, answer; not used: id, topic")]
    [InlineData("{{ topic }} {{ question }}", "1 rows, columns: the template, a, b, answer; not used: id")]
    public void A_multiple_choice_task_names_the_columns_that_it_does_not_use(string? template, string layout)
    {
        string path = Written("c.csv", "id,topic,question,a,b,answer\n1,x,Which?,red,green,A\n");

        ITask task = MultipleChoiceTask.Open(
            new MultipleChoicePlan("own", path, Options: ["a", "b"], Template: template),
            1
        );

        Assert.Equal(layout, task.Layout);
    }

    [Theory]
    [InlineData("{{question}}", "3 rows, columns: question, answer; not used: id, topic, meta")]
    [InlineData("{{topic}}: {{question}}", "3 rows, columns: topic, question, answer; not used: id, meta")]
    public void A_task_file_of_lm_evaluation_harness_names_the_columns_that_it_does_not_use(string text, string layout)
    {
        string rows = Path.GetFileName(Rows()),
            file = Written(
                "t.yaml",
                $$$"""
                task: own
                dataset_path: json
                dataset_kwargs: { data_files: { test: {{{rows}}} } }
                test_split: test
                output_type: generate_until
                doc_to_text: "{{{text}}}"
                doc_to_target: answer
                """
            );

        ITask task = new HarnessPlan("own", File: file).Open(
            new TaskOpening(1, null, (_, _) => (_, _, _) => new Grade(1, "", ""))
        );

        Assert.Equal(layout, task.Layout);
    }

    [Fact]
    public void Training_data_of_a_study_and_its_replay_name_the_columns_that_they_do_not_use()
    {
        string replay = Written("r.csv", "prompt,completion,source\np,c,web\n");
        Study study = new ScriptedStudy().Study with
        {
            Tasks = new Dictionary<string, TaskPlan> { ["own"] = new GenerationPlan("own", Rows()) },
            TrainingData = new TrainingDataPlan(File: Rows()),
            Replay = new ReplayPlan(0.5, replay),
        };

        Assert.Equal(
            "training data: 3 rows, columns: question, answer; not used: id, topic, meta. "
                + "replay: 1 rows, prompts and completions: prompt, completion; not used: source",
            StudyCorpus.Open(study, (_, _) => (_, _, _) => new Grade(1, "", "")).TrainingLayout
        );
    }

    [Fact]
    public void Columns_that_are_no_task_are_refused_as_a_task_and_those_of_training_data_as_such()
    {
        string path = Written("x.csv", "foo,bar\n1,2\n");

        string task = Assert.Throws<InputException>(() => WritingTask.Open(new GenerationPlan("own", path), 1)).Message,
            training = Assert.Throws<InputException>(() => ExampleFile.Open(path, new ExampleColumns())).Message;

        Assert.Contains("no known layout of a task", task);
        Assert.DoesNotContain("training", task);
        Assert.Contains("no known layout of training data", training);
    }

    private string Rows() =>
        Written(
            "t.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, 3)
                    .Select(i =>
                        $$"""{"id":"f{{i}}","topic":"t{{i}}","question":"q{{i}}","answer":"a","meta":{{i}}}""" + "\n"
                    )
            )
        );

    private string Written(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
