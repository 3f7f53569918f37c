using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>The difference of one task over training seeds.</summary>
/// <param name="Recipe">The mean over seeds with an interval for new items and new seeds; null: one seed, so nothing is
/// known of training again.</param>
/// <param name="Seeds">One difference per seed.</param>
internal sealed record SeedsResult(string Task, RecipeEstimate? Recipe, IReadOnlyList<SeedDifference> Seeds)
{
    /// <summary>What the recipe's interval shows; nothing with fewer than 3 seeds.</summary>
    [JsonIgnore]
    public Change Change =>
        Recipe is not { Seeds: >= RecipeEstimate.LeastSeeds } r ? Change.None
        : r.Low > 0 ? Change.Gain
        : r.High < 0 ? Change.Loss
        : Change.None;
}

/// <summary>One seed's paired difference.</summary>
internal sealed record SeedDifference(int Seed, Difference Difference);
