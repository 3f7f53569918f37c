using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>How much of a benchmark's score hangs on the batches that it was measured in.</summary>
/// <param name="Items">Items asked again, in other company.</param>
/// <param name="Changed">Items whose score changed.</param>
/// <param name="Difference">Change of their mean score, as a fraction.</param>
public sealed record BatchingNoise(string Benchmark, int Items, int Changed, double Difference)
{
    /// <summary>Asks a sample again with the same model, in batches that no item had before: items that lie far apart,
    /// instead of neighbours.</summary>
    /// <param name="answers">What was answered in the usual batches, in the order of the items.</param>
    public static BatchingNoise Of(
        Evaluator evaluator,
        ITask benchmark,
        IReadOnlyList<Answer> answers,
        CancellationToken cancellation
    )
    {
        int n = benchmark.Items.Count,
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
        (double Before, double After)[] scores =
        [
            .. chosen
                .Select((c, i) => (answers[c].Score, again[i].Score))
                .Where(s => s is (not null, not null))
                .Select(s => (s.Item1!.Value, s.Item2!.Value)),
        ];
        return new BatchingNoise(
            benchmark.Name,
            scores.Length,
            scores.Count(s => s.Before != s.After),
            scores.Length == 0 ? 0 : scores.Average(s => s.After - s.Before)
        );
    }

    /// <summary>How many of so many items are asked again.</summary>
    public static int SampleOf(int items) => Math.Min(items, Math.Clamp(items / 50, 16, 128));

    /// <summary>A difference that the study claims must be larger than what other batches change.</summary>
    public static void Check(GuardLog log, Difference seen, BatchingNoise noise)
    {
        bool claims = seen.Low > 0 || seen.High < 0;
        log.Report(
            GuardLog.NoiseFloor,
            noise.Benchmark,
            !claims || Math.Abs(noise.Difference) < Math.Abs(seen.Points),
            $"asked again in other batches, {noise.Changed} of {noise.Items} items of {noise.Benchmark} "
                + $"change their score, the mean by {noise.Difference * 100:+0.0;-0.0;0.0} points; "
                + (
                    claims
                        ? $"the study claims {seen.Points * 100:+0.0;-0.0} points"
                        : "the study claims no difference here"
                )
        );
    }

    /// <summary>Writes what was found.</summary>
    public static void Write(string path, IReadOnlyList<BatchingNoise> noise) =>
        AtomicFile.WriteText(path, JsonSerializer.Serialize(noise, SnakeCaseJson.Options) + "\n");

    /// <summary>Reads it back; empty where nothing was written.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static IReadOnlyList<BatchingNoise> Read(string path) =>
        StoredJson.ReadIfThere<BatchingNoise[]>(path, "the noise of batches") ?? [];
}
