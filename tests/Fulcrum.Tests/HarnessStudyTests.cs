using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Tasks of lm-evaluation-harness' form as tasks of a study.</summary>
public sealed class HarnessStudyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-tests-").FullName;

    public HarnessStudyTests()
    {
        string[] rows =
        [
            .. Enumerable
                .Range(0, 12)
                .Select(i =>
                    $$"""{"id": "q{{i}}", "question": "Which is {{i}}?", "choices": {"text": ["one", "two {{i}}"], "label": ["A", "B"]}, "answerKey": "{{(i % 2 == 0 ? "A" : "B")}}"}"""
                ),
        ];
        File.WriteAllLines(Path.Combine(folder, "test.jsonl"), rows);
        File.WriteAllLines(Path.Combine(folder, "train.jsonl"), rows.Reverse());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_built_in_task_is_named_by_its_kind_and_printed_in_the_same_way()
    {
        Study study = Parsed("""{ "kind": "arc_easy", "data": "data", "fewshot": 2, "chatTemplate": true }""");
        HarnessPlan plan = Assert.IsType<HarnessPlan>(study.Tasks["t"]);
        Assert.Equal(("arc_easy", "data", 2, true), (plan.BuiltIn, plan.Data, plan.Fewshot, plan.ChatTemplate));
        JsonNode printed = JsonNode.Parse(StudyFile.Print(study))!["tasks"]!["t"]!;
        Assert.Equal("arc_easy", (string)printed["kind"]!);
        Assert.Null(printed["builtIn"]);
        Assert.Equal(study.Tasks["t"], StudyFile.Parse(StudyFile.Print(study), "again").Tasks["t"]);
    }

    [Fact]
    public void The_kind_mmlu_is_the_built_in_task_where_only_that_has_a_key()
    {
        Assert.IsNotType<HarnessPlan>(Parsed("""{ "kind": "mmlu", "data": "data" }""").Tasks["t"]);
        Study chat = Parsed("""{ "kind": "mmlu", "data": "data", "chatTemplate": true }""");
        Assert.IsType<HarnessPlan>(chat.Tasks["t"]);
        Assert.Equal(chat.Tasks["t"], StudyFile.Parse(StudyFile.Print(chat), "again").Tasks["t"]);
    }

    [Theory]
    [InlineData("""{ "kind": "arc_esy" }""", "did you mean \"arc_easy\"?")]
    [InlineData("""{ "kind": "arc_easy", "shots": 2 }""", "it is called fewshot now")]
    [InlineData("""{ "kind": "harness" }""", "t.file")]
    [InlineData("""{ "kind": "arc_easy", "file": "t.yaml" }""", "t.file")]
    [InlineData("""{ "kind": "arc_easy", "reasoning": true }""", "t.reasoning")]
    [InlineData("""{ "kind": "bbh", "subtask": "juggling" }""", "t.subtask")]
    public void A_wrong_key_or_value_is_named(string task, string named)
    {
        InputException wrong = Assert.Throws<InputException>(() => Parsed(task).Check("study.json"));
        Assert.Contains(named, wrong.Message);
    }

    [Fact]
    public void Items_drawn_for_a_study_are_asked_as_when_all_are_asked()
    {
        HarnessPlan plan = new("arc", "arc_easy", folder, Fewshot: 2, Items: 5);
        ITask all = plan.OpenFirst(Opening(1), null),
            drawn = plan.Open(Opening(1)),
            again = plan.Open(Opening(1)),
            other = plan.Open(Opening(2));
        Assert.Equal(5, drawn.Items.Count);
        Assert.Equal(drawn.Items, again.Items);
        Assert.NotEqual(drawn.Items, other.Items);
        Assert.All(drawn.Items, item => Assert.Equal(Requests(all.Ask(item)), Requests(drawn.Ask(item))));
    }

    [Fact]
    public void A_choice_has_its_right_text_as_target_and_the_right_reply_scores()
    {
        ITask task = new HarnessPlan("arc", "arc_easy", folder).Open(Opening(1));
        Item second = task.Items[1];
        Assert.Equal(("test/1", "two 1", "Question: Which is 1?\nAnswer:"), (second.Id, second.Target, second.Input));
        Assert.Equal(0.5, task.ChanceAccuracy);
        Grade right = task.Grade(second, task.Gold(second)!);
        Assert.Equal((1.0, "two 1", "correct"), (right.Score!.Value, right.Prediction, right.Verdict));
        Assert.Equal(1.0, right.Scores!["acc_norm"][0]);
    }

    [Fact]
    public void The_input_of_a_whole_text_keeps_the_form_that_files_of_answers_have()
    {
        string file = Path.Combine(folder, "whole.yaml"),
            text = new('a', 400);
        File.WriteAllText(Path.Combine(folder, "whole.jsonl"), $$"""{"page": "{{text}}"}""");
        File.WriteAllText(
            file,
            "task: own\ndataset_path: json\ndataset_kwargs: {data_files: {test: whole.jsonl}}\ntest_split: test\n"
                + "output_type: loglikelihood_rolling\ndoc_to_text: \"\"\ndoc_to_target: page\n"
        );

        Item item = Assert.Single(new HarnessPlan("own", File: file).Open(Opening(1)).Items);

        Assert.Equal(text[..300] + "...", item.Input);
    }

    [Fact]
    public void A_task_file_reports_its_files_for_the_digest()
    {
        string file = Path.Combine(folder, "own.yaml");
        File.WriteAllText(
            file,
            "task: own\ndataset_path: json\ndataset_kwargs: {data_files: {test: test.jsonl}}\ntest_split: test\n"
                + "output_type: multiple_choice\ndoc_to_text: question\ndoc_to_choice: \"{{choices.text}}\"\n"
                + "doc_to_target: \"{{choices.label.index(answerKey)}}\"\n"
        );
        HarnessPlan plan = new("own", File: file);
        Assert.Equal([file, Path.Combine(folder, "test.jsonl")], plan.Paths());
        Assert.Equal(12, plan.Open(Opening(1)).Items.Count);
    }

    private static Study Parsed(string task) =>
        StudyFile.Parse(
            $$"""{ "base": "m", "tasks": { "t": {{task}} }, "candidates": { "a": { "adapter": "x" } } }""",
            "study.json"
        );

    private static TaskOpening Opening(int seed) => new(seed, null, (_, _) => throw new InvalidOperationException());

    private static IEnumerable<(string, string)> Requests(Question question) =>
        ((Question.Pairs)question).Requests.Select(r => (((Prompt.Text)r.Prompt).Value, r.Continuation));
}
