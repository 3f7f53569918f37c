using Fulcrum.Comparisons;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Content;

/// <summary>Signs that show a change without colour.</summary>
internal static class Signs
{
    /// <summary>Marks the p of a group, which is adjusted for the number of groups.</summary>
    public const string Adjusted = "†";

    /// <summary>Returns the p of a row. That of a group has a mark.</summary>
    public static string P(PairedResult b, Words words) => words.P(b.P) + (IsAdjusted(b) ? Adjusted : "");

    /// <summary>Returns the p of a row, and in brackets that of a task as it is adjusted for all tasks.</summary>
    public static string BothP(PairedResult b, Words words) =>
        P(b, words) + (b.Group is null && b.AdjustedP is { } adjusted ? $" [{words.P(adjusted)}]" : "");

    /// <summary>Whether the p of a row is that of a group, adjusted for the number of groups.</summary>
    public static bool IsAdjusted(PairedResult b) => b.Group is not null && b.AdjustedP is not null;

    /// <summary>What the signs mean, as sentences.</summary>
    /// <param name="clusters">Whether a task names clusters.</param>
    public static string Legend(Words words, bool clusters) =>
        words.Say("▲ gain, ▼ loss, ○ neither is shown.", "▲ ganho, ▼ perda, ○ nenhum dos dois é demonstrado.")
        + (
            clusters
                ? words.Say(
                    " A group of fewer than 5 clusters has ○ whatever its interval, because it shows nothing of other "
                        + "clusters.",
                    " Um grupo com menos de 5 agrupamentos tem ○ qualquer que seja o intervalo, porque nada mostra "
                        + "sobre outros agrupamentos."
                )
                : ""
        );

    /// <summary>The sign of a change.</summary>
    public static string Of(Change change) =>
        change switch
        {
            Change.Gain => "▲",
            Change.Loss => "▼",
            _ => "○",
        };

    /// <summary>The sign of a difference, by its interval.</summary>
    public static string Of(Difference d) => Of(Changes.Of(d));
}
