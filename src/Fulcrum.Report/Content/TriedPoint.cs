using Fulcrum.Comparisons;

namespace Fulcrum.Report.Content;

/// <summary>One candidate that a search tried.</summary>
/// <param name="Gain">Mean difference on the targets, as a fraction.</param>
/// <param name="Elsewhere">The lowest difference on a general task, as a fraction; null: there is no general
/// task.</param>
/// <param name="Confirmed">Whether the figures come from the confirmation half. The others come from the selection half
/// and are no results.</param>
/// <param name="OnFront">No other point is better on one axis and at least as good on the other.</param>
internal sealed record TriedPoint(string Name, double Gain, double? Elsewhere, bool Confirmed, bool OnFront = false)
{
    /// <summary>Returns everything that was tried, the largest gain first.</summary>
    public static IReadOnlyList<TriedPoint> Of(Comparison comparison, IReadOnlyList<string> targets)
    {
        TriedPoint At(string name, IReadOnlyDictionary<string, double> points, bool confirmed) =>
            new(name, SearchSentences.Gain(points, targets), SearchSentences.Lowest(points, targets), confirmed);

        TriedPoint[] all =
        [
            .. comparison.Candidates.Select(c =>
                At(c.Name, c.Tasks.ToDictionary(t => t.Task, t => t.Difference.Points), confirmed: true)
            ),
            .. comparison.Selection!.Others.Select(o => At(o.Name, o.Points, confirmed: false)),
        ];
        return [.. all.Select(p => p with { OnFront = !all.Any(o => o.Beats(p)) }).OrderByDescending(p => p.Gain)];
    }

    /// <summary>The titles of the table.</summary>
    public static string[] Titles(Words words) =>
        [
            words.Say("candidate", "candidato"),
            words.Say("gain on the targets", "ganho nos alvos"),
            words.Say("lowest change elsewhere", "menor mudança no restante"),
            words.Say("items", "itens"),
            words.Say("front", "fronteira"),
        ];

    /// <summary>The row of the table.</summary>
    public string[] Row(Words words) =>
        [
            Name,
            words.Points(Gain),
            Elsewhere is { } e ? words.Points(e) : "",
            Confirmed ? words.Say("confirmation", "confirmação") : words.Say("selection", "seleção"),
            OnFront ? words.Say("yes", "sim") : "",
        ];

    private bool Beats(TriedPoint other)
    {
        double gain = Gain - other.Gain,
            elsewhere = (Elsewhere ?? 0) - (other.Elsewhere ?? 0);
        return gain >= 0 && elsewhere >= 0 && gain + elsewhere > 0;
    }
}
