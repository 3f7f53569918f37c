namespace Fulcrum.Statistics;

/// <summary>Estimates the mean of a sample with an interval and a p for one estimand. The interval is the union of
/// several intervals, called pieces (<c>docs/method.md</c>, "Interval of a difference").</summary>
internal sealed class Estimator
{
    /// <summary>The smallest number of clusters that allows a statement about other clusters.</summary>
    public const int LeastClusters = 5;

    private const double Level = 0.05;

    private readonly Sample sample;
    private readonly StudentPiece[] student;
    private readonly IPiece[] pieces;

    /// <summary>Chooses the pieces for one sample.</summary>
    /// <param name="effective">Counts of an effective sample, whose intervals are pieces in addition; null: none
    /// (<see cref="FewChanges"/>).</param>
    /// <exception cref="ArgumentException">The estimand is other clusters, and the sample has fewer than
    /// <see cref="LeastClusters"/>.</exception>
    public Estimator(Sample sample, Estimand estimand, Counts? effective = null)
    {
        if (estimand == Estimand.Clusters && sample.Clusters < LeastClusters)
        {
            throw new ArgumentException(
                $"an estimate for other clusters needs {LeastClusters} clusters or more, not {sample.Clusters}",
                nameof(sample)
            );
        }

        this.sample = sample;
        StandardError[] errors =
            estimand == Estimand.Items
                ? [StandardErrors.Stratified(sample)]
                : [StandardErrors.Cr2(sample), StandardErrors.Items(sample)];
        student = [.. errors.Select(e => new StudentPiece(sample.Mean, e))];
        pieces = Pieces(estimand, effective);
    }

    /// <summary>The estimand where a task names none: other clusters if the sample has at least
    /// <see cref="LeastClusters"/>, otherwise other items.</summary>
    public static Estimand Default(Sample sample) =>
        sample.Clusters >= LeastClusters ? Estimand.Clusters : Estimand.Items;

    /// <summary>Which pieces the 95% interval comes from.</summary>
    public IntervalMethod Method { get; private set; }

    /// <summary>Returns mean, interval and p. A single item has the interval of all possible values and p =
    /// 1.</summary>
    /// <param name="alpha">Two-sided level of the interval.</param>
    public Estimate At(double alpha = Level)
    {
        if (sample.Items < 2)
        {
            bool unbounded = double.IsInfinity(sample.Highest);
            double least = unbounded ? sample.Mean : sample.Lowest,
                most = unbounded ? sample.Mean : sample.Highest;
            return new Estimate(sample.Mean, least, most, 0, 0, 1);
        }

        StandardError reported = Wider().Of;
        (double low, double high) = Union(pieces, alpha);
        return new Estimate(
            sample.Mean,
            Math.Max(sample.Lowest, low),
            Math.Min(sample.Highest, high),
            reported.Error,
            reported.Degrees,
            P(0)
        );
    }

    /// <summary>Two-sided p of a mean of <paramref name="limit"/>: the largest p of the pieces. So p is below a level
    /// exactly if the interval at that level excludes the limit.</summary>
    public double P(double limit) => sample.Items < 2 ? 1 : pieces.Max(p => p.P(limit));

    private IPiece[] Pieces(Estimand estimand, Counts? effective)
    {
        Counts? counts = sample.Flips is { Items: > 0 } ? sample.Changes : null;
        IPiece[] ofCounts =
        [
            .. new[] { counts, effective }
                .OfType<Counts>()
                .SelectMany(c => (IPiece[])[new BonettPrice(c), new TangoScore(c)]),
        ];
        if (ofCounts.Length > 0)
        {
            IPiece[] all = [.. student, .. ofCounts];
            Method = new IntervalMethod(BasisOf(estimand), CountsMoveBound(all));
            return all;
        }

        bool flat = student.All(s => s.Of.Error == 0);
        Method = new IntervalMethod(flat ? IntervalBasis.ClopperPearson : BasisOf(estimand), false);
        return flat ? [new NoVariance(sample.Mean, sample.Items, sample.Lowest, sample.Highest)] : student;
    }

    private IntervalBasis BasisOf(Estimand estimand) =>
        estimand == Estimand.Items ? IntervalBasis.StratifiedT
        : Wider() == student[0] ? IntervalBasis.Cr2T
        : IntervalBasis.ItemT;

    /// <summary>The Student interval whose standard error is reported: the first unless the second is wider.</summary>
    private StudentPiece Wider() =>
        student.Length > 1 && student[1].Half(Level) > student[0].Half(Level) * (1 + 1e-9) ? student[1] : student[0];

    private bool CountsMoveBound(IPiece[] all)
    {
        (double low, double high) = Union(student, Level);
        (double lowest, double highest) = Union(all, Level);
        return lowest < low - 1e-9 || highest > high + 1e-9;
    }

    private static (double Low, double High) Union(IReadOnlyList<IPiece> pieces, double alpha)
    {
        (double Low, double High)[] intervals = [.. pieces.Select(p => p.Interval(alpha))];
        return (intervals.Min(i => i.Low), intervals.Max(i => i.High));
    }
}
