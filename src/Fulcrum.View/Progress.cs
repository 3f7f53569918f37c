using Fulcrum.Runs;

namespace Fulcrum.View;

/// <summary>What is at work in a run, by its progress files.</summary>
internal static class Progress
{
    /// <summary>Returns what is at work: in the run, or in several candidates at the same time. The newest comes
    /// first.</summary>
    public static IReadOnlyList<Pulse> Read(RunLayout run, IEnumerable<string> candidates) =>
        [
            .. candidates
                .Select(c => PulseOf(run, RunLayout.Candidate(c)))
                .Prepend(PulseOf(run))
                .OfType<Pulse>()
                .GroupBy(p => p.Stage, StringComparer.Ordinal)
                .Select(g => g.MaxBy(p => p.Time)!)
                .OrderByDescending(p => p.Time),
        ];

    private static Pulse? PulseOf(RunLayout run, params string[] place)
    {
        try
        {
            return Pulse.Read(run, place);
        }
        catch (InputException)
        {
            return null; // the file is damaged: the next reading shows more
        }
    }
}
