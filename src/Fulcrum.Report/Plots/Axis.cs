namespace Fulcrum.Report.Plots;

/// <summary>Maps values to places on a picture.</summary>
/// <param name="Low">The value at <paramref name="From"/>.</param>
/// <param name="High">The value at <paramref name="Until"/>.</param>
internal sealed record Axis(double Low, double High, double From, double Until)
{
    /// <summary>Returns the coordinate of a value.</summary>
    public double At(double value) => From + (Math.Clamp(value, Low, High) - Low) / (High - Low) * (Until - From);

    /// <summary>Round values between the bounds: multiples of 1, 2 or 5 times a power of ten.</summary>
    /// <param name="count">About how many.</param>
    public IReadOnlyList<double> Ticks(int count = 5)
    {
        double step = Step(High - Low, count);
        int first = (int)Math.Ceiling(Low / step - 1e-9),
            last = (int)Math.Floor(High / step + 1e-9);
        return [.. Enumerable.Range(first, Math.Max(0, last - first + 1)).Select(i => i * step)];
    }

    /// <summary>An axis whose bounds are round and hold every value.</summary>
    public static Axis Around(IEnumerable<double> values, double from, double until, double least = 1e-3)
    {
        double[] all = [.. values.Where(double.IsFinite)];
        double low = all.DefaultIfEmpty(0).Min(),
            high = all.DefaultIfEmpty(1).Max(),
            step = Step(Math.Max(high - low, least), 5);
        low = Math.Floor(low / step + 1e-9) * step;
        high = Math.Ceiling(high / step - 1e-9) * step;
        return new Axis(low, high > low ? high : low + step, from, until);
    }

    private static double Step(double range, int count)
    {
        double rough = range / count,
            power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power
            * (
                (rough / power) switch
                {
                    <= 1 => 1,
                    <= 2 => 2,
                    <= 5 => 5,
                    _ => 10,
                }
            );
    }
}
