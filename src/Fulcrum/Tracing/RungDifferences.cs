using Fulcrum.Statistics;

namespace Fulcrum.Tracing;

/// <summary>Compares the log-likelihoods of texts on two rungs of the ladder (see <see cref="TraceRung"/>).</summary>
internal static class RungDifferences
{
    /// <summary>Returns the mean difference with its 95% interval (Student's t over texts).</summary>
    /// <param name="before">Log-likelihoods on the earlier rung in nats per token, one per text.</param>
    /// <param name="after">Log-likelihoods on the later rung, of the same texts.</param>
    public static RungDifference Of(IReadOnlyList<double> before, IReadOnlyList<double> after)
    {
        double[] differences = [.. before.Zip(after, (b, a) => a - b)];
        Sample sample = Sample.OfMeasures([.. differences.Select(d => ("", d))]);
        StudentPiece mean = new(sample.Mean, StandardErrors.Items(sample));
        double? half = sample.Items < 2 ? null : mean.Half(0.05);
        return new RungDifference(
            sample.Mean,
            differences.Average(Math.Abs),
            sample.Mean - half,
            sample.Mean + half,
            sample.Items
        );
    }
}
