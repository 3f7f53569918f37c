using System.Globalization;

namespace Fulcrum;

/// <summary>Durations as people read them: one form for the console, the report and every message.</summary>
internal static class Durations
{
    /// <summary>Returns a duration in its two largest units that are not 0: <c>4.2 s</c>, <c>38 s</c>,
    /// <c>5 min 12 s</c>, <c>2 h 5 min</c>, <c>3 d</c>.</summary>
    /// <param name="numbers">The decimal mark; null: a point.</param>
    public static string Text(double seconds, IFormatProvider? numbers = null) =>
        seconds switch
        {
            < 9.95 => $"{Math.Max(0, seconds).ToString("0.0", numbers ?? CultureInfo.InvariantCulture)} s",
            < 59.5 => $"{Math.Round(seconds)} s",
            < 3599.5 => Text(seconds, 60, "min", "s"),
            < 86_370 => Text(seconds / 60, 60, "h", "min"),
            _ => Text(seconds / 3600, 24, "d", "h"),
        };

    /// <summary>Returns the same of a time span.</summary>
    public static string Text(TimeSpan time) => Text(time.TotalSeconds);

    private static string Text(double small, int each, string largeUnit, string smallUnit)
    {
        long all = (long)Math.Round(small);
        return all % each == 0 ? $"{all / each} {largeUnit}" : $"{all / each} {largeUnit} {all % each} {smallUnit}";
    }
}
