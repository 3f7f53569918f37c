using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>Comparisons of short answers by SQuAD's normalisation (Rajpurkar et al., arXiv:1606.05250).</summary>
/// <remarks>
/// Normalised: lower case, the 32 ASCII punctuation marks deleted, the words a, an and the removed, split at white
/// space.
/// </remarks>
internal static partial class Squad
{
    /// <summary>Returns the words of a text as SQuAD compares them.</summary>
    public static string[] Words(string text)
    {
        StringBuilder kept = new(text.Length);
        foreach (char c in PythonText.Lower(text))
        {
            if (!PythonText.Punctuation.Contains(c))
            {
                kept.Append(c);
            }
        }

        return PythonText.Split(Article().Replace(kept.ToString(), " "));
    }

    /// <summary>Returns the normalised text: its words, joined by single spaces.</summary>
    public static string Normalised(string text) => string.Join(' ', Words(text));

    /// <summary>Grades by the words that reply and target have in common: scores <c>f1</c> and
    /// <c>exact_match</c>.</summary>
    /// <remarks>F1 is twice the number of common words, counted with multiplicity, over the sum of both
    /// lengths.</remarks>
    /// <param name="targets">Right answers; each score is the best over them.</param>
    public static ReplyGrade F1(string reply, IReadOnlyList<string> targets)
    {
        string[] words = Words(reply);
        string[][] wanted = [.. targets.Select(Words)];
        double f1 = wanted.Max(w => Overlap(words, w));
        double exact = wanted.Any(w => w.SequenceEqual(words, StringComparer.Ordinal)) ? 1 : 0;
        return new(
            f1,
            string.Join(' ', words),
            ReplyGrade.VerdictOf(f1),
            ReplyGrade.Named(("f1", f1), ("exact_match", exact)),
            "squad-f1"
        );
    }

    /// <summary>Grades against accepted answers: scores <c>exact</c> (equal normalised) and <c>contains</c> (the
    /// target's words stand in a row in the reply's).</summary>
    /// <param name="targets">Accepted answers; each score is the best over them.</param>
    public static ReplyGrade Accepted(string reply, IReadOnlyList<string> targets)
    {
        string[] words = Words(reply);
        string[][] wanted = [.. targets.Select(Words)];
        bool exact = wanted.Any(w => w.SequenceEqual(words, StringComparer.Ordinal));
        bool contains = wanted.Any(w => Contains(words, w));
        return new(
            ReplyGrade.Number(exact),
            string.Join(' ', words),
            ReplyGrade.VerdictOf(ReplyGrade.Number(exact)),
            ReplyGrade.Named(("exact", ReplyGrade.Number(exact)), ("contains", ReplyGrade.Number(contains))),
            "squad-accepted"
        );
    }

    private static double Overlap(string[] a, string[] b)
    {
        if (a.Length == 0 || b.Length == 0)
        {
            return a.Length == b.Length ? 1 : 0;
        }

        Dictionary<string, int> counts = a.CountBy(w => w, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        int common = 0;
        foreach (string word in b)
        {
            if (counts.GetValueOrDefault(word) is > 0 and int left)
            {
                counts[word] = left - 1;
                common++;
            }
        }

        return 2.0 * common / (a.Length + b.Length);
    }

    // The search of Knuth, Morris and Pratt 1977: a reply of one word a hundred thousand times takes linear time.
    private static bool Contains(string[] words, string[] run)
    {
        int[] shorter = new int[run.Length + 1]; // by matched words: how many of them a shorter match has
        for (int at = 1, same = 0; at < run.Length; at++)
        {
            same = Longer(run, shorter, same, run[at]);
            shorter[at + 1] = same;
        }

        int matched = 0;
        foreach (string word in run.Length == 0 ? [] : words)
        {
            matched = Longer(run, shorter, matched, word);
            if (matched == run.Length)
            {
                return true;
            }
        }

        return false;
    }

    // Returns how many words match after one more word.
    private static int Longer(string[] run, int[] shorter, int matched, string word)
    {
        while (matched > 0 && run[matched] != word)
        {
            matched = shorter[matched];
        }

        return run[matched] == word ? matched + 1 : 0;
    }

    [GeneratedRegex(@"(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Article();
}
