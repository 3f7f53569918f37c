using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>How much a task's score depends on the composition of its batches.</summary>
/// <param name="Items">Items that were re-evaluated in batches of different composition.</param>
/// <param name="Changed">Items whose score changed.</param>
/// <param name="Difference">Change of their mean score, as a fraction.</param>
/// <param name="Low">Lower bound of its 95% interval.</param>
/// <param name="High">Upper bound of its 95% interval.</param>
internal sealed record BatchingNoise(
    string Benchmark,
    int Items,
    int Changed,
    double Difference,
    double Low = 0,
    double High = 0
)
{
    private const int LeastSample = 16,
        MostSample = 512;

    /// <summary>Re-evaluates a sample with the same model in batches of different composition: the items of a batch are
    /// far apart in the data instead of neighbours.</summary>
    /// <param name="answers">What was answered in the usual batches: the first items of the task, in their
    /// order.</param>
    public static BatchingNoise Of(
        Evaluator evaluator,
        ITask benchmark,
        IReadOnlyList<Answer> answers,
        CancellationToken cancellation
    )
    {
        int n = answers.Count,
            sample = SampleOf(n),
            stride = Math.Max(1, n / Math.Max(1, sample));
        int[] chosen = [.. Enumerable.Range(0, sample).Select(i => i * stride)];
        IReadOnlyList<Answer> again = evaluator.Answers(
            benchmark,
            [.. chosen.Select(i => benchmark.Items[i])],
            "",
            _ => { },
            cancellation
        );
        return Of(
            benchmark.Name,
            [
                .. chosen
                    .Select((c, i) => (Before: answers[c], After: again[i]))
                    .Where(s => s.Before.Score is not null && s.After.Score is not null)
                    .GroupBy(s => s.Before.Stem ?? s.Before.Id, StringComparer.Ordinal)
                    .Select(g =>
                        (
                            g.First().Before.Cluster,
                            g.Average(s => s.Before.Score!.Value),
                            g.Average(s => s.After.Score!.Value)
                        )
                    ),
            ]
        );
    }

    /// <summary>Compares two measurements of the same items.</summary>
    internal static BatchingNoise Of(
        string benchmark,
        IReadOnlyList<(string Cluster, double Before, double After)> scores
    )
    {
        Estimate change = new Estimator(Sample.OfPairs(scores), Estimand.Items).At();
        int changed = scores.Count(s => s.Before != s.After);
        return new BatchingNoise(benchmark, scores.Count, changed, change.Points, change.Low, change.High);
    }

    /// <summary>Returns how many items of a task are re-evaluated.</summary>
    public static int SampleOf(int items) => Math.Min(items, Math.Clamp(items / 50, LeastSample, MostSample));

    /// <summary>
    /// Checks that a difference is larger than the effect of other batches. Changes in both directions are already part
    /// of the interval of the difference, so they do not fail the guard. It fails if the changes have a direction
    /// (their 95% interval excludes 0, which happens by chance in at most 5% of studies) and may be as large as the
    /// difference.
    /// </summary>
    public static void Check(GuardLog log, Difference seen, BatchingNoise noise)
    {
        if (noise.Items == 0)
        {
            log.NotChecked(GuardNames.NoiseFloor, noise.Benchmark, $"no item of {noise.Benchmark} was scored twice");
            return;
        }

        bool claims = seen.Low > 0 || seen.High < 0,
            oneWay = noise.Low > 0 || noise.High < 0,
            reaches = Math.Max(Math.Abs(noise.Low), Math.Abs(noise.High)) >= Math.Abs(seen.Points);
        ScoreInterval rate = Proportion.Wilson(noise.Changed, noise.Items);
        log.Report(
            GuardNames.NoiseFloor,
            noise.Benchmark,
            !claims || !oneWay || !reaches,
            $"re-evaluated in batches of different composition, "
                + $"{noise.Changed} of {noise.Items} items of {noise.Benchmark} "
                + $"change their score ({rate.Low * 100:0.0}% to {rate.High * 100:0.0}% of all items), the mean by "
                + $"{noise.Difference * 100:+0.0;-0.0;0.0} points ({noise.Low * 100:+0.0;-0.0;0.0} to "
                + $"{noise.High * 100:+0.0;-0.0;0.0}); "
                + (claims ? Meaning(noise, oneWay, reaches, seen.Points) : "the study claims no difference here")
        );
    }

    /// <summary>What the bounds mean for a claim. Bounds that are wider than the claim do not fail the guard, so the
    /// sentence says that they do not exclude a change of that size.</summary>
    private static string Meaning(BatchingNoise noise, bool oneWay, bool reaches, double points)
    {
        string claim = $"the {points * 100:+0.0;-0.0} points that the study claims";
        return (oneWay, reaches) switch
        {
            (true, true) => $"the change has a direction and may be as large as {claim}",
            (true, false) => $"the change has a direction, but it is smaller than {claim}",
            (false, true) => $"no change in one direction is shown, so the guard passes. {noise.Items} items are too "
                + $"few to exclude a change as large as {claim}",
            (false, false) => $"a change as large as {claim} is excluded",
        };
    }

    /// <summary>Writes the results.</summary>
    public static void Write(string path, IReadOnlyList<BatchingNoise> noise) =>
        AtomicFile.WriteText(path, JsonSerializer.Serialize(noise, SnakeCaseJson.Options) + "\n");

    /// <summary>Reads the results; empty if none were written.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static IReadOnlyList<BatchingNoise> Read(string path) =>
        StoredJson.ReadIfThere<BatchingNoise[]>(path, "the noise of batches") ?? [];
}
