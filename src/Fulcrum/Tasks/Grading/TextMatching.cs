using System.Globalization;
using System.Text;
using Fulcrum.Tokenization;

namespace Fulcrum.Tasks.Grading;

/// <summary>Comparisons of texts that several graders share.</summary>
internal static class TextMatching
{
    /// <summary>Returns a text in lower case, letters and digits only, words separated by single spaces.</summary>
    public static string Words(string text)
    {
        StringBuilder words = new(text.Length);
        foreach (char c in Compatible(text).ToLowerInvariant())
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

    /// <summary>Returns the last number of a text, by the pattern of <see cref="NumberGrader"/>; null: there is
    /// none.</summary>
    public static double? LastNumber(string text) =>
        NumberGrader.Last(text) is { } number
            ? double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture)
            : null;

    /// <summary>Tells whether two numbers are equal within a relative tolerance.</summary>
    public static bool Equal(double a, double b, double tolerance) =>
        Math.Abs(a - b) <= tolerance * Math.Max(Math.Abs(a), Math.Abs(b));

    private static string Compatible(string text) => NormalForm.Of(text, NormalizationForm.FormKC);
}
