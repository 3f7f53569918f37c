using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>ROUGE-L, sentence level (Lin 2004, "ROUGE: a package for automatic evaluation of summaries", section
/// 3.1).</summary>
/// <remarks>
/// Words are runs of ASCII letters and digits in lower case. With L the length of the longest common subsequence of m
/// and n words, F = 2 L / (m + n); 0 if either side is empty.
/// </remarks>
internal static partial class RougeL
{
    /// <summary>Words per side that are compared; more makes the item unscored. Several targets together may have so
    /// many comparisons as two sides of this length.</summary>
    public const int LongestWords = 20_000;

    /// <summary>Grades a reply: scores <c>rouge_l</c> and <c>rouge_l_stemmed</c> (words longer than three letters by
    /// <see cref="PorterStemmer"/>).</summary>
    /// <param name="targets">Right answers; each score is the best over them.</param>
    public static ReplyGrade Grade(string reply, IReadOnlyList<string> targets)
    {
        string[] words = Words(reply);
        string[][] wanted = [.. targets.Select(Words)];
        if (
            Math.Max(words.Length, wanted.Max(w => w.Length)) > LongestWords
            || wanted.Sum(w => (long)w.Length * words.Length) > (long)LongestWords * LongestWords
        )
        {
            string reason = $"reply or target has more than {LongestWords} words, or there are too many targets";
            return new(
                null,
                "",
                "unscored",
                ReplyGrade.Named(("rouge_l", null), ("rouge_l_stemmed", null)),
                "rouge-l",
                reason
            );
        }

        double plain = wanted.Max(w => F(words, w));
        string[] stems = Stems(words);
        double stemmed = wanted.Max(w => F(stems, Stems(w)));
        return new(
            plain,
            string.Join(' ', words),
            ReplyGrade.VerdictOf(plain),
            ReplyGrade.Named(("rouge_l", plain), ("rouge_l_stemmed", stemmed)),
            "rouge-l"
        );
    }

    private static string[] Words(string text) => [.. Word().Matches(PythonText.Lower(text)).Select(m => m.Value)];

    private static string[] Stems(string[] words) => [.. words.Select(w => w.Length > 3 ? PorterStemmer.Stem(w) : w)];

    private static double F(string[] a, string[] b) =>
        a.Length == 0 || b.Length == 0 ? 0 : 2.0 * LongestCommon(a, b) / (a.Length + b.Length);

    private static int LongestCommon(string[] a, string[] b)
    {
        int[] last = new int[b.Length + 1];
        foreach (string word in a)
        {
            int diagonal = 0;
            for (int j = 0; j < b.Length; j++)
            {
                int above = last[j + 1];
                last[j + 1] = word == b[j] ? diagonal + 1 : Math.Max(above, last[j]);
                diagonal = above;
            }
        }

        return last[^1];
    }

    [GeneratedRegex("[a-z0-9]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
