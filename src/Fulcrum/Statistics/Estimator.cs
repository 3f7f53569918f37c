namespace Fulcrum.Statistics;

/// <summary>The estimate of a sample's mean for one estimand: the union of its pieces
/// (<c>docs/method.md</c>).</summary>
internal sealed class Estimator
{
    /// <summary>The smallest number of clusters that allows a statement about other clusters.</summary>
    public const int LeastClusters = 5;

    private const double Level = 0.05;

    private readonly Sample sample;
    private readonly StudentPiece[] student;
    private readonly IPiece[] pieces;

    /// <summary>Prepares the pieces of one sample.</summary>
    /// <exception cref="ArgumentException">Clusters are asked for, and there are fewer than
    /// <see cref="LeastClusters"/>.</exception>
    public Estimator(Sample sample, Estimand estimand)
    {
        if (estimand == Estimand.Clusters && sample.Clusters < LeastClusters)
        {
            throw new ArgumentException(
                $"{sample.Clusters} clusters; other clusters need {LeastClusters}",
                nameof(sample)
            );
        }

        this.sample = sample;
        StandardError[] errors =
            estimand == Estimand.Items
                ? [StandardErrors.Stratified(sample)]
                : [StandardErrors.Cr2(sample), StandardErrors.Items(sample)];
        student = [.. errors.Select(e => new StudentPiece(sample.Mean, e))];
        pieces = Pieces(estimand);
    }

    /// <summary>What a sample says by default: of other clusters where there are at least <see cref="LeastClusters"/>,
    /// else of other items.</summary>
    public static Estimand Default(Sample sample) =>
        sample.Clusters >= LeastClusters ? Estimand.Clusters : Estimand.Items;

    /// <summary>How the interval at 95% came about.</summary>
    public IntervalMethod Method { get; private set; }

    /// <summary>Mean, interval and p.</summary>
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

    /// <summary>Two-sided p of a mean of <paramref name="limit"/>: the largest of the pieces', so p and interval never
    /// disagree.</summary>
    public double P(double limit) => sample.Items < 2 ? 1 : pieces.Max(p => p.P(limit));

    private IPiece[] Pieces(Estimand estimand)
    {
        if (sample.Flips is { Items: > 0 } flips)
        {
            IPiece[] all = [.. student, new BonettPrice(flips), new TangoScore(flips)];
            Method = new IntervalMethod(BasisOf(estimand), Moved(all));
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

    /// <summary>The piece whose standard error is reported: the first unless the other is wider.</summary>
    private StudentPiece Wider() =>
        student.Length > 1 && student[1].Half(Level) > student[0].Half(Level) * (1 + 1e-9) ? student[1] : student[0];

    private bool Moved(IPiece[] all)
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
