namespace Fulcrum.Tasks.Harness;

/// <summary>Computes the figures of tasks from those of items, and of groups from those of tasks, with the standard
/// errors of lm-evaluation-harness.</summary>
internal static class HarnessMeans
{
    private const int Resamples = 1000;

    /// <summary>The figure of a metric.</summary>
    /// <param name="items">The numbers of each item.</param>
    public static MeasuredValue Of(HarnessScore score, IReadOnlyList<double[]> items) =>
        score switch
        {
            HarnessScore.Perplexity => Resampled(items, Perplexity, Resamples),
            HarnessScore.F1 => Resampled(items, F1, Resamples),
            HarnessScore.Matthews => Resampled(items, Matthews, Resamples),
            HarnessScore.WordPerplexity or HarnessScore.BytePerplexity => new(Math.Exp(-Weighted(items)), null),
            HarnessScore.BitsPerByte => new(-Weighted(items) / Math.Log(2), null),
            _ => MeasuredValue.Mean([.. items.Select(i => i[0])]),
        };

    /// <summary>The figure of a group.</summary>
    /// <param name="tasks">Figure and number of items of each task.</param>
    /// <param name="bySize">Weight by the number of items.</param>
    public static MeasuredValue Group(IReadOnlyList<(MeasuredValue Value, int Items)> tasks, bool bySize)
    {
        double items = tasks.Sum(t => t.Items),
            k = tasks.Count;
        double mean = bySize ? tasks.Sum(t => t.Value.Value * t.Items) / items : tasks.Average(t => t.Value.Value);
        if (tasks.Any(t => t.Value.StandardError is null) || (bySize && items <= k))
        {
            return new(mean, null);
        }

        double squares = tasks.Sum(t =>
            t.Value.StandardError!.Value * t.Value.StandardError.Value * (bySize ? (t.Items - 1.0) * t.Items : 1)
        );
        return new(mean, bySize ? Math.Sqrt(squares / (items - k) / items) : Math.Sqrt(squares) / k);
    }

    private static double Weighted(IReadOnlyList<double[]> items) => items.Sum(i => i[0]) / items.Sum(i => i[1]);

    private static double Perplexity(IReadOnlyList<double[]> items) => Math.Exp(-items.Average(i => i[0]));

    private static double F1(IReadOnlyList<double[]> items)
    {
        double both = items.Count(i => i[0] == 1 && i[1] == 1),
            either = items.Count(i => i[0] == 1) + items.Count(i => i[1] == 1);
        return either == 0 ? 0 : 2 * both / either;
    }

    // Gorodkin 2004: the correlation of classes; for two classes it is Matthews' coefficient.
    private static double Matthews(IReadOnlyList<double[]> items)
    {
        double n = items.Count,
            right = items.Count(i => i[0] == i[1]);
        double[] classes = [.. items.SelectMany(i => i).Distinct()];
        double[] gold = [.. classes.Select(c => (double)items.Count(i => i[0] == c))],
            chosen = [.. classes.Select(c => (double)items.Count(i => i[1] == c))];
        double cross = gold.Zip(chosen, (g, c) => g * c).Sum();
        double spread = (n * n - gold.Sum(g => g * g)) * (n * n - chosen.Sum(c => c * c));
        return spread == 0 ? 0 : (right * n - cross) / Math.Sqrt(spread);
    }

    private static MeasuredValue Resampled(
        IReadOnlyList<double[]> items,
        Func<IReadOnlyList<double[]>, double> figure,
        int resamples
    )
    {
        if (items.Count < 2)
        {
            return new(figure(items), null);
        }

        PythonRandom random = new(0);
        double[] figures = new double[resamples];
        for (int r = 0; r < resamples; r++)
        {
            double[][] drawn = new double[items.Count][];
            for (int i = 0; i < drawn.Length; i++)
            {
                drawn[i] = items[(int)(random.Next() * items.Count)];
            }

            figures[r] = figure(drawn);
        }

        return new(figure(items), Deviation(figures));
    }

    private static double Deviation(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
    }
}
