using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Studies that ask each task only until its decision is made, on a model whose truth is known.</summary>
public sealed class DecideTests
{
    private static readonly ScriptedStudy Fixed = new();
    private static readonly ScriptedStudy Early = Fixed with { Study = Fixed.Study with { Decide = true } };

    private static readonly ScriptedStudy Several = Fixed with
    {
        Study = Fixed.Study with { Decide = true, Derive = new DerivePlan([0.1, 0.5]) },
    };

    [Fact]
    public void An_early_decision_finds_the_same_verdict_with_fewer_items_and_says_how_many()
    {
        string folder = Folder();
        CandidateComparison whole = Fixed.Run(Folder()).Candidates[0],
            early = Early.Run(folder).Candidates[0];

        Assert.Equal(whole.Verdict.Kind, early.Verdict.Kind);
        PairedResult sql = early.Tasks[0];
        Assert.Equal((40, LookOutcome.Above, 0.0), (sql.Early!.Planned, sql.Early.Outcome, sql.Early.Limit));
        Assert.InRange(sql.Early.Share, 0.1, 0.9);
        Assert.Equal(sql.Early.Asked, sql.Items);
        Assert.Equal(sql.Items, Lines(folder, "base/sql.jsonl"));
        Assert.Equal(sql.Items, Lines(folder, "candidates/tuned/sql.jsonl"));
        Assert.Equal(sql.Early.Looks[^1].Estimate.Low, sql.Difference.Low);
        Assert.Equal(sql.P < 0.05, sql.Difference.Low > 0);
    }

    [Fact]
    public void The_base_is_asked_as_many_items_as_the_slowest_candidate_and_no_more()
    {
        string folder = Folder();
        Comparison got = Several.Run(folder);

        int[] asked = [.. got.Candidates.Select(c => c.Tasks[0].Early!.Asked)];
        Assert.True(asked.Distinct().Count() > 1, string.Join(", ", asked));
        Assert.Equal(asked.Max(), Lines(folder, "base/sql.jsonl"));
        Assert.Equal(asked, got.Candidates.Select(c => Lines(folder, $"candidates/{c.Name}/sql.jsonl")));
        Assert.All(
            got.Families![0].Candidates,
            c =>
                Assert.True(
                    c.Simultaneous!.Value.Low <= c.Difference.Low && c.Simultaneous.Value.High >= c.Difference.High
                )
        );
        IReadOnlyList<string> report = ReportFiles.Write(folder, "en");
        Assert.Contains("report.html", report);
    }

    [Fact]
    public void A_run_interrupted_at_any_moment_resumes_to_the_same_bytes()
    {
        string whole = Folder();
        int events = 0;
        Several.Run(whole, _ => events++);
        string[] expected = Digests(whole);
        for (int at = 3; at < events; at += events / 5)
        {
            string cut = Folder();
            using CancellationTokenSource stop = new();
            int seen = 0;
            try
            {
                Several.Run(cut, _ => CancelAt(at, ++seen, stop), stop.Token);
            }
            catch (OperationCanceledException)
            {
                Several.Run(cut);
            }

            Assert.Equal(expected, Digests(cut));
            Directory.Delete(cut, recursive: true);
        }
    }

    [Fact]
    public void A_candidate_that_is_added_later_extends_the_base_and_changes_no_other_result()
    {
        string folder = Folder();
        Comparison one = Early.Run(folder);
        Comparison three = Several.Run(folder);

        Assert.Equal(one.Candidates[0].Tasks[0].Difference, three.Candidates[0].Tasks[0].Difference);
        Assert.Equal(Digests(Run(Several)), Digests(folder));
    }

    [Fact]
    public void Another_margin_does_not_continue_a_decided_run()
    {
        string folder = Folder();
        Early.Run(folder);
        ScriptedStudy other = Early with { Study = Early.Study with { Margin = 4 } };

        Assert.Contains("margin", Assert.Throws<InputException>(() => other.Run(folder)).Message);
    }

    private static void CancelAt(int at, int seen, CancellationTokenSource stop)
    {
        if (seen == at)
        {
            stop.Cancel();
        }
    }

    private static string Run(ScriptedStudy study)
    {
        string folder = Folder();
        study.Run(folder);
        return folder;
    }

    private static string[] Digests(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(folder, f))
                .Where(f => f.EndsWith(".jsonl", StringComparison.Ordinal) || f is "comparison.json" or "looks.json")
                .Order(StringComparer.Ordinal)
                .Select(f => $"{f} {Sha256.OfFile(Path.Combine(folder, f))}"),
        ];

    private static int Lines(string folder, string file) => File.ReadLines(Path.Combine(folder, file)).Count();

    private static string Folder() => Directory.CreateTempSubdirectory().FullName;
}
