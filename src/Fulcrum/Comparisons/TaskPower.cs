using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>What a task's sample can detect: 80% power in a two-sided test at 5%.</summary>
/// <param name="Expected">Before the run: the minimum detectable difference for a range of discordances (share of items
/// that change).</param>
/// <param name="Observed">After the run, at the discordance and standard error that were seen. Null before the run, and
/// where the changes of the items show no spread.</param>
/// <param name="DesignEffect">Variance over that of independent items: assumed before the run, seen after it.</param>
/// <param name="Looking">In points: what the study wants to detect (its margin, or a requirement); null: nothing
/// stated.</param>
/// <param name="Sees">Whether the sample is large enough for <paramref name="Looking"/>. Before the run: whether
/// <paramref name="Chance"/> is 80% or more. After it: whether the minimum detectable difference as observed is at most
/// <paramref name="Looking"/>, or <paramref name="ChangeAtMost"/> is below it. True where nothing is stated; null where
/// the changes of the items show no spread.</param>
/// <param name="Chance">Probability that a model without any mean change is shown to lie within
/// <paramref name="Looking"/>, at 10% discordance; null: nothing stated.</param>
/// <param name="ChangeAtMost">Upper bound of the share of items that change (95%, Wilson), where so few changed that no
/// minimum detectable difference can be given; null otherwise.</param>
internal sealed record TaskPower(
    string Task,
    int Items,
    int Clusters,
    IReadOnlyList<DetectableEffect> Expected,
    DetectableEffect? Observed = null,
    double? DesignEffect = null,
    double? Looking = null,
    bool? Sees = true,
    double? Chance = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ChangeAtMost = null
)
{
    private const double LeastSpread = 1e-9;
    private const double UsualDiscordance = 0.1;

    /// <summary>Computes the power before the run, with an assumed design effect.</summary>
    /// <param name="clusterItems">Items of each cluster.</param>
    /// <param name="estimand">Null: what the number of clusters allows.</param>
    /// <param name="looking">In points; null: nothing stated.</param>
    public static TaskPower Before(
        string task,
        IReadOnlyList<int> clusterItems,
        Estimand? estimand = null,
        double? looking = null
    )
    {
        bool clusters = clusterItems.Count >= Estimator.LeastClusters && estimand != Estimand.Items;
        double effect = clusters ? Power.AssumedDesignEffect : 1;
        return Of(task, clusterItems, clusters ? Estimand.Clusters : Estimand.Items, effect, looking);
    }

    /// <summary>Computes the power after the run, with the observed design effect and discordance.</summary>
    public static TaskPower After(PairedResult seen, IReadOnlyList<int> clusterItems, double? looking = null)
    {
        double discordance = seen.Items == 0 ? 0 : (double)(seen.Gained + seen.Lost) / seen.Items;
        Estimate estimate = seen.Estimands.Of(seen.Estimand);
        double independent = seen.Items < 2 ? 0 : (discordance - estimate.Points * estimate.Points) / (seen.Items - 1);
        double? effect = independent > 0 ? estimate.StandardError * estimate.StandardError / independent : null;
        TaskPower expected = Before(seen.Task, clusterItems, seen.Estimand, looking) with { DesignEffect = effect };
        bool binary = seen.Mcnemar is not null,
            spread = estimate.StandardError > LeastSpread && estimate.DegreesOfFreedom > 0;
        double found = spread ? Power.DetectableErrors(estimate.DegreesOfFreedom) * estimate.StandardError : 0;

        // Of scores of 0 and 1 the difference cannot exceed the share of items that changed.
        return binary && seen.Items > 0 && (spread ? found > discordance : discordance == 0)
                ? Bounded(expected, seen, discordance)
            : spread
                ? expected with
                {
                    Observed = new DetectableEffect(discordance, found),
                    Sees = looking is null || found * 100 <= looking,
                }
            : expected with { Sees = null };
    }

    // So few items changed that their spread gives no figure. What is known is how many can change at most.
    private static TaskPower Bounded(TaskPower expected, PairedResult seen, double discordance)
    {
        double prior =
                seen.FewChanges?.DesignEffect ?? (seen.Estimand == Estimand.Clusters ? Power.AssumedDesignEffect : 1),
            effect = Math.Max(prior, expected.DesignEffect ?? prior),
            most = Proportion.Wilson((seen.Gained + seen.Lost) / effect, seen.Items / effect).High;
        return expected with
        {
            Observed = new DetectableEffect(discordance, null),
            ChangeAtMost = most,
            Sees = expected.Looking is null || most * 100 < expected.Looking,
        };
    }

    private static double Degrees(IReadOnlyList<int> clusterItems, Estimand estimand) =>
        estimand == Estimand.Clusters
            ? StandardErrors.Cr2Degrees([.. clusterItems])
            : Math.Max(1, clusterItems.Sum() - 1);

    /// <summary>Probability that every general task is shown to lie within the margin if nothing changes, as if tasks
    /// were independent; 1 where there is none.</summary>
    public static double OfAll(IEnumerable<TaskPower> general) => general.Aggregate(1.0, (p, t) => p * (t.Chance ?? 1));

    private static TaskPower Of(
        string task,
        IReadOnlyList<int> clusterItems,
        Estimand estimand,
        double designEffect,
        double? looking
    )
    {
        int items = clusterItems.Sum();
        double degrees = Degrees(clusterItems, estimand);
        DetectableEffect[] effects =
        [
            .. Power.Discordances.Select(d => new DetectableEffect(
                d,
                Power.MinimumDetectable(items, degrees, d, designEffect)
            )),
        ];
        double error = Power.ExpectedError(items, UsualDiscordance, designEffect);
        double? chance = looking is { } points ? Power.OfLimit(points / 100, error, degrees) : null;
        return new TaskPower(
            task,
            items,
            clusterItems.Count,
            effects,
            DesignEffect: designEffect,
            Looking: looking,
            Sees: chance is null || chance >= Power.Wanted,
            Chance: chance
        );
    }
}

/// <summary>The minimum detectable difference, as a fraction, when this share of the items changes.</summary>
/// <param name="Points">Null: not even a change of all these items in one direction would be detected.</param>
internal readonly record struct DetectableEffect(double Discordance, double? Points);
