using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Jobs;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Searches: short trainings first, the better half longer, the winner judged on unseen items.</summary>
public sealed class SeekTests
{
    private const int FullSteps = 18;

    [Fact]
    public void Half_of_the_candidates_are_trained_for_twice_as_long_in_each_round()
    {
        Assert.Equal([new(0.125, 16), new(0.25, 8), new(0.5, 4), new HalvingRound(1, 2)], SuccessiveHalving.Of(16, 4));
        Assert.Equal([new(0.25, 5), new(0.5, 3), new HalvingRound(1, 2)], SuccessiveHalving.Of(5, 3));
        Assert.Equal(
            (5, 2, 1),
            (
                SuccessiveHalving.LargestRounds(16, 1000, 4),
                SuccessiveHalving.LargestRounds(2, 1000, 4),
                SuccessiveHalving.LargestRounds(16, 7, 4)
            )
        );
    }

    [Theory]
    [InlineData(16, 1)]
    [InlineData(15, 3)]
    [InlineData(12, 3)]
    [InlineData(8, 4)]
    [InlineData(5, 5)]
    public void The_longest_trainings_that_the_budget_allows_are_planned(double budget, int rounds) =>
        Assert.Equal(rounds, SuccessiveHalving.Within(16, 5, budget, r => r.Share * r.Candidates)!.Count);

    [Fact]
    public void A_search_finds_the_best_within_the_margin_and_judges_it_on_unseen_items()
    {
        string folder = Folder();
        ScriptedStudy study = Searched(new SeekPlan(Margin: 5, Trainings: 6), from: 1);

        Comparison got = study.Run(folder);

        SelectionResult selection = got.Selection!;
        Assert.Equal("tuned-rank6", selection.Chosen);
        Assert.Equal(
            (14, 6, 8 + 4 + 2),
            (selection.Search!.Trainings, Math.Round(selection.Search.Work), study.Trained.Count)
        );
        Assert.Equal([8, 4, 2], selection.Search.Rounds);
        Assert.Equal(new Dictionary<string, string> { ["train.rank"] = "6" }, selection.Search.Settings);
        Assert.Equal(["tuned-rank6", "tuned-rank6-lambda-0.5"], selection.Confirmed);
        Assert.Equal(28, selection.Candidates);
        Assert.Empty(selection.Others.Select(o => o.Name).Intersect(selection.Confirmed));
        string[] chosenOn = Ids(folder, "candidates/tuned-rank6/selection/sql.jsonl"),
            judgedOn = Ids(folder, "candidates/tuned-rank6/sql.jsonl");
        Assert.Empty(chosenOn.Intersect(judgedOn));
        Assert.Equal(40, chosenOn.Length + judgedOn.Length);
        Assert.All(
            Directory.EnumerateDirectories(Path.Combine(folder, "candidates")),
            c => Assert.Empty(Ids(c, "selection/knowledge.jsonl").Intersect(Ids(folder, "base/knowledge.jsonl")))
        );
    }

    [Fact]
    public void After_a_search_nothing_waits_and_candidates_that_it_ended_without_are_named_as_such()
    {
        string folder = Folder();
        Comparison got = Searched(new SeekPlan(Margin: 5, Trainings: 3)).Run(folder);

        RunStatus status = RunStatus.Of(new RunLayout(folder), null);

        Dictionary<StageState, string[]> states = status
            .Candidates.GroupBy(c => c.State)
            .ToDictionary(g => g.Key, g => g.Select(c => c.Name).ToArray());
        Assert.Equal([StageState.Done, StageState.Dropped, StageState.Tried], states.Keys.OrderByDescending(k => k));
        Assert.Equal(got.Selection!.Confirmed.Order(), states[StageState.Done].Order());
        Assert.All(states[StageState.Tried], n => Assert.Contains(n, got.Selection.Others.Select(o => o.Name)));
        Assert.All(states[StageState.Dropped], n => Assert.DoesNotContain("short", n, StringComparison.Ordinal));
        Assert.Null(status.RemainingSeconds);
    }

    [Fact]
    public void A_short_training_has_the_complete_schedule_and_the_same_share_of_warm_up()
    {
        ScriptedStudy study = Searched(new SeekPlan(Trainings: 3));

        study.Run(Folder());

        Assert.Equal([4, 9, FullSteps], study.Trained.Select(t => t.Plan.MaxSteps ?? FullSteps).Distinct());
        Assert.Equal([2, 4, 8], study.Trained.Select(t => t.Plan.WarmupSteps).Distinct());
    }

    [Fact]
    public void An_interrupted_search_resumes_to_the_same_bytes()
    {
        string whole = Folder();
        int events = 0;
        Searched(new SeekPlan(Trainings: 3)).Run(whole, _ => events++);
        for (int at = 3; at < events; at += events / 3)
        {
            string cut = Folder();
            using CancellationTokenSource stop = new();
            int seen = 0;
            try
            {
                Searched(new SeekPlan(Trainings: 3)).Run(cut, _ => Cancel(++seen == at, stop), stop.Token);
            }
            catch (OperationCanceledException)
            {
                Searched(new SeekPlan(Trainings: 3)).Run(cut);
            }

            foreach (string file in (string[])["comparison.json", "selection.json", "seek.json"])
            {
                Assert.Equal(Sha256.OfFile(Path.Combine(whole, file)), Sha256.OfFile(Path.Combine(cut, file)));
            }

            Directory.Delete(cut, recursive: true);
        }
    }

