using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Html;

/// <summary>The guards of the run, and the minimum detectable differences of its samples.</summary>
internal static class GuardSection
{
    private const int MostShown = 60;

    public static Markup Of(RunReport report) =>
        report.Comparison.Guards is null
        && report.Shown.Power is null
        && report.Study.OverrideGuards is not { Count: > 0 }
            ? Markup.Empty
            : Markup.Join([Guards(report), Power(report.Shown, report.Words)]);

    private static Markup Guards(RunReport report)
    {
        Words words = report.Words;
        IReadOnlyList<GuardResult> guards = report.Comparison.Guards ?? [];
        Markup overrides = GuardTable.Overrides(report) is { } named
            ? Markup.Of($"<p class=\"open\">{named}</p>")
            : Markup.Empty;
        return Markup.Of(
            $"""
            {overrides}
            {(guards.Count == 0 ? Markup.Empty : Listed(guards, words))}
            """
        );
    }

    // With many candidates the guards that did not pass come first, and most others are folded.
    private static Markup Listed(IReadOnlyList<GuardResult> guards, Words words)
    {
        string caption = GuardTable.Explanation(words);
        if (guards.Count <= MostShown)
        {
            return Table(guards, caption, words);
        }

        GuardResult[] order = GuardTable.Ordered(guards);
        int rest = order.Length - MostShown;
        string others = words.Say($"The other {rest} evaluations", $"As outras {rest} verificações");
        return Markup.Of(
            $"""
            {Table(order[..MostShown], caption, words)}
            <details><summary>{others}</summary>{Markup.Later(Table(order[MostShown..], others, words))}</details>
            """
        );
    }

    private static Markup Table(IReadOnlyList<GuardResult> guards, string caption, Words words) =>
        Markup.Of(
            $"""
            <div class="scroll"><table class="text"><caption>{caption}</caption>
            <thead><tr>{GuardTable.Heads(words).Select(h =>
                Markup.Of($"<th scope=\"col\">{h}</th>")
            )}</tr></thead><tbody>
            {guards.Select(g => Markup.Of(
                $"<tr><th scope=\"row\" class=\"wide\">{g.Name}</th><td>{g.Stage}</td><td>{g.Benchmark}</td><td "
                + $"class=\"status {Colour(g.Status)}\">{GuardTable.Status(g.Status, words)}</td>"
                    + $"<td>{g.Message}</td></tr>\n"))}</tbody></table></div>
            """
        );

    private static string Colour(GuardStatus status) =>
        status switch
        {
            GuardStatus.Passed => "gain",
            GuardStatus.Failed => "loss",
            GuardStatus.Overridden or GuardStatus.NotChecked => "open",
            _ => "none",
        };

    private static Markup Power(CandidateComparison candidate, Words words) =>
        candidate.Power is not { Count: > 0 } power
            ? Markup.Empty
            : Markup.Of(
                $"""
                <h3>{words.Say("Statistical power", "Poder estatístico")}</h3>
                <p>{PowerTable.Explanation(words)}</p>
                <div class="scroll">{Figures(power, candidate.Tasks, words)}</div>
                """
            );

    private static Markup Figures(IReadOnlyList<TaskPower> power, IReadOnlyList<PairedResult> tasks, Words words)
    {
        (string[] heads, string[][] rows) = PowerTable.Of(power, tasks, words);
        return Draw.Table(heads, rows);
    }
}
