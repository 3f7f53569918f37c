using System.Globalization;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>The sentence splitter's data for English.</summary>
/// <param name="Abbreviations">Words that a full stop belongs to, in lower case and without it.</param>
/// <param name="Collocations">Pairs around a full stop that belong together.</param>
/// <param name="Starters">Words that often begin sentences.</param>
/// <param name="Seen">Flags of how a word was seen written.</param>
internal sealed record PunktParameters(
    IReadOnlySet<string> Abbreviations,
    IReadOnlySet<(string, string)> Collocations,
    IReadOnlySet<string> Starters,
    IReadOnlyDictionary<string, int> Seen
)
{
    /// <summary>Reads the parameters that ship with the assembly.</summary>
    public static PunktParameters Load() =>
        new(
            GradingData.Lines("abbrev_types.txt").ToHashSet(StringComparer.Ordinal),
            GradingData.Lines("collocations.tab").Select(l => l.Split('\t')).Select(p => (p[0], p[1])).ToHashSet(),
            GradingData.Lines("sent_starters.txt").ToHashSet(StringComparer.Ordinal),
            GradingData
                .Lines("ortho_context.tab")
                .Select(l => l.Split('\t'))
                .ToDictionary(p => p[0], p => int.Parse(p[1], CultureInfo.InvariantCulture), StringComparer.Ordinal)
        );
}
