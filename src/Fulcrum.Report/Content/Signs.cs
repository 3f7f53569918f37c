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

    /// <summary>Whether the p of a row is that of a group, adjusted for the number of groups.</summary>
    public static bool IsAdjusted(PairedResult b) => b.Group is not null && b.AdjustedP is not null;

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
