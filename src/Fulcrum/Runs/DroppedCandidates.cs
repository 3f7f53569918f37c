using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>Warns of candidates that a run folder holds and its study no longer names, as after a sweep that is
/// repeated without its values.</summary>
/// <remarks>Their files stay, so the study of then compares them again. A run is not refused, because a candidate may
/// be left out on purpose.</remarks>
internal static class DroppedCandidates
{
    private const int MostNamed = 8;

    /// <summary>Warns in one sentence, if there are such candidates.</summary>
    /// <param name="now">With every derived candidate named.</param>
    /// <param name="then">The study that is stored in the run folder; null: none.</param>
    public static void Warn(Study now, Study? then, RunLayout run, Action<string> warn)
    {
        // A search stores short trainings that no study names.
        string[] dropped = then is { Seek: null }
            ?
            [
                .. then
                    .Candidates.Keys.Except(now.Candidates.Keys)
                    .Where(n => Directory.Exists(run.At(RunLayout.Candidate(n)))),
            ]
            : [];
        if (dropped.Length == 0)
        {
            return;
        }

        string more = dropped.Length > MostNamed ? $" and {dropped.Length - MostNamed} more" : "";
        string names = string.Join(", ", dropped.Take(MostNamed)) + more;
        warn(
            $"the run folder holds candidates that this study does not name: {names}. The comparison leaves them out. "
                + "Their files stay. To compare them again, repeat the command that named them, with its --vary if it "
                + "had one. Choose another --output to keep both comparisons"
        );
    }
}
