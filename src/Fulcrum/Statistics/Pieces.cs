namespace Fulcrum.Statistics;

/// <summary>One of the intervals whose union <see cref="Estimator"/> reports, with its test.</summary>
internal interface IPiece
{
    /// <summary>The interval at a two-sided level.</summary>
    (double Low, double High) Interval(double alpha);

    /// <summary>Two-sided p of a mean of <paramref name="limit"/>: below alpha exactly where the interval at that level
    /// excludes the limit.</summary>
    double P(double limit);
}

/// <summary>Student's t around the mean.</summary>
internal sealed record StudentPiece(double Mean, StandardError Of) : IPiece
{
    /// <inheritdoc/>
    public (double Low, double High) Interval(double alpha) => (Mean - Half(alpha), Mean + Half(alpha));

    /// <summary>Half of the interval's width. It is infinite for a single item, which has no variance.</summary>
    public double Half(double alpha) =>
        Of.Degrees <= 0 ? double.PositiveInfinity
        : Of.Error == 0 ? 0
        : Of.Error * Student.Quantile(alpha / 2, Of.Degrees);

    /// <inheritdoc/>
    public double P(double limit)
    {
        double distance = Math.Abs(Mean - limit);
        return distance < 1e-15 || Of.Degrees <= 0
            ? 1
            : Math.Min(
                1,
                2 * Student.UpperTail(Of.Error == 0 ? double.PositiveInfinity : distance / Of.Error, Of.Degrees)
            );
    }
}

/// <summary>The interval of Bonett and Price (2012, J. Educ. Behav. Stat. 37:479): Wald's, with one
/// gained and one lost item added.</summary>
internal sealed record BonettPrice(Counts Counts) : IPiece
{
    private double Gained => (Counts.Gained + 1.0) / (Counts.Items + 2);

    private double Lost => (Counts.Lost + 1.0) / (Counts.Items + 2);

    private double Centre => (Counts.Gained - Counts.Lost) / (Counts.Items + 2);

    private double Root => Math.Sqrt((Gained + Lost - Centre * Centre) / (Counts.Items + 2));

    /// <inheritdoc/>
    public (double Low, double High) Interval(double alpha)
    {
        double half = Student.NormalQuantile(alpha / 2) * Root;
        return (Centre - half, Centre + half);
    }

    /// <inheritdoc/>
    public double P(double limit) => Student.NormalTwoSided((Centre - limit) / Root);
}

/// <summary>The score interval of a paired difference (Tango 1998, Stat. Med. 17:891).</summary>
internal sealed record TangoScore(Counts Counts) : IPiece
{
    // An interval of length 2 is then shorter than the resolution of a double.
    private const int Halvings = 60;

    private double Difference => (Counts.Gained - Counts.Lost) / Counts.Items;

    /// <inheritdoc/>
    public (double Low, double High) Interval(double alpha)
    {
        double z = Student.NormalQuantile(alpha / 2);
        return (
            Counts.Lost == Counts.Items ? -1 : Bound(-1, Difference, z),
            Counts.Gained == Counts.Items ? 1 : Bound(Difference, 1, -z)
        );
    }

    /// <inheritdoc/>
    public double P(double limit) => Student.NormalTwoSided(Statistic(limit));

    /// <summary>Finds by bisection the limit at which the statistic, which falls as the limit rises, equals
    /// <paramref name="z"/>.</summary>
    private double Bound(double low, double high, double z)
    {
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Statistic(middle) > z ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    private double Statistic(double limit)
    {
        double n = Counts.Items,
            distance = Counts.Gained - Counts.Lost - n * limit;
        double a = 2 * n,
            b = -Counts.Gained - Counts.Lost + (2 * n - Counts.Gained + Counts.Lost) * limit;
        double c = -Counts.Lost * limit * (1 - limit);
        double q = (Math.Sqrt(Math.Max(0, b * b - 4 * a * c)) - b) / (2 * a),
            variance = n * (2 * q + limit * (1 - limit));
        return Math.Abs(distance) < 1e-12 ? 0
            : variance > 0 ? distance / Math.Sqrt(variance)
            : distance * double.PositiveInfinity;
    }
}

/// <summary>
/// The interval of a sample whose values are all equal. A sample of n items misses a share of up to 1 - (alpha /
/// 2)^(1/n) of differing items with probability alpha / 2 (Clopper and Pearson 1934, Biometrika 26:404). The bounds are
/// the means if this share of the items had the smallest or the largest possible value.
/// </summary>
internal sealed record NoVariance(double Mean, int Items, double Lowest, double Highest) : IPiece
{
    private bool Unbounded => double.IsInfinity(Highest);

    /// <inheritdoc/>
    public (double Low, double High) Interval(double alpha)
    {
        double missed = 1 - Math.Pow(alpha / 2, 1.0 / Items);
        return Unbounded ? (Mean, Mean) : (Mean - missed * (Mean - Lowest), Mean + missed * (Highest - Mean));
    }

    /// <inheritdoc/>
    public double P(double limit)
    {
        double distance = limit < Mean ? (Mean - limit) / (Mean - Lowest) : (limit - Mean) / (Highest - Mean);
        return Math.Abs(limit - Mean) < 1e-12 ? 1
            : Unbounded || distance >= 1 ? 0
            : Math.Min(1, 2 * Math.Pow(1 - distance, Items));
    }
}
