using System.Globalization;
using Fulcrum.Statistics;

namespace Fulcrum.Simulation;

/// <summary>One kind of study: cluster sizes, share of changed items, true mean difference, spread of it over
/// clusters.</summary>
/// <param name="Flips">Share of items that change; of graded scores the standard deviation of an item's change.</param>
/// <param name="Mean">True mean difference, as a fraction.</param>
/// <param name="Spread">Standard deviation of the clusters' true differences, as a fraction.</param>
/// <param name="Collapse">7% of the clusters lose 25 points.</param>
/// <param name="Graded">Scores between 0 and 1.</param>
internal sealed record Cell(
    string Sizes,
    int[] Items,
    double Flips,
    double Mean,
    double Spread = 0,
    bool Collapse = false,
    bool Graded = false
)
{
    private const double CollapsingShare = 0.07;
    private const double CollapsedBy = -0.25;

    private readonly string[] names = [.. Items.Select((_, g) => $"c{g:00}")];

    /// <summary>The cell in words; also the key of its random numbers and of its results.</summary>
    public string Name =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Sizes}, {(Graded ? "graded" : "flips")} {Flips * 100:0.##}%, mean {Mean * 100:0.##}, SD {Spread * 100:0.##}"
        ) + (Collapse ? ", 7% of clusters at -25" : "");

    /// <summary>The difference over all clusters of the kind.</summary>
    public double Truth => Mean + (Collapse ? CollapsingShare * CollapsedBy : 0);

    /// <summary>Draws one study.</summary>
    public Study Draw(RandomStream random)
    {
        List<(string, double, double)> pairs = new(Items.Sum());
        List<double> truths = new(Items.Sum());
        for (int g = 0; g < Items.Length; g++)
        {
            double change =
                Mean
                + Spread * random.NextNormal()
                + (Collapse && random.NextDouble() < CollapsingShare ? CollapsedBy : 0);
            truths.AddRange(Enumerable.Repeat(change, Items[g]));
            for (int i = 0; i < Items[g]; i++)
            {
                (double before, double after) = Graded ? DrawGraded(change, random) : DrawFlip(change, random);
                pairs.Add((names[g], before, after));
            }
        }

        return new Study(pairs, truths);
    }

    /// <summary>The share of a cluster's items that change. Where its mean change is larger than the usual share, all
    /// its changes point one way.</summary>
    public double FlipsAt(double change) => Math.Min(1, Math.Max(Flips, Math.Abs(change)));

    private (double Before, double After) DrawFlip(double change, RandomStream random)
    {
        double flips = FlipsAt(change),
            gained = (flips + change) / 2,
            at = random.NextDouble();
        return at < gained ? (0, 1)
            : at < flips ? (1, 0)
            : (1, 1);
    }

    // Quarters, as several samples per item give them; the change is a fair step up or down around its mean.
    private (double Before, double After) DrawGraded(double change, RandomStream random)
    {
        double before = 0.4 + 0.2 * random.NextDouble(),
            step = random.NextDouble() < 0.5 ? Flips : -Flips;
        return (before, Math.Clamp(before + change + step, 0, 1));
    }
}

/// <summary>One drawn study.</summary>
/// <param name="Truths">The true difference of each item's cluster.</param>
internal sealed record Study(
    IReadOnlyList<(string Cluster, double Before, double After)> Pairs,
    IReadOnlyList<double> Truths
)
{
    /// <summary>The true difference of these clusters.</summary>
    public double ItemsTruth => Truths.Average();

    /// <summary>The mean difference.</summary>
    public double Mean => Pairs.Average(p => p.After - p.Before);

    /// <summary>The study on some of its items.</summary>
    public Study Only(IReadOnlyList<int> places) =>
        new([.. places.Select(p => Pairs[p])], [.. places.Select(p => Truths[p])]);
}

/// <summary>The sizes and cells that are simulated.</summary>
internal static class Cells
{
    /// <summary>Test questions per subject of MMLU.</summary>
    public static readonly int[] Mmlu =
    [
        100,
        100,
        100,
        100,
        100,
        100,
        100,
        100,
        100,
        100,
        102,
        103,
        108,
        110,
        112,
        114,
        121,
        126,
        131,
        135,
        144,
        145,
        151,
        152,
        163,
        165,
        166,
        171,
        173,
        193,
        198,
        201,
        203,
        204,
        216,
        223,
        234,
        235,
        237,
        238,
        245,
        265,
        270,
        272,
        282,
        306,
        310,
        311,
        324,
        346,
        378,
        390,
        545,
        612,
        783,
        895,
        1534,
    ];

    /// <summary>Dev questions per database of Spider.</summary>
    public static readonly int[] Spider =
    [
        4,
        15,
        16,
        18,
        30,
        30,
        38,
        40,
        40,
        42,
        45,
        56,
        62,
        62,
        78,
        80,
        82,
        84,
        92,
        120,
    ];

    private static readonly int[] Eight = [20, 30, 40, 50, 60, 80, 100, 120];
    private static readonly int[] Five = [40, 60, 80, 100, 120];
    private static readonly int[] Three = [20, 80, 200];

    private static readonly (string Name, int[] Items)[] Sizes =
    [
        ("MMLU, 57", Mmlu),
        ("Spider, 20", Spider),
        ("8", Eight),
        ("5", Five),
        ("3", Three),
    ];

    /// <summary>All cells of the coverage table.</summary>
    public static IEnumerable<Cell> Coverage() =>
        Sizes.SelectMany(s =>
            (IEnumerable<Cell>)
                [
                    new(s.Name, s.Items, 0.003, -0.003),
                    new(s.Name, s.Items, 0.01, -0.01),
                    new(s.Name, s.Items, 0.05, 0, 0.03),
                    new(s.Name, s.Items, 0.10, -0.02),
                    new(s.Name, s.Items, 0.10, -0.02, 0.03),
                    new(s.Name, s.Items, 0.30, -0.02),
                    new(s.Name, s.Items, 0.30, -0.02, 0.03),
                    new(s.Name, s.Items, 0.10, 0, 0, Collapse: true),
                    new(s.Name, s.Items, 0.20, -0.02, Graded: true),
                    new(s.Name, s.Items, 0.20, -0.02, 0.03, Graded: true),
                ]
        );

    /// <summary>True differences and flips for early decisions, each with the limit at -2 points.</summary>
    public static IEnumerable<Cell> Decisions() =>
        [
            new("Spider, 20", Spider, 0.02, -0.02),
            new("Spider, 20", Spider, 0.05, -0.02),
            new("Spider, 20", Spider, 0.10, -0.02, 0.03),
            new("MMLU, 57", Mmlu, 0.02, -0.02),
            new("MMLU, 57", Mmlu, 0.05, -0.02),
            new("MMLU, 57", Mmlu, 0.10, -0.02, 0.03),
            new("Spider, 20", Spider, 0.05, 0),
            new("Spider, 20", Spider, 0.20, 0.03),
            new("Spider, 20", Spider, 0.30, 0.18),
            new("MMLU, 57", Mmlu, 0.05, 0),
            new("MMLU, 57", Mmlu, 0.20, 0.03),
            new("MMLU, 57", Mmlu, 0.30, 0.18),
        ];
}
