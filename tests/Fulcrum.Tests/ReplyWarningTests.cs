using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Report.Content;
using Fulcrum.Report.Html;
using Fulcrum.Report.Markdown;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Comparisons that look harmless because nothing could be measured, and what the report advises
/// then.</summary>
public sealed class ReplyWarningTests
{
    private static readonly Words Words = Words.English;

    [Fact]
    public void Two_sides_that_solve_nothing_are_warned_about_and_need_no_more_items()
    {
        PairedResult result = Compared(40, _ => 0, _ => 0, "length");
        CandidateComparison candidate = Judged(result);

        Assert.Contains(
            Sentences.Replies(result, Words),
            w => w.Contains("40 of 40 replies before and 40 of 40 after")
        );
        Assert.Contains(Sentences.Replies(result, Words), w => w.Contains("neither side solved any of 40 items"));
        Assert.Equal(VerdictKind.Inconclusive, candidate.Verdict.Kind);
        string advice = Advice.Of(candidate, Words);
        Assert.Contains("look at the replies, and let them end: raise maxNewTokens", advice);
        Assert.DoesNotContain("A decision needs more items", advice);
    }

    [Fact]
    public void Replies_that_end_by_themselves_and_are_right_cause_no_warning() =>
        Assert.Empty(Sentences.Replies(Compared(40, _ => 1, _ => 1, "stop"), Words));

    [Fact]
    public void Unreadable_replies_of_one_side_are_counted()
    {
        Answer[] before = Side(40, _ => 1, "stop"),
            after = [.. Side(40, _ => 0, "stop").Select(a => a with { Verdict = "unparsable" })];

        PairedResult result = PairedComparison.Of("own", before, after);

        Assert.Equal(
            "own: no answer could be read from 0 of 40 replies before and 40 of 40 after.",
            Assert.Single(Sentences.Replies(result, Words))
        );
    }

    [Fact]
    public void A_stage_warns_of_replies_at_the_limit_of_unreadable_ones_and_of_a_side_that_solves_nothing()
    {
        Answer[] answers = [.. Side(40, _ => 0, "length").Select(a => a with { Verdict = "unparsable" })];

        string[] warnings = [.. ReplyCounts.Warnings("own", answers, "--max-new-tokens")];

        Assert.Equal(3, warnings.Length);
        Assert.Contains("40 of 40 replies ended at the token limit", warnings[0]);
        Assert.Contains("Raise --max-new-tokens, or look at the replies", warnings[0]);
        Assert.Contains("no answer could be read from 40 of 40", warnings[1]);
        Assert.Contains("none of 40 items was solved", warnings[2]);
        Assert.DoesNotContain("Raise", ReplyCounts.Warnings("own", answers).First());
        Assert.Empty(ReplyCounts.Warnings("own", Side(40, i => i % 2, "stop")));
    }

    [Fact]
    public void Items_that_neither_side_could_score_are_told()
    {
        Answer[] side = [.. Side(40, i => i % 2, "stop").Select((a, i) => i < 30 ? a with { Score = null } : a)];
        PairedResult result = PairedComparison.Of("own", side, side);

        Assert.Contains("30 of 40 items could not be scored", Assert.Single(ReplyCounts.Warnings("own", side)));
        Assert.Equal(
            "own: 30 of 40 items could not be scored, so the figures rest on the other 10.",
            Sentences.Unscored(result, Words)
        );
        Assert.Null(Sentences.Unscored(Compared(40, i => i % 2, i => i % 2, "stop"), Words));
    }

    [Fact]
    public void Empty_replies_are_warned_about()
    {
        Answer[] answers = [.. Side(40, i => i % 2, "stop").Select((a, i) => a with { Output = i < 5 ? " " : "x" })];

        Assert.Contains("5 of 40 replies are empty", Assert.Single(ReplyCounts.Empty("own", answers)));
        Assert.Empty(ReplyCounts.Empty("own", Side(40, _ => 1, "stop")));
    }

