namespace Fulcrum.Statistics;

/// <summary>Macro-F1 of predicted labels: the mean of the F1 of the classes. Every class has the same weight.</summary>
/// <remarks>Classes are the target labels of all items. The jackknife keeps the same classes when it leaves out a
/// cluster.</remarks>
internal sealed class MacroF1
{
    private readonly int clusters;
    private readonly LabelledItem[] items;
    private readonly int classes;

    /// <summary>Takes the labels of each item.</summary>
    public MacroF1(IReadOnlyList<LabelledItem> items)
    {
        this.items = [.. items];
        clusters = items.Count == 0 ? 0 : items.Max(i => i.Cluster) + 1;
        classes = items.Count == 0 ? 0 : items.Max(i => i.Target) + 1;
    }

    /// <summary>The difference with its interval over clusters.</summary>
    /// <exception cref="ArgumentException">Fewer than two clusters.</exception>
    public CorpusEstimate Difference() =>
        Jackknife.Of(clusters, without => (Of(i => i.Before, without), Of(i => i.After, without)));

    private double Of(Func<LabelledItem, int> side, int? without)
    {
        int[] hits = new int[classes],
            named = new int[classes];
        foreach (LabelledItem item in items.Where(i => i.Cluster != without))
        {
            named[item.Target]++;
            int predicted = side(item);
            if (predicted >= 0 && predicted < classes)
            {
                named[predicted]++;
                hits[predicted] += predicted == item.Target ? 1 : 0;
            }
        }

        return classes == 0
            ? 0
            : Enumerable.Range(0, classes).Average(c => named[c] == 0 ? 0 : 2.0 * hits[c] / named[c]);
    }
}

/// <summary>The labels of one item.</summary>
/// <param name="Cluster">A number from 0 on.</param>
/// <param name="Target">A class, from 0 on.</param>
/// <param name="Before">The class predicted before; -1: no class of the targets.</param>
/// <param name="After">The class predicted after; -1: no class of the targets.</param>
internal readonly record struct LabelledItem(int Cluster, int Target, int Before, int After);
