using Fulcrum.Models;
using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>Checks the candidates that exist before the run: their adapters and models.</summary>
internal static class GivenCandidates
{
    /// <summary>Refuses an adapter or a model that does not fit, before anything is measured. A candidate that is
    /// already measured is left out. Of candidates that apply the same adapter to the same model only the first is
    /// checked.</summary>
    /// <exception cref="InputException">One does not fit; names the candidate.</exception>
    public static void Check(Study study, RunLayout run, Engines engines, CandidateWork work)
    {
        IEnumerable<(string Name, ModelSpec Spec)> given = study
            .Candidates.Keys.Where(n => IsGiven(study, n) && !IsMeasured(run, n))
            .Select(n => (n, work.SpecOf(n)!))
            .DistinctBy(c => (c.Item2.Source, c.Item2.Adapter?.Folder));
        foreach ((string name, ModelSpec spec) in given)
        {
            try
            {
                engines.For(spec.Source).Check(spec);
            }
            catch (InputException e)
            {
                throw new InputException($"candidates.{name}: {e.Message}", e);
            }
        }
    }

    private static bool IsMeasured(RunLayout run, string name) =>
        run.Completed($"{RunLayout.Candidate(name)}/measure") is not null;

    private static bool IsGiven(Study study, string name)
    {
        CandidatePlan plan = study.Candidates[name];
        return !plan.IsMade
            && (
                plan.Way is CandidateWay.Adapter or CandidateWay.Model or CandidateWay.Gguf
                || (plan.Way == CandidateWay.Derived && IsGiven(study, plan.From!))
            );
    }
}
