using System.Globalization;
using Fulcrum.Statistics;

namespace Fulcrum.Models;

/// <summary>How written answers are decoded: greedily, or sampled with the settings of a model's generation
/// configuration.</summary>
/// <param name="Settings">The settings of sampling; null: greedy. The seed is replaced by one per item.</param>
/// <param name="Seed">The seed of the study. The seed of an item depends on it and on the item's name, so both sides of
/// a comparison sample with the same random numbers.</param>
internal sealed record Decoding(Sampling? Settings, int Seed)
{
    /// <summary>Greedy decoding.</summary>
    public static readonly Decoding Greedy = new(null, 0);

    /// <summary>Returns the sampling of one item; null: greedy.</summary>
    public Sampling? For(string benchmark, string item) =>
        Settings is null
            ? null
            : Settings with
            {
                Seed = RandomStream.For(Seed, $"decoding of {benchmark}/{item}").NextInt(int.MaxValue),
            };

    /// <inheritdoc/>
    public override string ToString() =>
        Settings is not { } s
            ? "greedy"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"sampled, temperature {s.Temperature}, top k {s.TopK}, top p {s.TopP}, "
                    + $"repetition penalty {s.RepetitionPenalty}, seed {Seed}"
            );
}
