using System.Globalization;
using Fulcrum.Statistics;

namespace Fulcrum.Models;

/// <summary>How the written answers of a benchmark are decoded: greedily, or drawn as a model's own generation
/// configuration says.</summary>
/// <param name="Settings">Null: greedy. Its seed is replaced by one of each item.</param>
/// <param name="Seed">The study's; with the item's name it decides what is drawn, so both sides of a comparison draw
/// with the same numbers.</param>
internal sealed record Decoding(Sampling? Settings, int Seed)
{
    /// <summary>Greedy decoding.</summary>
    public static readonly Decoding Greedy = new(null, 0);

    /// <summary>How one item is decoded.</summary>
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
