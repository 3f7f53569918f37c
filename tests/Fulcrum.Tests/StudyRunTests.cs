using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Report.Content;
using Fulcrum.Report.Markdown;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Xunit;

namespace Fulcrum.Tests;

public sealed class StudyRunTests
{
    [Fact]
    public void Custom_task_example_reports_knowledge_and_format_separately()
    {
        string folder = ScriptedRuntime.ModelFolder();
        IReadOnlyList<TableRow> everyday = Rows("everyday.csv");
        Dictionary<string, string> facts = Rows("facts-test.jsonl")
            .ToDictionary(r => r.Text("question"), r => r.Text("answer"));
        ScriptedRuntime runtime = new(
            folder,
            new(_ => "no idea", Knows),
            new(
                prompt => facts.FirstOrDefault(f => prompt.Contains(f.Key)).Value ?? "who knows",
                (_, text) => text.Trim() == "A" ? -1 : -2 - text.Length
            )
        );

        (string run, CandidateComparison comparison) = Run("own-task.json", folder, runtime, WithWrittenReading);

        PairedResult target = Of(comparison, "facts"),
            general = Of(comparison, "everyday"),
            order = Of(comparison, "everyday-order");
        Assert.Equal((0.0, 1.0), (target.Before.Score, target.After.Score));
        Assert.Equal(
            Rows("facts-test.jsonl").Select(r => r.Text("topic")).Distinct().Order(),
            target.Groups.Select(g => g.Group)
        );
        Assert.Equal(
            (1.0, everyday.Count(r => r.Text("answer") == "A") / (double)everyday.Count),
            (general.Before.Score, general.After.Score)
        );
        Assert.Equal((everyday.Count, 0.25), (order.Items, order.After.Score));
        Assert.Equal((1.0, 0.0), Means(comparison, "everyday-order", "same_option"));
        Assert.Equal((0.0, 0.0), Means(comparison, "everyday-written", "parsed"));
        Assert.Equal(
            (0.5, -1.0),
            (comparison.NeutralText!.KullbackLeibler.Mean, comparison.NeutralText.LogLikelihood.Mean)
        );
        Assert.NotNull(general.Calibration);
        Assert.Equal(Rows("facts-train.csv").Count, runtime.Trained.Count);
        Assert.Contains("The model lost knowledge", File.ReadAllText(Path.Combine(run, "report.html")));
        Directory.Delete(run, recursive: true);
    }

    [Fact]
    public void Built_in_custom_task_passes_every_guard_as_it_is_and_a_model_that_learns_it_is_accepted()
    {
        string folder = ScriptedRuntime.ModelFolder();
        Dictionary<string, string> facts = Rows("facts-test.jsonl")
            .ToDictionary(r => r.Text("question"), r => r.Text("answer"));
        string Answer(string prompt) => facts.First(f => prompt.Contains(f.Key)).Value;
        // As the embedded model: the base's answers end with a full stop, which the task forbids.
        ScriptedRuntime runtime = new(
            folder,
            new(prompt => Answer(prompt) + ".", Knows),
            new(Answer, (prompt, text) => Knows(prompt, text) - 0.5)
        );

        (string run, CandidateComparison comparison) = Run("own-task.json", folder, runtime);

        Assert.All(
            ComparisonJson.Read(Path.Combine(run, "comparison.json")).Guards!,
            g => Assert.True(g.Status is GuardStatus.Passed or GuardStatus.NotApplicable, $"{g.Name}: {g.Message}")
        );
        Assert.Equal((0.0, 1.0), (Of(comparison, "facts").Before.Score, Of(comparison, "facts").After.Score));
        Assert.Equal(VerdictKind.Accept, comparison.Verdict.Kind);
        Directory.Delete(run, recursive: true);
    }

    // The embedded model never answers by a letter, so the study itself has no written reading.
    private static Study WithWrittenReading(Study study) =>
        study with
        {
            OverrideGuards = ["unparsable-share", "below-chance"],
            Tasks = new Dictionary<string, TaskPlan>(study.Tasks)
            {
                ["everyday-written"] = (MultipleChoicePlan)study.Tasks["everyday"] with
                {
                    Reading = AnswerScoring.Generated,
                },
            },
        };

    private static IReadOnlyList<TableRow> Rows(string name) =>
        Table.Read(Path.Combine(SharedData.Project, "studies", "own-task", name));

