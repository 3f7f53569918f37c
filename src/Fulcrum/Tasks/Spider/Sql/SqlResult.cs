using System.Globalization;
using System.Text;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>What a query gave: rows of null, long, double, string and byte[]; or why it gave nothing.</summary>
/// <param name="Verdict">Null when the query ran.</param>
internal sealed record SqlResult(IReadOnlyList<object?[]> Rows, string? Verdict = null, string? Reason = null)
{
    /// <summary>A text that is equal for two values exactly when Python's == is: 3 and 3.0 are, 1 and '1' are
    /// not.</summary>
    public static string Key(object? value) =>
        value switch
        {
            null => "N",
            long whole => $"I{whole}",
            double real when real == Math.Floor(real) && Math.Abs(real) < 9.2e18 => $"I{(long)real}",
            double real => "R" + real.ToString("R", CultureInfo.InvariantCulture),
            byte[] bytes => "B" + Convert.ToHexString(bytes),
            string text => "S" + text,
            _ => throw new ArgumentOutOfRangeException(nameof(value)),
        };

    /// <summary>The keys of a row as one text.</summary>
    public static string Key(IEnumerable<object?> row)
    {
        StringBuilder key = new();
        foreach (object? value in row)
        {
            string one = Key(value);
            key.Append(one.Length).Append(':').Append(one);
        }

        return key.ToString();
    }
}
