using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Choice;

/// <summary>A reply without marks around words, and the options that it may choose.</summary>
internal sealed partial class ChoiceText(string value, IReadOnlyList<string> options)
{
    private const int Before = 24;

    // A reply may have thousands of statements, and an option of an untrusted file a million characters.
    private readonly Lazy<string[]> words = new(() => [.. options.Select(TextMatching.Words)]);

    /// <summary>The reply without marks.</summary>
    public string Value { get; } = value;

    /// <summary>Removes marks of Markdown, TeX and HTML that stand around words, and writes full-width letters as plain
    /// ones.</summary>
    public static string Plain(string reply)
    {
        StringBuilder plain = new(reply.Length);
        foreach (char c in reply)
        {
            if (c is not ('*' or '`' or '$' or '\r'))
            {
                plain.Append(c is >= '\uff01' and <= '\uff5e' ? (char)(c - 0xfee0) : c);
            }
        }

        string text = Wrapper().Replace(plain.ToString(), "$1");
        return Decoration().Replace(text, "");
    }

    /// <summary>Returns the place of an option by its letter; null: no option has it.</summary>
    public int? PlaceOf(char letter) =>
        char.ToUpperInvariant(letter) - 'A' is var place && place >= 0 && place < options.Count ? place : null;

    /// <summary>Reads the letter at a place as a statement; null: it is a word, is denied or asked, or no option has
    /// it.</summary>
    public ChoiceStatement? Read(Group letter)
    {
        if (PlaceOf(letter.ValueSpan[0]) is not { } place)
        {
            return null;
        }

        string after = Value[(letter.Index + 1)..Math.Min(Value.Length, letter.Index + 200)];
        if (ChoicePatterns.Denied().IsMatch(after))
        {
            return null;
        }

        bool namesAnother =
            ChoicePatterns.Another().Match(after) is { Success: true } match
            && PlaceOf(match.Groups["other"].ValueSpan[0]) is { } other
            && other != place;
        if (namesAnother)
        {
            return new ChoiceStatement(letter.Index, null, ChoiceRule.Ambiguous);
        }

        return IsLetter(letter.ValueSpan[0], place, after)
            ? new ChoiceStatement(letter.Index, place, ChoiceRule.Announced)
            : null;
    }

    /// <summary>Tells whether a statement that begins at a place is denied: "not", "the wrong".</summary>
    public bool IsNegated(int at) => ChoicePatterns.Negation().IsMatch(Value[Math.Max(0, at - Before)..at]);

    /// <summary>Returns the option that a content is, by its letter, its text or both.</summary>
    public int? Whole(string content)
    {
        if (
            ChoicePatterns.WholeLetter().Match(content) is { Success: true } m
            && PlaceOf(m.Groups["letter"].ValueSpan[0]) is { } place
        )
        {
            string afterLetter = TextMatching.Words(m.Groups["rest"].Value);
            if (afterLetter.Length == 0 || afterLetter == words.Value[place])
            {
                return place;
            }
        }

        string written = TextMatching.Words(content);
        return written.Length == 0 ? null : Only(i => words.Value[i] == written);
    }

    /// <summary>Returns the longest option whose words a text begins with, with an article before them or
    /// not.</summary>
    public int? BeginningWith(string text)
    {
        string written = TextMatching.Words(text) + " ";
        string withoutArticle = ChoicePatterns.Article().Replace(written, "");
        int[] found =
        [
            .. Places.Where(i =>
                words.Value[i] is { Length: > 0 } option && (Begins(written, option) || Begins(withoutArticle, option))
            ),
        ];
        int longest = found.Select(i => options[i].Length).DefaultIfEmpty(0).Max();
        return found.Where(i => options[i].Length == longest).ToArray() is [int only] ? only : null;
    }

    /// <summary>Returns the only option whose words occur; one inside another that occurs does not count, nor one that
    /// is denied.</summary>
    public int? Named()
    {
        string written = $" {TextMatching.Words(Value)} ";
        string[] all = words.Value;
        bool Occurs(int i) =>
            all[i].Length > 0
            && written
                .Replace($" not {all[i]} ", " ", StringComparison.Ordinal)
                .Contains($" {all[i]} ", StringComparison.Ordinal);
        int[] named = [.. Places.Where(Occurs)];
        bool Inside(int i) =>
            named.Any(j =>
                j != i
                && all[j].Length > all[i].Length
                && $" {all[j]} ".Contains($" {all[i]} ", StringComparison.Ordinal)
            );
        return named.Where(i => !Inside(i)).ToArray() is [int only] ? only : null;
    }

    private IEnumerable<int> Places => Enumerable.Range(0, options.Count);

    private static bool Begins(string words, string option) =>
        words.Length > option.Length
        && words[option.Length] == ' '
        && words.StartsWith(option, StringComparison.Ordinal);

    private int? Only(Func<int, bool> fits) => Places.Where(fits).ToArray() is [int only] ? only : null;

    // A small letter, and some capitals such as A and I, may be words. They are letters of options if an end, a mark, a
    // reason or the option's text follows.
    private bool IsLetter(char letter, int place, string after)
    {
        bool mayBeWord = char.IsLower(letter) || letter is 'A' or 'I' or 'E' or 'O';
        if (!mayBeWord || ChoicePatterns.LetterEnd().IsMatch(after))
        {
            return true;
        }

        string option = words.Value[place];
        return option.Length > 0 && Begins(TextMatching.Words(after) + " ", option);
    }

    [GeneratedRegex(@"\\(?:text|textbf|mathrm|mathbf|textit|rm)\s*\{([^{}]*)\}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Wrapper();

    [GeneratedRegex(
        @"\\[()\[\]]|(?<![\p{L}\p{N}_])_+(?=[\p{L}\p{N}(])|(?<=[\p{L}\p{N}).:])_+(?![\p{L}\p{N}_])|</?(?:b|i|u"
            + @"|strong|em|code|p|span|br)\s*/?>",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex Decoration();
}
