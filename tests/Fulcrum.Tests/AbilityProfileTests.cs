using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Presets of general tasks, and the profile of abilities that they give.</summary>
public sealed class AbilityProfileTests
{
    [Fact]
    public void A_preset_adds_its_tasks_and_leaves_those_that_the_study_has()
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-tests-").FullName;
        string path = Path.Combine(folder, "study.json");
        File.WriteAllText(
            path,
            """
            { "base": "m", "candidates": { "a": { "adapter": "x" } }, "general": "core-small",
              "tasks": { "t": { "kind": "arc_easy", "data": "d", "role": "target" }, "boolq": { "kind": "boolq", "data": "own", "role": "general" } } }
            """
        );
        Study study = StudyFile.Load(path);
        Assert.Equal(9, study.Tasks.Count);
        Assert.Equal(Path.Combine(folder, "own"), ((HarnessPlan)study.Tasks["boolq"]).Data);
        Assert.All(study.Tasks.Where(t => t.Key != "t"), t => Assert.Equal(TaskRole.General, t.Value.Role));
        File.WriteAllText(path, StudyFile.Print(study, folder));
        Assert.Equal(study.Tasks, StudyFile.Load(path).Tasks);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_preset_finds_data_by_the_name_of_the_task_or_of_the_data_set()
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-tests-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "ai2_arc"));
        IReadOnlyDictionary<string, TaskPlan> tasks = Presets.Tasks(new GeneralPlan(Preset.Forgetting, folder));
        Assert.Equal(["hellaswag", "arc_challenge", "winogrande"], tasks.Keys);
        Assert.Equal(Path.Combine(folder, "ai2_arc"), ((HarnessPlan)tasks["arc_challenge"]).Data);
        Assert.Equal(Path.Combine(folder, "hellaswag"), ((HarnessPlan)tasks["hellaswag"]).Data);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void An_unknown_preset_is_refused_with_the_known_ones()
    {
        InputException wrong = Assert.Throws<InputException>(() =>
            StudyFile.Parse(
                """{ "base": "m", "candidates": {}, "general": "cor", "tasks": { "t": { "kind": "arc_easy" } } }""",
                "s.json"
            )
        );
        Assert.Contains("core-small", wrong.Message);
    }

    [Theory]
    [InlineData("belebele_por_Latn", Ability.Reading)]
    [InlineData("global_mmlu_pt", Ability.Knowledge)]
    [InlineData("refusals", Ability.Safety)]
    public void Every_built_in_task_has_an_ability(string task, Ability ability)
    {
        Assert.Equal(ability, BuiltInCatalogue.AbilityOf(task));
        Assert.All(BuiltInTasks.Names, n => Assert.NotNull(BuiltInCatalogue.AbilityOf(n)));
    }

    [Fact]
    public void Tasks_of_one_ability_share_a_row_and_a_preset_adds_its_mean()
    {
        PairedResult[] results = [Result("piqa", 10, 4), Result("openbookqa", 10, 8), Result("boolq", 10, 5)];
        Dictionary<string, Ability> abilities = new()
        {
            ["piqa"] = Ability.Reasoning,
            ["openbookqa"] = Ability.Reasoning,
            ["boolq"] = Ability.Reading,
        };
        IReadOnlyList<AbilityRow> rows = AbilityProfile.Of(results, abilities, ("all", ["piqa", "boolq"]), 2)!;
        Assert.Equal(["reasoning", "reading", "all"], rows.Select(r => r.Name));
        Assert.Equal(0.6, rows[0].After, 9);
        Assert.Equal(["piqa", "boolq"], rows[2].Tasks);
        Assert.Equal(
            MeanEstimate.Of([results[0].Estimands.Items, results[1].Estimands.Items], 0.05),
            rows[0].Difference
        );
        Assert.Equal(results[2].Difference, rows[1].Difference);
        Assert.Null(AbilityProfile.Of(results[..2], abilities, null, 2));
    }

    [Fact]
    public void Whole_texts_are_compared_by_bits_per_byte_and_take_no_part_in_the_verdict()
    {
        Answer[] before = [.. Enumerable.Range(0, 6).Select(i => Text(i, -100 - i))],
            after = [.. Enumerable.Range(0, 6).Select(i => Text(i, -110 - 2 * i))];
        PairedResult texts = PairedComparison.Of("wikitext", before, after, new ComparisonSettings(Margin: 2));
        CorpusResult corpus = texts.Corpus!;
        double bits = Enumerable.Range(0, 6).Sum(i => 100.0 + i) / 6 / 50 / Math.Log(2);
        Assert.Equal((CorpusMeasure.BitsPerByte, false), (corpus.Measure, texts.HasScores));
        Assert.Equal(bits, corpus.Before, 9);
        Assert.InRange(corpus.Points, corpus.Low, corpus.High);
        Verdict verdict = Judgement.Of([Result("boolq", 10, 5), texts], [], 2);
        Assert.Equal("boolq", Assert.Single(verdict.Findings).Task);
    }

    private static Answer Text(int id, double logLikelihood) =>
        new($"test/{id}", "wikitext", "", null, "", "", "unscored")
        {
            Scores = new Dictionary<string, double[]> { ["bits_per_byte"] = [logLikelihood, 50] },
        };

    private static PairedResult Result(string task, int items, int right)
    {
        Answer[] before = [.. Enumerable.Range(0, items).Select(i => Scored(i, i < 5))],
            after = [.. Enumerable.Range(0, items).Select(i => Scored(i, i < right))];
        return PairedComparison.Of(task, before, after, new ComparisonSettings(Margin: 2));
    }

    private static Answer Scored(int id, bool right) => new($"test/{id}", "", "", right ? 1 : 0, "", "", "");
}
