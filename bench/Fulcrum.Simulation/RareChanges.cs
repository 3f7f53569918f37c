using System.Globalization;
using Fulcrum.Statistics;

namespace Fulcrum.Simulation;

/// <summary>Studies in which few items change, and in which they change in clusters. The share of a cluster's items
/// that change follows a beta distribution.</summary>
/// <param name="Clusters">Number of clusters.</param>
/// <param name="Items">Items of each cluster.</param>
/// <param name="Changes">Mean share of items that change.</param>
/// <param name="Mean">True mean difference, as a fraction: a change is a loss with probability (changes - mean) / (2 ·
/// changes).</param>
internal sealed record RareChanges(int Clusters, int Items, double Changes, double Mean)
{
    /// <summary>Intraclass correlations of the changes, of which each is simulated.</summary>
    public static readonly double[] Correlations = [0, 0.05, 0.2, 0.5];

    /// <summary>The cell in words; also the key of its random numbers and of its results.</summary>
    public string Name =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Clusters} clusters of {Items}, {Changes * 100:0.##}% change, mean {Mean * 100:0.##}"
        );

    /// <summary>How often the loss is said to lie within the margin: by the interval for other clusters, and by the
    /// bounds that a verdict rests on.</summary>
    public SortedDictionary<string, double> WithinMargin(int studies) =>
        Simulations.Means(
            Name,
            studies,
            random =>
            {
                Dictionary<string, double> seen = [];
                foreach (double correlation in Correlations)
                {
                    Sample sample = Sample.OfPairs(Draw(correlation, random));
                    string of = correlation.ToString(CultureInfo.InvariantCulture);
                    bool Shows(Estimator e) => e.At().Low > -Simulations.Margin / 100;
                    seen[$"interval {of}"] = Shows(new Estimator(sample, Estimand.Clusters)) ? 1 : 0;
                    seen[$"verdict {of}"] = Shows(FewChanges.AgainstLimits(sample, Estimand.Clusters)) ? 1 : 0;
                }

                return seen;
            }
        );

    // Pólya's urn draws a beta-binomial count: after c changes among i items the next one changes with probability
    // (changes · s + c) / (s + i), s = 1 / correlation - 1.
    private (string Cluster, double Before, double After)[] Draw(double correlation, RandomStream random)
    {
        (string Cluster, double Before, double After)[] pairs = new (string, double, double)[Clusters * Items];
        double losses = (Changes - Mean) / (2 * Changes);
        for (int g = 0; g < Clusters; g++)
        {
            int changed = 0;
            for (int i = 0; i < Items; i++)
            {
                double rate = correlation == 0 ? Changes : Urn(1 / correlation - 1, changed, i);
                bool changes = random.NextDouble() < rate;
                changed += changes ? 1 : 0;
                pairs[g * Items + i] =
                    !changes ? ($"c{g:00}", 1, 1)
                    : random.NextDouble() < losses ? ($"c{g:00}", 1, 0)
                    : ($"c{g:00}", 0, 1);
            }
        }

        return pairs;
    }

    private double Urn(double s, int changed, int items) => (Changes * s + changed) / (s + items);

    /// <summary>All cells: losses of exactly the margin, then models that lose nothing.</summary>
    public static IEnumerable<RareChanges> All() =>
        from mean in (double[])[-Simulations.Margin / 100, 0]
        from changes in mean < 0 ? (double[])[0.02, 0.05] : [0.003, 0.01]
        from clusters in (int[])[5, 8, 12, 20, 40]
        from items in (int[])[30, 100]
        select new RareChanges(clusters, items, changes, mean);
}
