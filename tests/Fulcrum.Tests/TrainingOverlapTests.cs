using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

public sealed class TrainingOverlapTests
{
    [Theory]
    [InlineData("What is 7 times 8?", "56")]
    [InlineData("4827 + 9155", "13982")]
    [InlineData("日本の首都はどこですか", "東京")]
    [InlineData("ก", "ข")]
    public void A_copied_question_is_found_at_any_length_and_in_any_script(string input, string target)
    {
        Overlap found = Assert.Single(Found(input, target, input, "another answer"));

        Assert.True(found.Exact);
    }

    [Theory]
    [InlineData("7 + 5 =")]
    [InlineData("0")]
    public void An_item_of_a_few_digits_in_the_training_data_is_explained_by_chance(string input) =>
        Assert.Empty(Found(input, "12", input, "12"));

    [Fact]
    public void More_sums_with_their_answers_than_chance_explains_are_copied()
    {
        (string, string)[] tables = [.. from a in Numbers(2, 9) from b in Numbers(2, 4) select Product(a, b)];

        Assert.Equal(24, Found(tables, tables).Count());
        Assert.Empty(Found(tables, [.. tables.Select(t => (t.Item1, "another answer"))]));
    }

    [Fact]
    public void Sums_that_two_random_samples_share_are_explained_by_chance()
    {
        (string, string)[] all = [.. from a in Numbers(10, 99) from b in Numbers(10, 99) select Product(a, b)];
        Random random = new(1);
        random.Shuffle(all);
        (string, string)[] trained = all[..4000];
        random.Shuffle(all);

        Assert.Empty(Found(all[..2000], trained));
    }

    [Fact]
    public void A_copied_question_behind_an_instruction_is_found() =>
        Assert.Single(Found("What is 7 times 8?", "56", "Answer briefly.\nWhat is 7 times 8?", "56"));

    [Fact]
    public void Near_duplicate_without_spaces_is_found_in_the_training_data()
    {
        string text = "東京は日本の首都であり、世界でも有数の大都市として知られている";

        Overlap found = Assert.Single(Found(text, "", $"次の文を読んでください。{text}。続き", "はい"));

        Assert.True(found.Share >= 0.9);
    }

    [Theory]
    [InlineData("What is 7 times 9?")]
    [InlineData("日本の首都はどこにありますか")]
    public void Another_short_question_is_none(string trained) =>
        Assert.Empty(Found("What is 7 times 8?", "56", trained, "63"));

    [Theory]
    [InlineData(2, GuardStatus.Passed)]
    [InlineData(3, GuardStatus.Failed)]
    [InlineData(200, GuardStatus.Failed)]
    public void One_percent_of_the_items_may_stand_in_the_training_data(int copied, GuardStatus status)
    {
        (string Question, string Answer)[] items =
        [
            .. Enumerable.Range(0, 200).Select(i => ($"Who wrote the book called {(char)(i + 0x4e00)}?", "Somebody")),
        ];
        (WritingTask task, TrainingText[] training) = Opened(items, items[..copied]);
        Study study = new ScriptedStudy().Study with
        {
            Candidates = new Dictionary<string, CandidatePlan> { ["tuned"] = new(Train: new TrainPlan()) },
            Tasks = new Dictionary<string, TaskPlan> { ["own"] = new GenerationPlan("own") },
        };
        GuardLog log = new("prepare");

        PreparationGuards.Check(log, new Corpus([task], training, ""), PromptEncoding.OfServer, [], study);

        Assert.Equal(status, log.Results.Single(r => r.Name == GuardNames.TrainingOverlap).Status);
    }

    private static IEnumerable<int> Numbers(int first, int last) => Enumerable.Range(first, last - first + 1);

    private static (string, string) Product(int a, int b) => ($"{a} * {b} =", $"{a * b}");

    private static IEnumerable<Overlap> Found(string input, string target, string prompt, string completion) =>
        Found([(input, target.Length == 0 ? "-" : target)], [(prompt, completion)]);

    private static IEnumerable<Overlap> Found(
        IEnumerable<(string Prompt, string Target)> items,
        IEnumerable<(string Prompt, string Completion)> examples
    )
    {
        (WritingTask task, TrainingText[] training) = Opened(items, examples);
        return TrainingOverlap.Find(task, training, withinCluster: false);
    }

    private static (WritingTask, TrainingText[]) Opened(
        IEnumerable<(string Prompt, string Target)> items,
        IEnumerable<(string Prompt, string Completion)> examples
    )
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "rows.jsonl");
        File.WriteAllLines(
            file,
            items.Select(i => JsonSerializer.Serialize(new { prompt = i.Prompt, target = i.Target }))
        );
        WritingTask task = WritingTask.Open(new GenerationPlan("own", file), seed: 1);
        TrainingText[] training =
        [
            .. examples.Select((e, i) => new TrainingText($"train/{i}", "", new Prompt.Text(e.Prompt), e.Completion)),
        ];
        return (task, training);
    }
}
