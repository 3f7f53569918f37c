using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Studies that select one candidate on one half of the items and judge it on the other.</summary>
public sealed class SelectTests
{
    private static readonly ScriptedStudy Plain = new();

    private static readonly ScriptedStudy Curve = Plain with
    {
        Study = Plain.Study with { Select = true, Derive = new DerivePlan([0.25, 0.5, 0.75]) },
    };

    [Fact]
    public void The_selected_candidate_is_judged_on_items_that_had_no_part_in_the_choice()
    {
        string folder = Folder();
        Comparison got = Curve.Run(folder);

        SelectionResult selection = got.Selection!;
        Assert.Equal(("tuned", 4), (selection.Chosen, selection.Candidates));
        Assert.Equal(["tuned", "tuned-lambda-0.75"], selection.Confirmed);
        Assert.Equal(["tuned", "tuned-lambda-0.75"], got.Candidates.Select(c => c.Name));
        Assert.Equal(["tuned-lambda-0.25", "tuned-lambda-0.5"], selection.Others.Select(o => o.Name));
        string[] chosenOn = Ids(folder, "candidates/tuned/selection/sql.jsonl"),
            judgedOn = Ids(folder, "candidates/tuned/sql.jsonl");
        Assert.Empty(chosenOn.Intersect(judgedOn));
        Assert.Equal(40, chosenOn.Length + judgedOn.Length);
        Assert.Equal(judgedOn, Ids(folder, "base/sql.jsonl"));
        Assert.False(File.Exists(Path.Combine(folder, "candidates/tuned-lambda-0.25/sql.jsonl")));
    }

    [Fact]
    public void The_report_names_the_selected_candidate_without_its_selection_score()
    {
        string folder = Folder();
        Curve.Run(folder);
        ReportFiles.Write(folder, "en");
        string text = File.ReadAllText(Path.Combine(folder, "report.md"));

        Assert.Contains("tuned was selected from 4 candidates on one half of the items", text);
        Assert.DoesNotContain("tuned-lambda-0.25", text);
    }

    [Fact]
    public void Selection_and_early_decision_together_resume_to_the_same_bytes()
    {
        ScriptedStudy study = Curve with { Study = Curve.Study with { Decide = true } };
        string whole = Folder();
        int events = 0;
        study.Run(whole, _ => events++);
        for (int at = 3; at < events; at += events / 4)
        {
            string cut = Folder();
            using CancellationTokenSource stop = new();
            int seen = 0;
            try
            {
                study.Run(cut, _ => Cancel(++seen == at, stop), stop.Token);
            }
            catch (OperationCanceledException)
            {
                study.Run(cut);
            }

            Assert.Equal(
                Sha256.OfFile(Path.Combine(whole, "comparison.json")),
                Sha256.OfFile(Path.Combine(cut, "comparison.json"))
            );
            Directory.Delete(cut, recursive: true);
        }
    }

    [Fact]
    public void The_largest_gain_that_can_be_confirmed_is_selected_and_a_seed_is_not()
    {
        SelectionResult got = CandidateSelection.Of(
            [One("a", 0.3, 0.05), One("b", 0.2, 0.01), One("c", 0.1, 0), One("b-seed-2", 0.9, 0, seed: true)],
            ["target"],
            0.02
        );
        SelectionResult none = CandidateSelection.Of([One("a", 0.3, 0.05), One("b", 0.2, 0.03)], ["target"], 0.02);

        Assert.Equal(("b", 3), (got.Chosen, got.Candidates));
        Assert.Equal(["b", "b-seed-2"], got.Confirmed);
        Assert.Equal("b", none.Chosen);
    }

    [Fact]
    public void A_loss_within_the_margin_that_is_too_uncertain_to_confirm_loses_to_a_smaller_gain()
    {
        Selectable uncertain = One("uncertain", 0.3, 0.03, error: 0.03),
            sure = One("sure", 0.2, 0.01, error: 0.01);

        Assert.Equal("sure", CandidateSelection.Of([uncertain, sure], ["target"], 0.05).Chosen);
        Assert.Equal("uncertain", CandidateSelection.Of([uncertain, sure], ["target"], 0.15).Chosen);
    }

    [Fact]
    public void Without_any_gain_the_largest_difference_with_the_smallest_loss_comes_first()
    {
        Selectable[] none = [One("a", -0.1, 0), One("b", 0, 0.2), One("c", 0, 0.1)];

        Assert.Equal(["c", "b", "a"], CandidateSelection.Ranked(none, ["target"], 0.02).Select(c => c.Name));
    }

    private static Selectable One(string name, double gain, double loss, bool seed = false, double error = 0.005) =>
        new(
            name,
            seed ? "b" : name,
            (0, 1),
            seed,
            new Dictionary<string, Difference> { ["target"] = Around(gain, 0.005), ["general"] = Around(-loss, error) }
        );

    private static Difference Around(double points, double error) =>
        new(points, points - (1.96 * error), points + (1.96 * error), error);

    private static void Cancel(bool now, CancellationTokenSource stop)
    {
        if (now)
        {
            stop.Cancel();
        }
    }

    private static string[] Ids(string folder, string file) =>
        [.. AnswerFile.Read(Path.Combine(folder, file)).Select(a => a.Id)];

    private static string Folder() => Directory.CreateTempSubdirectory().FullName;
}
