using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>The difference of one task over training seeds.</summary>
/// <param name="Recipe">The mean over seeds with an interval for new items and new seeds; null: with one seed the
/// effect of another training is unknown.</param>
/// <param name="Seeds">One difference per seed.</param>
internal sealed record SeedsResult(string Task, RecipeEstimate? Recipe, IReadOnlyList<SeedDifference> Seeds)
{
    /// <summary>Whether the recipe's interval shows a gain or a loss. None with fewer than 3 seeds.</summary>
    [JsonIgnore]
    public Change Change =>
        Recipe is not { Seeds: >= RecipeEstimate.LeastSeeds } r ? Change.None
        : r.Low > 0 ? Change.Gain
        : r.High < 0 ? Change.Loss
        : Change.None;
}

/// <summary>One seed's paired difference.</summary>
internal sealed record SeedDifference(int Seed, Difference Difference);
