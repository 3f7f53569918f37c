using System.Globalization;
using System.Text.RegularExpressions;
using Fulcrum.Comparisons;
using Fulcrum.Statistics;

namespace Fulcrum.Runs;

/// <summary>What a pipeline demands of a run: a bound, in points, on each named benchmark's difference.</summary>
public sealed partial record Requirements(IReadOnlyList<(string Benchmark, bool AtLeast, double Points)> Bounds)
{
    /// <summary>Reads <c>spider&gt;=+5,mmlu&gt;=-1</c>.</summary>
    /// <exception cref="InputException">The text is not of that form; names the part.</exception>
    public static Requirements Parse(string text) =>
        new([
            .. text.Split(',')
                .Select(part =>
                    Bound().Match(part.Trim()) is { Success: true } m
                        ? (
                            m.Groups[1].Value,
                            m.Groups[2].Value == ">=",
                            double.Parse(m.Groups[3].Value, CultureInfo.InvariantCulture)
                        )
                        : throw new InputException(
                            $"--require: '{part.Trim()}' is not of the form BENCHMARK>=POINTS or BENCHMARK<=POINTS, as in spider>=+5"
                        )
                ),
        ]);

    /// <summary>By benchmark, the smallest difference that is demanded, in points.</summary>
    public IReadOnlyDictionary<string, double> Looking =>
        Bounds
            .Where(b => b.Points != 0)
            .GroupBy(b => b.Benchmark)
            .ToDictionary(g => g.Key, g => g.Min(b => Math.Abs(b.Points)), StringComparer.Ordinal);

    /// <summary>Tests the names, so that a wrong one is found before the run and not behind it.</summary>
    /// <exception cref="InputException">There is no such benchmark; names those that there are.</exception>
    public void CheckNames(IReadOnlyList<string> benchmarks)
    {
        if (Bounds.Select(b => b.Benchmark).FirstOrDefault(b => !benchmarks.Contains(b)) is { } stranger)
        {
            throw new InputException(
                $"--require names '{stranger}', but the study's benchmarks are {string.Join(", ", benchmarks)}"
            );
        }
    }

    /// <summary>Tests the interval's nearer bound, so what passes is shown and not merely likely.</summary>
    /// <exception cref="GuardException">A bound does not hold; names it.</exception>
    /// <exception cref="InputException">The run has no such benchmark.</exception>
    public void Check(Comparison comparison)
    {
        foreach ((string name, bool atLeast, double points) in Bounds)
        {
            PairedResult b =
                comparison.Tasks.FirstOrDefault(c => c.Task == name)
                ?? throw new InputException(
                    $"--require names '{name}', but the run has {string.Join(", ", comparison.Tasks.Select(c => c.Task))}"
                );
            double bound = (atLeast ? b.Difference.Low : b.Difference.High) * 100;
            if (atLeast ? bound < points : bound > points)
            {
                throw new GuardException(
                    $"required {name}{(atLeast ? ">=" : "<=")}{points:+0.###;-0.###;0}, but the difference is {b.Difference.Points * 100:+0.0;-0.0;0.0} points ({b.Difference.Low * 100:+0.0;-0.0;0.0} to {b.Difference.High * 100:+0.0;-0.0;0.0})"
                );
            }
        }
    }

    [GeneratedRegex(@"\A([A-Za-z0-9_-]+)(>=|<=)([+-]?\d+(?:\.\d+)?)\z", RegexOptions.None, 1000)]
    private static partial Regex Bound();
}
