using Fulcrum.Runs;

namespace Fulcrum.View;

/// <summary>Reads the progress files of a run.</summary>
internal static class Progress
{
    /// <summary>Returns the progress of the running stages. Several candidates may run at the same time. The newest
    /// comes first.</summary>
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
            return null; // damaged; the next reading may succeed
        }
    }
}
