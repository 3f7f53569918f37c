using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>One candidate in several serving forms, from the most precise to the least precise. Each form is compared
/// with the one before, so the ladder shows which step loses quality.</summary>
/// <param name="Candidate">The candidate from which the forms are derived: the first rung.</param>
internal sealed record ServingLadder(string Candidate, IReadOnlyList<LadderRung> Rungs)
{
    /// <summary>Returns the significant loss with the largest points over all rungs and tasks; null: there is
    /// none.</summary>
    public (LadderRung Rung, RungChange Change)? LargestLoss() =>
        Changes()
            .Where(c => c.Change.Difference.High < 0)
            .OrderBy(c => c.Change.Difference.Points)
            .Select(c => ((LadderRung, RungChange)?)c)
            .FirstOrDefault();

    /// <summary>Returns the change with the largest absolute points, significant or not.</summary>
    public (LadderRung Rung, RungChange Change) LargestChange() =>
        Changes().MaxBy(c => Math.Abs(c.Change.Difference.Points));

    private IEnumerable<(LadderRung Rung, RungChange Change)> Changes() =>
        Rungs.SelectMany(r => r.Tasks.Select(t => (r, t)));
}

/// <summary>A form of serving, compared with the one before.</summary>
/// <param name="Name">The derived candidate's name.</param>
/// <param name="Against">The rung before.</param>
/// <param name="Tasks">One change for each task, in the study's order.</param>
internal sealed record LadderRung(string Name, string Against, IReadOnlyList<RungChange> Tasks);

/// <summary>What one rung changed on one task, paired item by item.</summary>
/// <param name="Difference">This rung minus the rung before, with its 95% interval.</param>
/// <param name="Gained">Items that this rung answers correctly and the rung before does not.</param>
/// <param name="Lost">Items that the rung before answers correctly and this rung does not.</param>
/// <param name="Mcnemar">The exact test of those items; null if a score is neither 0 nor 1.</param>
internal sealed record RungChange(
    string Task,
    Difference Difference,
    int Gained,
    int Lost,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] McNemarResult? Mcnemar = null
)
{
    /// <summary>Reads the change off a paired comparison.</summary>
    public static RungChange Of(PairedResult result) =>
        new(result.Task, result.Difference, result.Gained, result.Lost, result.Mcnemar);
}