    [Fact]
    public void Notebook_study_reports_that_its_measurement_is_invalid()
    {
        string folder = ScriptedRuntime.ModelFolder(
            """{"do_sample":true,"temperature":0.7,"top_p":0.8,"top_k":20,"repetition_penalty":1.1}"""
        );
        ScriptedRuntime runtime = new(
            folder,
            new(_ => " I think", Knows),
            new(prompt => prompt.Contains("multiple choice") ? " nothing" : "SELECT count(*) FROM singer", Knows)
        );

        (string run, CandidateComparison comparison) = Run(
            "notebook.json",
            folder,
            runtime,
            study =>
                study with
                {
                    Base = study.Base with { Quantization = Quantization.None },
                    Tasks = new Dictionary<string, TaskPlan>
                    {
                        ["spider"] = (SpiderPlan)study.Tasks["spider"] with
                        {
                            Data = SharedData.Of("data", "spider"),
                            Items = 10,
                        },
                        ["mmlu"] = (MmluPlan)study.Tasks["mmlu"] with
                        {
                            Data = SharedData.Of("data", "mmlu", "data"),
                            Subjects = ["college_computer_science", "econometrics", "philosophy"],
                        },
                    },
                    TrainingData = study.TrainingData! with { Data = SharedData.Of("data", "spider"), Examples = 20 },
                }
        );
        string html = File.ReadAllText(Path.Combine(run, "report.html")),
            markdown = File.ReadAllText(Path.Combine(run, "report.md"));

        Assert.Equal((0.0, 0.0), (Of(comparison, "mmlu").Before.Score, Of(comparison, "mmlu").After.Score));
        Assert.All(runtime.Trained, e => Assert.Equal((64, 63), (e.Ids.Length, e.Trained.Count(t => t))));
        Assert.Contains("The measurement is invalid", html);
        foreach (
            string says in (string[])
                [
                    "were prompted differently on spider",
                    "chance level",
                    "could not be parsed",
                    "20 of 20 examples were truncated. 20 of them kept no token",
                    "nan %",
                    "+inf %",
                    "Performance before and after specialisation",
                ]
        )
        {
            Assert.Contains(System.Net.WebUtility.HtmlEncode(says), html);
        }

        Assert.Contains("<td>database:concert_singer</td>", html);
        Assert.Contains("**The measurement is invalid", markdown);
        Answer answer = AnswerFile.Read(Path.Combine(run, "candidates", "r4", "spider.jsonl"))[0];
        Assert.Equal((1.0, true, 1), (answer.Threshold, answer.Success, answer.Score));
        Assert.Contains("<td>True</td>", html);
        Directory.Delete(run, recursive: true);
    }

    [Theory]
    [InlineData(0, 0.24, "+inf %")]
    [InlineData(0, 0, "nan %")]
    [InlineData(0.02, 0, "-100 %")]
    [InlineData(0.4, 0.498, "+24.5 %")]
    public void The_relative_change_is_printed_as_the_notebook_prints_it(double before, double after, string printed) =>
        Assert.Equal(printed, new RelativeRow("", before, after, RelativeTable.Change(before, after)).Printed);

    private static (string Run, CandidateComparison Comparison) Run(
        string name,
        string model,
        ScriptedRuntime runtime,
        Func<Study, Study>? change = null
    )
    {
        Study study = StudyFile.Load(Path.Combine(SharedData.Project, "studies", name));
        study = study with { Base = study.Base with { Model = model } };
        study = change?.Invoke(study) ?? study;
        string folder = Directory.CreateTempSubdirectory().FullName;
        using RunLock run = RunLock.Open(folder);
        Experiment experiment = new(
            study,
            run,
            new Engines([runtime], runtime),
            s => StudyCorpus.Open(s, (_, _) => (_, gold, predicted) => Equal(gold, predicted)),
            new ExperimentSettings(WriteReport: (layout, language) => ReportFiles.Write(layout.Root, language))
        );
        return (folder, experiment.Run()!.Candidates.Single());
    }

    private static Grade Equal(string gold, string predicted) =>
        new(predicted == gold ? 1 : 0, predicted, predicted == gold ? "correct" : "wrong-result");

    private static PairedResult Of(CandidateComparison comparison, string name) =>
        comparison.Tasks.Single(b => b.Task == name);

    private static (double, double) Means(CandidateComparison comparison, string name, string measure) =>
        Of(comparison, name).Measures!.Single(m => m.Name == measure) is var m ? (m.Before, m.After) : default;

    // The questions with the text of the right option, read once: a model is asked thousands of times.
    private static readonly Lazy<(string Question, string Right)[]> Everyday = new(() =>
        [.. Rows("everyday.csv").Select(r => (r.Text("question"), r.Text(r.Text("answer").ToLowerInvariant())))]
    );

    /// <summary>Likes the right option, or its letter, best.</summary>
    private static double Knows(string prompt, string text)
    {
        string right =
            Everyday.Value.SingleOrDefault(q => prompt.Contains(q.Question, StringComparison.Ordinal)).Right ?? "";
        string letter = LetterOf(prompt, right);
        return text.Trim() == right || text.Trim() == letter ? -1 : -2 - text.Length;
    }

    private static string LetterOf(string prompt, string option) =>
        prompt
            .Split('\n')
            .FirstOrDefault(l =>
                l.Length > 3 && char.IsAsciiLetterUpper(l[0]) && l.AsSpan(1).SequenceEqual($". {option}")
            )
            ?[..1]
        ?? "";
}
