namespace Fulcrum.Runs;

/// <summary>The time that a search took, from the manifests of its stages: interrupted attempts do not count.</summary>
internal sealed class SeekClock(RunLayout run)
{
    /// <summary>Seconds of a training.</summary>
    public double Training(string candidate) => Of($"{RunLayout.Candidate(candidate)}/obtain");

    /// <summary>Seconds of measuring candidates on the selection half.</summary>
    public double Measuring(IEnumerable<string> candidates) =>
        candidates.Sum(c => Of($"{RunLayout.Candidate(c)}/{RunLayout.Selection}"));

    /// <summary>Seconds of everything for some candidates, with the base on the selection half.</summary>
    public double Seconds(IReadOnlyCollection<string> candidates) =>
        Of($"{RunLayout.Base}/{RunLayout.Selection}") + candidates.Sum(Training) + Measuring(candidates);

    private double Of(string stage) => run.Completed(stage)?.Seconds ?? 0;
}
