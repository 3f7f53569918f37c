using System.Globalization;
using System.Text;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>What a query gave: rows of null, long, double, string and byte[]; or why it gave nothing.</summary>
/// <param name="Verdict">Null when the query ran.</param>
internal sealed record SqlResult(IReadOnlyList<object?[]> Rows, string? Verdict = null, string? Reason = null)
{
    /// <summary>Bytes of memory that the rows take, about.</summary>
    public long Held { get; init; }

    /// <summary>Whether the rows are the same, value for value, type for type and in the same order: equal under every
    /// semantics.</summary>
    public bool IsSameAs(SqlResult other) =>
        Rows.Count == other.Rows.Count && Rows.Zip(other.Rows).All(pair => pair.First.SequenceEqual(pair.Second, Same));

    private static readonly EqualityComparer<object?> Same = EqualityComparer<object?>.Create(
        (a, b) => a is byte[] x && b is byte[] y ? x.AsSpan().SequenceEqual(y) : Equals(a, b),
        value => value?.GetHashCode() ?? 0
    );

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