    [Theory]
    [InlineData(Matching.Contains, null)]
    [InlineData(Matching.Exact, null)]
    [InlineData(Matching.Number, 0.0)]
    public void Replies_that_are_compared_whole_have_no_share_of_readable_answers(Matching matching, double? parsed)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path + ".jsonl", """{"question":"q","answer":"7"}""" + "\n");
        ITask task = WritingTask.Open(new GenerationPlan("own", path + ".jsonl", Matching: matching), 1);

        Grade grade = task.Grade(task.Items[0], new Reply.Written("none", FinishReason.Length, 1));

        Assert.Equal(parsed, grade.Measures?["parsed"]);
        File.Delete(path);
        File.Delete(path + ".jsonl");
    }

    [Fact]
    public void A_run_warns_of_unreadable_replies_even_where_their_guard_is_overridden()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        List<string> warnings = [];

        ScriptedStudy study = new("unparsable-share");

        (study with { Study = study.Study with { OverrideGuards = ["unparsable-share"] } }).Run(
            folder,
            e => warnings.Add(e is RunEvent.Warned w ? w.Text : "")
        );

        Assert.Contains(warnings, w => w.StartsWith("base, sql: no answer could be read from "));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Where_no_item_of_a_target_changed_nothing_was_learned() =>
        Assert.Contains(
            "Nothing was learned on own: no item changed",
            Advice.Of(Judged(Compared(40, i => i % 2, i => i % 2, "stop")), Words)
        );

    [Fact]
    public void A_failure_that_only_Holm_keeps_from_a_reject_is_explained()
    {
        PairedResult lost = Results.Compared("sql", -0.1, -0.002, failing: 0.023) with { Gained = 3, Lost = 8 };
        PairedResult[] tasks = [lost, Results.Compared("general", -0.01, 0.01, failing: 0.9)];
        CandidateComparison candidate = new("tuned", tasks, Judgement.Of(tasks, ["sql"], 2));

        Assert.Equal((Change.Loss, VerdictKind.Inconclusive), (lost.Change, candidate.Verdict.Kind));
        Assert.Contains(
            "2 tasks were tested: adjusted for that (Holm), its one-sided p is 0.046, and a reject needs less "
                + "than 0.025",
            Advice.Of(candidate, Words)
        );
    }

    [Fact]
    public void A_verdict_that_hangs_on_unscored_items_says_so()
    {
        UnscoredBounds bounds = new(new Difference(-0.4, -0.45, -0.35, 0.02), new Difference(0.1, 0.05, 0.15, 0.02));
        PairedResult[] tasks = [Results.Compared("general", -0.01, 0.01) with { Bounds = bounds }];

        Assert.Contains(
            "depends on how the unscored items count",
            Advice.Of(new CandidateComparison("tuned", tasks, Judgement.Of(tasks, [], 2)), Words)
        );
    }

    [Fact]
    public void A_group_without_a_sign_and_with_a_small_p_is_explained()
    {
        Answer[] Side(int right) =>
            [
                .. Enumerable
                    .Range(0, 400)
                    .Select(i => new Answer(
                        $"{i}",
                        $"c{i % 8}",
                        i % 8 < 4 ? "few" : "other",
                        i < right ? 1 : 0,
                        "",
                        "",
                        ""
                    )),
            ];

        string? said = Sentences.Unsigned(PairedComparison.Of("own", Side(400), Side(100)), Words, ("database", ""));

        Assert.Contains("few, other get the sign ○ although p is small", said);
        Assert.Contains("fewer than 5 databases", said);
        Assert.Null(Sentences.Unsigned(PairedComparison.Of("own", Side(400), Side(400)), Words));
    }

    [Fact]
    public void A_group_of_independent_items_gets_its_sign_and_no_word_of_clusters()
    {
        Answer[] Side(int right) =>
            [
                .. Enumerable
                    .Range(0, 200)
                    .Select(i => new Answer($"{i}", "", $"g{i % 2}", i < right ? 1 : 0, "", "", "")),
            ];

        PairedResult result = PairedComparison.Of("own", Side(200), Side(100));

        Assert.All(result.Groups, g => Assert.Equal(Change.Loss, g.Change));
        Assert.False(result.NamesClusters);
        Assert.Equal("", Sentences.Generalisation(result, Words));
        Assert.Equal("200 items", Facts.Sample(result, Words));
    }

    [Fact]
    public void The_Markdown_report_has_the_advice_the_warnings_and_the_detectable_differences_of_the_page()
    {
        string folder = SyntheticRun.Write();
        RunReport report = RunReport.Read(folder);
        PairedResult nothing = Compared(40, _ => 0, _ => 0, "length") with { Task = "spider" };
        CandidateComparison shown = Judged(nothing) with { Name = "tuned", Power = [TaskPower.After(nothing, [40])] };
        RunReport of = report with { Comparison = new Comparison([shown]), Shown = shown, Detailed = [shown] };

        string markdown = ReportMarkdown.Of(of),
            page = Page.Print(of);

        foreach (string text in (string[])[markdown, page])
        {
            Assert.Contains("more items would not help", text);
            Assert.Contains("neither side solved any of 40 items", text);
            Assert.Contains("Minimum detectable difference", text);
            Assert.Contains("no item changed", text);
        }

        Assert.Contains("replies that ended before the token limit", page);
        Assert.DoesNotContain("| clusters |", markdown);
        Directory.Delete(folder, recursive: true);
    }

    private static CandidateComparison Judged(PairedResult result) =>
        new("tuned", [result], Judgement.Of([result], [result.Task], 2));

    private static PairedResult Compared(int items, Func<int, double> before, Func<int, double> after, string finish) =>
        PairedComparison.Of("own", Side(items, before, finish), Side(items, after, finish));

    private static Answer[] Side(int items, Func<int, double> score, string finish) =>
        [
            .. Enumerable
                .Range(0, items)
                .Select(i => new Answer($"{i}", "", "", score(i), "", "", "wrong", Output: "words", Finish: finish)),
        ];
}
