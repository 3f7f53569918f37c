using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Report.Content;
using Fulcrum.Report.Html;
using Fulcrum.Report.Markdown;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>A guard that had nothing to look at must not say that it passed.</summary>
public sealed class NothingToLookAtTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Overlap_without_training_data_is_not_checked_and_the_summary_says_so()
    {
        GuardLog log = Prepared(Given, []);

        GuardResult result = log.Results.Single(r => r.Name == GuardNames.TrainingOverlap);
        Assert.Equal(GuardStatus.NotChecked, result.Status);
        Assert.Contains("no training data", result.Message);
        Assert.Contains("checks passed: none; not checked: training-overlap, because ", PreparationSummary.Of(log, []));
    }

    [Fact]
    public void Overlap_names_candidates_of_which_the_training_data_are_not_known()
    {
        TrainingText[] texts = [new("1", "", new Prompt.Text("another question"), "answer")];

        GuardResult result = Prepared(Given, texts).Results.Single(r => r.Name == GuardNames.TrainingOverlap);

        Assert.Equal(GuardStatus.Passed, result.Status);
        Assert.Contains("Whether theirs was trained on these data cannot be checked", result.Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("answer: (.*)")]
    public void Replies_that_do_not_exist_or_are_compared_whole_do_not_pass_the_guard_of_unreadable_ones(
        string? extract
    )
    {
        ITask task = WritingTask.Open(
            new GenerationPlan("own", Rows("""{"prompt":"p","target":"answer: x"}"""), Extract: extract),
            1
        );
        GuardLog log = new("base");

        MeasurementGuards.Check(log, task, new GenerationPlan("own"), [], "", before: true);

        Assert.Equal(
            extract is null ? GuardStatus.NotApplicable : GuardStatus.NotChecked,
            log.Results.Single(r => r.Name == GuardNames.UnparsableShare).Status
        );
    }

    [Fact]
    public void Choices_of_which_none_was_scored_do_not_pass_the_guard_of_the_chance_level()
    {
        string rows = """{"question":"?","options":["x","y"],"answer":"A"}""";
        ITask task = MultipleChoiceTask.Open(new MultipleChoicePlan("own", Rows(rows)), 1);
        GuardLog log = new("base");
        Answer unscored = new("rows/1", "", "", null, "", "A", "unscored");

        MeasurementGuards.Check(log, task, new MultipleChoicePlan("own"), [unscored], "", before: true);

        Assert.Equal(GuardStatus.NotChecked, log.Results.Single(r => r.Name == GuardNames.BelowChance).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_model_of_which_no_score_is_published_has_no_band_even_without_answers(bool isFolder)
    {
        GuardLog log = new("base");

        MeasurementGuards.Check(log, new Choice(), new MmluPlan(), [], isFolder ? folder : "", before: true);

        Assert.Equal(GuardStatus.NotApplicable, log.Results.Single(r => r.Name == GuardNames.PublishedBand).Status);
    }

    [Fact]
    public void The_summary_gives_each_guard_its_own_reason()
    {
        GuardLog log = new("prepare");
        log.NotChecked("training-overlap", "one", "there are no data");
        log.NotChecked("training-overlap", "two", "there are no data");
        log.NotChecked("gold-against-gold", "one", "there are no items");
        log.NotChecked("completion-tokens", null, "there are no data");

        Assert.Contains(
            "not checked: training-overlap, completion-tokens, because there are no data; "
                + "gold-against-gold, because there are no items (guards",
            PreparationSummary.Of(log, [])
        );
    }

    [Fact]
    public void Noise_and_probe_without_items_are_not_checked()
    {
        GuardLog log = new("compare");

        BatchingNoise.Check(log, new Difference(0.1, 0.05, 0.15, 0.02), BatchingNoise.Of("own", []));
        AdapterProbe.Check(log, [], [], [], Dtype.F32);

        Assert.Equal(3, log.Results.Count);
        Assert.All(log.Results, r => Assert.Equal(GuardStatus.NotChecked, r.Status));
    }

    [Fact]
    public void The_console_names_guards_that_were_overridden_or_had_nothing_to_look_at()
    {
        GuardResult[] guards =
        [
            new("below-chance", "base", "own", GuardStatus.Overridden, "..."),
            new("training-overlap", "prepare", "own", GuardStatus.NotChecked, "..."),
            new("gold-against-gold", "prepare", "own", GuardStatus.Passed, "..."),
        ];

        string[] said = [.. Explanations.Guards(guards, Words.English)];

        Assert.Equal(
            [
                "Guards that failed and were overridden, so the figures may mean nothing: below-chance (own).",
                "Not checked, because there was nothing to look at: training-overlap (own).",
            ],
            said
        );
        Assert.Empty(Explanations.Guards(guards[2..], Words.English));
    }

    [Fact]
    public void The_report_shows_what_was_not_checked()
    {
        string run = SyntheticRun.Write();
        RunReport report = RunReport.Read(run);
        GuardResult guard = new("training-overlap", "prepare", "spider", GuardStatus.NotChecked, "there is nothing");
        RunReport of = report with { Comparison = report.Comparison with { Guards = [guard] } };

        Assert.Contains("? not checked", Page.Print(of));
        Assert.Contains(
            "| training-overlap | prepare | spider | ? not checked | there is nothing |",
            ReportMarkdown.Of(of)
        );
        Directory.Delete(run, recursive: true);
    }

    [Fact]
    public void An_adapter_of_another_base_is_doubted_wherever_the_verdict_is_read()
    {
        const string Doubt = "the adapter of tuned was trained for 'x'";
        string run = SyntheticRun.Write();
        RunReport report = RunReport.Read(run);
        GuardResult[] guards = [new("adapter-base", "candidates/tuned/measure", null, GuardStatus.NotChecked, Doubt)];
        RunReport of = report with { Comparison = report.Comparison with { Guards = guards } };

        Assert.Equal([$"Not checked: {Doubt}."], Explanations.Guards(guards, Words.English));
        Assert.Contains("<p class=\"open\">Not checked: the adapter of tuned", Page.Print(of));
        Assert.Contains(
            "| adapter-base | candidates/tuned/measure |  | ? not checked | the adapter of tuned",
            ReportMarkdown.Of(of)
        );
        Directory.Delete(run, recursive: true);
    }

    private static readonly IReadOnlyDictionary<string, CandidatePlan> Given = new Dictionary<string, CandidatePlan>
    {
        ["theirs"] = new(Adapter: "theirs"),
    };

    private GuardLog Prepared(IReadOnlyDictionary<string, CandidatePlan> candidates, TrainingText[] texts)
    {
        GuardLog log = new("prepare");
        PreparationGuards.Check(
            log,
            new Corpus([new Choice()], texts, ""),
            PromptEncoding.OfServer,
            [],
            new ScriptedStudy().Study with
            {
                Candidates = candidates,
                Tasks = new Dictionary<string, TaskPlan> { ["own"] = new GenerationPlan("own") },
            }
        );
        return log;
    }

    private string Rows(string rows)
    {
        string path = Path.Combine(folder, "rows.jsonl");
        File.WriteAllText(path, rows + "\n");
        return path;
    }

    private sealed class Choice : ITask
    {
        public string Name => "own";

        public double? ChanceAccuracy => 0.5;

        public IReadOnlyList<Item> Items { get; } = [new("1", "", "", "which of the two is it, and why", "A")];

        public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string>();

        public string? NoGold => "it is a test";

        public Question Ask(Item item) => new Question.Choose(new Prompt.Text("?"), [" A", " B"]);

        public Grade Grade(Item item, Reply reply) => new(1, "A", "correct");
    }
}