    [Fact]
    public void A_time_budget_keeps_its_decisions_when_it_is_resumed()
    {
        string folder = Folder();
        ScriptedStudy study = Searched(new SeekPlan(Budget: "1h"));
        Comparison first = study.Run(folder);
        string decisions = File.ReadAllText(Path.Combine(folder, "seek.json"));
        File.Delete(Path.Combine(folder, "candidates/tuned-rank7/obtain.manifest.json"));
        int trained = study.Trained.Count;

        Comparison again = Searched(new SeekPlan(Budget: "1h")).Run(folder);

        Assert.Equal(5, trained);
        Assert.Equal(first.Selection!.Chosen, again.Selection!.Chosen);
        Assert.Equal(decisions, File.ReadAllText(Path.Combine(folder, "seek.json")));
    }

    [Fact]
    public void A_time_budget_that_is_over_selects_from_what_was_tried()
    {
        Comparison got = Searched(new SeekPlan(Budget: "0.000001s")).Run(Folder());

        Assert.StartsWith("tuned-rank5-short-4", got.Selection!.Chosen);
        Assert.Equal(1, got.Selection.Search!.Trainings);
    }

    [Fact]
    public void A_model_that_exists_takes_no_part_in_the_search_and_is_judged_beside_the_winner()
    {
        string folder = Folder();
        Searched(new SeekPlan(Trainings: 3)).Run(folder);
        ScriptedStudy study = Searched(new SeekPlan(Trainings: 3));
        string adapter = Path.Combine(folder, "candidates/tuned-rank5-short-4/adapter");
        Dictionary<string, CandidatePlan> candidates = new(study.Study.Candidates) { ["own"] = new(Adapter: adapter) };
        study = study with { Study = study.Study with { Candidates = candidates } };

        Comparison got = study.Run(Folder());

        Assert.Equal(["own", "tuned-rank6"], got.Candidates.Select(c => c.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_report_shows_the_winner_the_front_and_the_cost_in_sentences()
    {
        string folder = Folder();
        Searched(new SeekPlan(Trainings: 3)).Run(folder);
        ReportFiles.Write(folder, "en");
        string text = File.ReadAllText(Path.Combine(folder, "report.md")),
            page = File.ReadAllText(Path.Combine(folder, "report.html"));

        Assert.Contains("rank 6: gain ", text);
        Assert.Contains("confirmed on items not used for choosing", text);
        Assert.Contains("7 trainings (4, then 2, then 1 in its rounds)", text);
        Assert.Contains("Everything that was tried", page);
        Assert.Single(
            text.Split('\n'),
            l => l.StartsWith("| tuned-rank6 |", StringComparison.Ordinal) && l.Contains("confirmation")
        );
        Assert.Contains(
            "selection",
            text.Split('\n').First(l => l.StartsWith("| tuned-rank5-short", StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData(null, null, "seek is neither budget nor trainings")]
    [InlineData("8h", 24.0, "seek is budget and trainings")]
    [InlineData("8 hours", null, "seek.budget is 8 hours; wanted: a number with s, m, h or d behind it")]
    [InlineData(null, -1.0, "seek.trainings is -1; wanted: above 0")]
    public void A_search_that_cannot_be_is_one_sentence(string? budget, double? trainings, string says) =>
        Assert.Contains(
            says,
            Assert
                .Throws<InputException>(() => Searched(new SeekPlan(null, budget, trainings)).Study.Check("study.json"))
                .Message
        );

    [Fact]
    public void A_search_over_one_training_or_with_too_little_work_is_refused()
    {
        ScriptedStudy one = new();
        one = one with { Study = one.Study with { Seek = new SeekPlan(Trainings: 4) } };

        Assert.Contains(
            "seek is a search over 1 training",
            Assert.Throws<InputException>(() => one.Study.Check()).Message
        );
        Assert.Contains(
            "seek.trainings is 2; wanted: at least 3 for 4 candidates",
            Assert.Throws<InputException>(() => Searched(new SeekPlan(Trainings: 2)).Run(Folder())).Message
        );
    }

    /// <summary>Ranks up to eight: the sixth is worth most, the last two are paid for elsewhere.</summary>
    private static ScriptedStudy Searched(SeekPlan seek, int from = 5) =>
        new()
        {
            Strength = plan => Worth[plan.Rank - 1] * (0.6 + (0.4 * (plan.MaxSteps ?? FullSteps) / FullSteps)),
            Study = Plain.Study with
            {
                Candidates = new Dictionary<string, CandidatePlan>
                {
                    ["tuned"] = new(Train: new TrainPlan(Epochs: 3, BatchSize: 4, WarmupSteps: 8)),
                },
                Vary = new Dictionary<string, IReadOnlyList<JsonElement>>
                {
                    ["train.rank"] =
                    [
                        .. Enumerable.Range(from, 9 - from).Select(r => JsonSerializer.SerializeToElement(r)),
                    ],
                },
                Derive = from == 1 ? new DerivePlan([0.5]) : null,
                Seek = seek,
            },
        };

    private static readonly double[] Worth = [0.1, 0.2, 0.3, 0.4, 0.6, 0.95, 6, 7];

    private static readonly ScriptedStudy Plain = new();

    private static void Cancel(bool now, CancellationTokenSource stop)
    {
        if (now)
        {
            stop.Cancel();
        }
    }

    private static string[] Ids(string folder, string file) =>
        File.Exists(Path.Combine(folder, file))
            ? [.. AnswerFile.Read(Path.Combine(folder, file)).Select(a => a.Id)]
            : [];

    private static string Folder() => Directory.CreateTempSubdirectory().FullName;
}
