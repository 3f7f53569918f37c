using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Writing;

/// <summary>Whether a written answer is the right one, as far as texts can tell.</summary>
public static partial class TextMatching
{
    private static readonly HashSet<string> Articles = ["a", "an", "the"];

    /// <summary>Lower case, no punctuation, no articles, single spaces (as SQuAD's evaluation does it: Rajpurkar et
    /// al., arXiv:1606.05250).</summary>
    public static string Normalised(string text) =>
        string.Join(' ', Words(text).Split(' ').Where(w => !Articles.Contains(w)));

    /// <summary>Lower case, letters and digits only, single spaces.</summary>
    public static string Words(string text)
    {
        StringBuilder words = new(text.Length);
        foreach (char c in text.Normalize(NormalizationForm.FormKC).ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(c))
            {
                words.Append(c);
            }
            else if (words.Length > 0 && words[^1] != ' ' && c is not ('\'' or '’'))
            {
                words.Append(' ');
            }
        }

        return words.ToString().TrimEnd();
    }

    /// <summary>The last number in a text; commas between groups of three digits do not count. Null: there is
    /// none.</summary>
    public static double? LastNumber(string text) =>
        Number().Matches(text) is { Count: > 0 } numbers
        && double.TryParse(
            numbers[^1].Value.Replace(",", "", StringComparison.Ordinal),
            NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out double value
        )
            ? value
            : null;

    /// <summary>Whether two numbers are equal within a relative tolerance.</summary>
    public static bool Equal(double a, double b, double tolerance) =>
        Math.Abs(a - b) <= tolerance * Math.Max(Math.Abs(a), Math.Abs(b));

    [GeneratedRegex(@"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Number();
}
