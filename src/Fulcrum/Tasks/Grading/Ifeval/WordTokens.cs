using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>Splits English sentences into words and marks by the conventions of the Penn Treebank, in the order of the
/// Natural Language Toolkit's splitter.</summary>
internal static partial class WordTokens
{
    /// <summary>Returns the tokens of a text, sentence by sentence.</summary>
    public static IReadOnlyList<string> Of(string text) => [.. PunktSplitter.Sentences(text).SelectMany(InSentence)];

    private static string[] InSentence(string sentence)
    {
        string text = Contractions(Endings(Marks(OpeningQuotes(sentence))));
        return PythonText.Split(text);
    }

    private static string OpeningQuotes(string text)
    {
        text = CurlyOpening().Replace(text, " $& ");
        text = FirstQuote().Replace(text, "``");
        text = text.Replace("``", " `` ", StringComparison.Ordinal);
        text = QuoteBehindSpace().Replace(text, "$1 `` ");
        return QuoteBeforeWord().Replace(text, "$1 $2");
    }

    private static string Marks(string text)
    {
        text = CurlyClosing().Replace(text, " $& ");
        text = FinalStop().Replace(text, "$1 $2 $3 ");
        text = ColonBeforeOther().Replace(text, " $1 $2");
        text = ColonAtEnd().Replace(text, " $1 ");
        text = Stops().Replace(text, " $& ");
        text = Symbols().Replace(text, " $& ");
        text = FinalStop().Replace(text, "$1 $2 $3 ");
        text = QuoteBeforeSpace().Replace(text, "$1 ' ");
        text = Brackets().Replace(text, " $& ");
        return Dashes().Replace(text, " $& ");
    }

    private static string Endings(string text)
    {
        text = ClosingQuotes().Replace($" {text} ", " '' ");
        text = Spaces().Replace(text, " ");
        text = ShortEnding().Replace(text, "$1 $2 ");
        return LongEnding().Replace(text, "$1 $2 ");
    }

    private static string Contractions(string text)
    {
        text = TwoWords().Replace(text, " $1 $2 ");
        return Tis().Replace(text, " $1 $2 ");
    }

    [GeneratedRegex("[«“‘„]|`+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CurlyOpening();

    [GeneratedRegex("^\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FirstQuote();

    [GeneratedRegex("([ ([{<])(\"|'{2})", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex QuoteBehindSpace();

    [GeneratedRegex(
        @"(')(?!re|ve|ll|m|t|s|d|n)([\p{L}\p{N}_])(?![\p{L}\p{N}_])",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex QuoteBeforeWord();

    [GeneratedRegex("[»”’]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CurlyClosing();

    [GeneratedRegex(@"([^.])(\.)([\])}>""'»”’ ]*)\s*$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FinalStop();

    [GeneratedRegex(@"([:,])(\D)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ColonBeforeOther();

    [GeneratedRegex("([:,])$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ColonAtEnd();

    [GeneratedRegex(@"\.{2,}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Stops();

    [GeneratedRegex("[;@#$%&?!*]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Symbols();

    [GeneratedRegex("([^'])' ", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex QuoteBeforeSpace();

    [GeneratedRegex(@"[\][(){}<>]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Brackets();

    [GeneratedRegex("--|[\u2012-\u2015]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Dashes();

    [GeneratedRegex("''|\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ClosingQuotes();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Spaces();

    [GeneratedRegex("([^' ])('[sS]|'[mM]|'[dD]|') ", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ShortEnding();

    [GeneratedRegex("([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex LongEnding();

    [GeneratedRegex(
        @"\b(?:(?<1>can)(?<2>not)|(?<1>d)(?<2>'ye)|(?<1>gim)(?<2>me)|(?<1>gon)(?<2>na)|(?<1>got)(?<2>ta)"
            + @"|(?<1>lem)(?<2>me)|(?<1>more)(?<2>'n))\b|\b(?<1>wan)(?<2>na)(?=\s)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex TwoWords();

    [GeneratedRegex(@" ('t)(is|was)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Tis();
}
