using Fulcrum.Comparisons;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Content;

/// <summary>Signs that show a change without colour.</summary>
internal static class Signs
{
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
