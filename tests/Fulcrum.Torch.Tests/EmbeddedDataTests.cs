using System.Buffers;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>What the embedded study measures with, and that nothing of it was seen before.</summary>
public sealed class EmbeddedDataTests
{
    private static readonly string Assets = Path.Combine(AppContext.BaseDirectory, "assets");
    private static readonly SpiderFolder Spider = SpiderFolder.Open(Path.Combine(Assets, "spider"));
    private static readonly MmluFolder Mmlu = MmluFolder.Open(Path.Combine(Assets, "mmlu"));

    [Fact]
    public void The_pretraining_text_holds_no_question_query_or_table_that_is_measured_with()
    {
        string[] tested =
        [
            .. Questions(),
            .. Spider.Dev().SelectMany(e => new[] { e.Question, e.Query }),
            .. DevTables(),
        ];
        SearchValues<string> measured = SearchValues.Create(tested, StringComparison.Ordinal);
        Recipe.PretrainingText text = Recipe.Recipe.Text();

        // Every fortieth step of the real text; `Fulcrum.Recipe leaks` goes through all of it.
        string? leak = Enumerable
            .Range(0, 150)
            .SelectMany(s => text.Documents(40 * s, s / 150.0).Take(20))
            .Select(t => t.ToString())
            .FirstOrDefault(t => t.AsSpan().ContainsAny(measured));

        Assert.True(Questions().Length >= 300 && Spider.Dev().Count >= 200);
        Assert.Null(leak);
    }

    [Fact]
    public void The_training_examples_hold_no_question_query_or_database_of_dev()
    {
        IReadOnlyList<SpiderExample> train = Spider.Train(),
            dev = Spider.Dev();

        Assert.True(train.Count >= 600 && dev.Count >= 200 && Spider.Schemas.Count >= 20);
        Assert.Empty(train.Select(e => e.DbId).Intersect(dev.Select(e => e.DbId)));
        Assert.Empty(train.Select(e => e.Question).Intersect(dev.Select(e => e.Question)));
        Assert.Empty(train.Select(e => e.Query).Intersect(dev.Select(e => e.Query)));
        Assert.Empty(train.SelectMany(e => Tables(e.DbId)).Intersect(DevTables()));
    }

    [Fact]
    public void Both_splits_hold_all_four_levels_of_hardness()
    {
        string[] levels = ["easy", "extra", "hard", "medium"];

        Assert.Equal(levels, Spider.Train().Select(e => SpiderHardness.Of(e.Parse)).Distinct().Order());
        Assert.Equal(levels, Spider.Dev().Select(e => SpiderHardness.Of(e.Parse)).Distinct().Order());
    }

    [Fact]
    public void Every_gold_query_runs_and_has_a_result()
    {
        SqlGrader grader = new("official", new SqlLimits(5));

        Assert.All(
            Spider.Dev().Concat(Spider.Train().Where(e => e.Index % 10 == 0)),
            e => Assert.Equal(1, grader.Grade(Spider.DatabaseFile(e.DbId), e.Query, e.Query).Score)
        );
    }

    [Fact]
    public void Bundled_data_equals_the_recipes_output()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        Recipe.Recipe.WriteData(folder);

        string[] files =
        [
            "spider/tables.json",
            "spider/dev.json",
            "spider/train_spider.json",
            .. Mmlu.Subjects.SelectMany(s => new[] { $"mmlu/test/{s}_test.csv", $"mmlu/dev/{s}_dev.csv" }),
        ];
        Assert.All(
            files,
            f => Assert.Equal(File.ReadAllText(Path.Combine(Assets, f)), File.ReadAllText(Path.Combine(folder, f)))
        );
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void The_questions_cover_three_categories_and_every_answer_letter()
    {
        MmluQuestion[] all = [.. Mmlu.Subjects.SelectMany(Mmlu.Test)];

        Assert.True(Mmlu.Subjects.Count >= 6);
        Assert.Equal(
            ["STEM", "humanities", "social sciences"],
            Mmlu.Subjects.Select(MmluCategories.Of).Distinct().Order(StringComparer.Ordinal)
        );
        Assert.All(Mmlu.Subjects, s => Assert.Equal(5, Mmlu.Dev(s).Count));
        Assert.All(
            Enumerable.Range(0, 4),
            letter => Assert.InRange(all.Count(q => q.Answer == letter), all.Length / 6, all.Length / 3)
        );
        Assert.All(all, q => Assert.Equal(4, q.Choices.Distinct().Count()));
    }

    private static string[] Questions() => [.. Mmlu.Subjects.SelectMany(Mmlu.Test).Select(q => q.Question)];

    private static IEnumerable<string> DevTables() => Spider.Dev().Select(e => e.DbId).Distinct().SelectMany(Tables);

    private static IEnumerable<string> Tables(string db) =>
        SpiderPrompt.Describe(Spider.Schemas[db]).Split('\n').Where(l => l.Contains('('));
}
