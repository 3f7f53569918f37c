using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>What each task's comparison says of one candidate, as a list.</summary>
internal static class CandidateFacts
{
    /// <summary>Returns the list of the shown candidate.</summary>
    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        return Markup.Of(
            $"""
            <ul class="facts">{report.Shown.Tasks.Select(b =>
                Markup.Of(
                    $"<li><span class=\"{Draw.Direction(b.Change)}\">{Signs.Of(b.Change)}</span>"
                        + $" {Sentences.Of(b, words)}"
                        + $" {Sentences.Generalisation(b, words, Kinds.ClusterNoun(report, b.Task))}"
                        + $" {Explanations.Early(b, words)}</li>"
                )
            )}{Explanations.Recipe(report.Shown, report.Comparison, report.Study, words).Select(r =>
                Markup.Of($"<li>{r}</li>")
            )}</ul>
            """
        );
    }
}
