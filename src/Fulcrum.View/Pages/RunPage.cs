using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Runs;

namespace Fulcrum.View.Pages;

/// <summary>One run: stages, progress, scores so far, losses.</summary>
internal static class RunPage
{
    /// <summary>Returns the page.</summary>
    /// <param name="live">Whether only the part is returned that is updated while the page is open.</param>
    public static Markup Of(int number, RunSnapshot run, bool live)
    {
        Markup body = Body(run);
        return live
            ? body
            : PageParts.Page(
                $"Fulcrum: {run.Title}",
                "../../",
                Markup.Of(
                    $"""
                    <nav><a href="../../">All runs</a></nav>
                    <h1>{run.Title}</h1>
                    <div id="live" data-from="live" data-run="{number}">{body}</div>
                    """
                )
            );
    }

    private static Markup Body(RunSnapshot run) =>
        run.Problem is { } problem
            ? Markup.Of($"<p class=\"loss\">{problem}</p>")
            : Markup.Join([State(run), Scores(run), .. run.Losses.Select(l => Loss(l.Key, l.Value)), Stages(run)]);

    private static Markup State(RunSnapshot run)
    {
        Words words = PageParts.Words;
        string left = run.Remaining is { } seconds ? $", about {words.Duration(seconds)} left" : "";
        Markup report = run.Found is { Candidates.Count: > 0 } found
            ? Markup.Of($"<p><b>{Sentences.OfAll(found, words)}</b></p><p><a href=\"report\">The report</a></p>")
            : Markup.Empty;
        return Markup.Of(
            $"<p id=\"state\">{PageParts.Phase(run.Phase)}{left}</p>{run.Work.Select(PageParts.Work)}{report}"
        );
    }

    private static Markup Scores(RunSnapshot run)
    {
        if (run.Scores.Count == 0)
        {
            return Markup.Empty;
        }

        bool several = run.Scores.Select(s => s.Candidate).Distinct().Count() > 1;
        string Name(ScoreSoFar s) => several ? $"{s.Candidate}: {s.Task}" : s.Task;
        Markup picture = RowFigures.Differences(
            run.Found is null ? "Differences so far" : "Differences",
            run.Found is null ? SoFar : "After minus before, with 95% intervals. The dashed line is the margin.",
            [.. run.Scores.Select(s => (Name(s), s.Result.Difference, s.Result.Change, false))],
            PageParts.Words,
            run.Margin / 100
        );
        return Markup.Of($"{picture}{Table(run, Name)}");
    }

    private const string SoFar =
        "Over the items that base and candidate have both answered. The intervals hold for one look at a time: "
        + "they do not allow for stopping when the figures please. The dashed line is the margin.";

    private static Markup Table(RunSnapshot run, Func<ScoreSoFar, string> name)
    {
        Words words = PageParts.Words;
        return Markup.Of(
            $"<div class=\"scroll\" id=\"scores\">{Draw.Table(
                ["task", "items", "base", "candidate", "difference, points (95%)", "state"],
                run.Scores.Select(s =>
                    (string[])
                        [
                            name(s),
                            words.Count(s.Result.Items),
                            $"{words.Percent(s.Result.Before.Score)} ({words.Interval(s.Result.Before)})",
                            $"{words.Percent(s.Result.After.Score)} ({words.Interval(s.Result.After)})",
                            words.Change(s.Result.Difference),
                            s.IsComplete ? "all items" : "so far",
                        ]
                )
            )}</div>"
        );
    }

    private static Markup Loss(string candidate, IReadOnlyList<Models.TrainingStep> steps) =>
        Markup.Of(
            $"<h2>{candidate}: loss {PageParts.Words.Number(steps[^1].Loss, "0.000")} at step "
                + $"{PageParts.Words.Count(steps[^1].Step)} of {PageParts.Words.Count(steps[^1].Steps)}</h2>"
                + $"{TrainingFigure.Of(steps, PageParts.Words)}"
        );

    private static Markup Stages(RunSnapshot run) =>
        Markup.Of(
            $"<h2>Stages</h2><div class=\"scroll\">{Draw.Table(
                ["stage", "state"],
                run.Stages.Select(s => (string[])[s.Name, StateOf(s, run)])
            )}</div>"
        );

    private static string StateOf(TimedStage stage, RunSnapshot run) =>
        stage.Seconds is { } seconds ? $"complete, {PageParts.Words.Duration(seconds)}"
        : run.Work.Any(w => w.Stage == stage.Name) ? "at work"
        : "";
}
