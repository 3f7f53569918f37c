using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>The same questions by letter, by answer text and by what the model writes.</summary>
internal static class ReadingsSection
{
    public static Markup Of(RunReport report) => Markup.Join(Readings.Of(report).Select(g => One(g, report.Words)));

    private static Markup One(IReadOnlyList<Reading> readings, Words words) =>
        Markup.Of(
            $"""
        <p>{Readings.Sentence(readings, words)}</p>
        <div class="scroll">{Draw.Table(
            Readings.Heads(words),
            readings.Select(r => Readings.Row(r, words))
        )}</div>

        """
        );
}
