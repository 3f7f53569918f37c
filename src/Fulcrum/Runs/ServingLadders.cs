using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>Builds the ladders of a study: each candidate with the serving forms that are derived from it.</summary>
internal static class ServingLadders
{
    /// <summary>Returns a ladder for every candidate that has derived serving forms; null if none has.</summary>
    /// <param name="compare">Compares two candidates, by their names, on every task.</param>
    public static IReadOnlyList<ServingLadder>? Of(
        Study study,
        Func<string, string, IReadOnlyList<PairedResult>> compare
    )
    {
        ServingLadder[] ladders =
        [
            .. study.Candidates.Keys.Select(name => Of(study, name, compare)).Where(l => l.Rungs.Count > 0),
        ];
        return ladders.Length == 0 ? null : ladders;
    }

    private static ServingLadder Of(
        Study study,
        string candidate,
        Func<string, string, IReadOnlyList<PairedResult>> compare
    )
    {
        string[] names =
        [
            candidate,
            .. study
                .Candidates.Where(c => c.Value.From == candidate && IsForm(c.Value))
                .OrderBy(c => c.Value.GgufType is not null)
                .ThenBy(c => c.Value.Form)
                .ThenByDescending(c => c.Value.GgufType is { } type ? GgufFileTypes.BitsPerWeight(type) : 0)
                .Select(c => c.Key),
        ];
        return new ServingLadder(
            candidate,
            [
                .. names
                    .Zip(names.Skip(1))
                    .Select(p => new LadderRung(
                        p.Second,
                        p.First,
                        [.. compare(p.First, p.Second).Select(RungChange.Of)]
                    )),
            ]
        );
    }

    // A part of the adapter, a checkpoint and another seed are other models, not other forms of this one.
    private static bool IsForm(CandidatePlan plan) =>
        plan is { Lambda: null or 1, Step: null, Seed: null } && (plan.Form is not null || plan.GgufType is not null);
}
