using System.Globalization;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Statistics;

namespace Fulcrum.Studies;

/// <summary>Random combinations of values: a range or a list for each key, and the number of combinations.</summary>
/// <remarks>Each key has a separate random stream, so that a larger count or an additional key does not change earlier
/// draws.</remarks>
internal sealed class SweepSample
{
    private const string CountKey = "count";
    private readonly IReadOnlyList<SweepRange> ranges;

    private SweepSample(IReadOnlyList<SweepRange> ranges, int count) => (this.ranges, Count) = (ranges, count);

    /// <summary>The number of combinations.</summary>
    public int Count { get; }

    /// <summary>The keys that are drawn.</summary>
    public IEnumerable<SweepKey> Keys => ranges.Select(r => r.Key);

    /// <summary>Reads the key <c>sample</c> of a study.</summary>
    /// <exception cref="InputException">A key or a range cannot be used; names it.</exception>
    public static SweepSample Parse(IReadOnlyDictionary<string, JsonElement> sample, string source)
    {
        string? found = sample.TryGetValue(CountKey, out JsonElement given) ? given.GetRawText() : null;
        int count = 0;
        bool counted = found is not null && given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out count);
        string most = string.Create(CultureInfo.InvariantCulture, $"1 to {Sweep.MostCombinations:#,0}");
        Wanted.That(counted && count is > 0 and <= Sweep.MostCombinations, source, "sample.count", found, most);
        SweepRange[] ranges =
        [
            .. sample.Where(s => s.Key != CountKey).Select(s => SweepRange.Parse(s.Key, s.Value, source)),
        ];
        Wanted.That(ranges.Length > 0, source, "sample", "only a count", "at least one key with a range or a list");
        return new SweepSample(ranges, count);
    }

    /// <summary>Draws combinations that differ from each other.</summary>
    /// <exception cref="InputException">There are fewer different combinations.</exception>
    public IReadOnlyList<Combination> Draw(int seed, string source)
    {
        RandomStream[] streams = [.. ranges.Select(r => RandomStream.For(seed, $"sample {r.Key.Text}"))];
        Dictionary<string, Combination> drawn = new(StringComparer.Ordinal);
        for (int i = 0; drawn.Count < Count && i < 100 * Count + 1000; i++)
        {
            Combination one = new([.. ranges.Zip(streams, (r, s) => (r.Key, r.Draw(s)))]);
            drawn.TryAdd(one.Text(), one);
        }

        Wanted.That(
            drawn.Count == Count,
            source,
            "sample.count",
            Count,
            $"at most {drawn.Count}, because the ranges give only so many different combinations"
        );
        return [.. drawn.Values];
    }
}
