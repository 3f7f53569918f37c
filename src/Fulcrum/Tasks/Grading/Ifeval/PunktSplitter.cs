using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>Splits English text into sentences (Kiss and Strunk 2006, "Unsupervised multilingual sentence boundary
/// detection", Computational Linguistics 32:4), with the parameters that the Natural Language Toolkit
/// distributes.</summary>
internal static partial class PunktSplitter
{
    // How a word was seen written: flags of the parameters' third column.
    private const int MidUpper = 4,
        AnyUpper = 2 | 4 | 8,
        BeginLower = 16,
        AnyLower = 16 | 32 | 64;

    private static readonly Lazy<PunktParameters> Loaded = new(PunktParameters.Load);

    /// <summary>Returns the sentences of a text.</summary>
    public static IReadOnlyList<string> Sentences(string text)
    {
        List<(int Start, int End)> pieces = Pieces(text);
        List<string> sentences = [];
        int moved = 0;
        for (int i = 0; i < pieces.Count; i++)
        {
            int start = pieces[i].Start + moved,
                end = pieces[i].End;
            moved = 0;
            if (i + 1 < pieces.Count)
            {
                // Closing marks that open the next piece belong to this one.
                (int next, int nextEnd) = pieces[i + 1];
                if (Closing().Match(text[next..nextEnd]) is { Success: true } marks)
                {
                    end = next + marks.Value.TrimEnd().Length;
                    moved = marks.Length;
                }
            }

            if (start < end)
            {
                sentences.Add(text[start..end]);
            }
        }

        return sentences;
    }

    private static List<(int Start, int End)> Pieces(string text)
    {
        List<(int, int)> pieces = [];
        int start = 0;
        foreach ((Match mark, string context) in Candidates(text))
        {
            if (HoldsBreak(context))
            {
                pieces.Add((start, mark.Index + 1));
                start = mark.Groups["next"] is { Success: true } next ? next.Index : mark.Index + 1;
            }
        }

        int end = text.Length;
        while (end > 0 && PythonText.IsSpace(text[end - 1]))
        {
            end--;
        }

        pieces.Add((start, Math.Max(start, end)));
        return pieces;
    }

    // Of several marks in one run without white space only the last is a candidate.
    private static IEnumerable<(Match Mark, string Context)> Candidates(string text)
    {
        Match? previous = null;
        int start = 0,
            stop = 0;
        foreach (Match mark in Mark().Matches(text))
        {
            int space = LastSpace(text, stop, mark.Index);
            int word = space > stop ? space + 1 : start;
            if (previous is not null && stop <= word)
            {
                yield return (previous, text[start..stop] + previous.Value + previous.Groups["after"].Value);
            }

            (previous, start, stop) = (mark, word, mark.Index);
        }

        if (previous is not null)
        {
            yield return (previous, text[start..stop] + previous.Value + previous.Groups["after"].Value);
        }
    }

    private static int LastSpace(string text, int from, int to)
    {
        for (int i = to - 1; i >= from; i--)
        {
            if (text[i] is ' ' or '\t' or '\n' or '\r' or '\v' or '\f')
            {
                return i;
            }
        }

        return from;
    }

    // The last token never ends a sentence by itself.
    private static bool HoldsBreak(string context)
    {
        List<PunktToken> tokens = [.. Tokens(context).Select(t => PunktToken.Of(t, Loaded.Value))];
        for (int i = 0; i + 1 < tokens.Count; i++)
        {
            Revise(tokens[i], tokens[i + 1]);
        }

        return tokens.SkipLast(1).Any(t => t.Ends);
    }

    private static IEnumerable<string> Tokens(string context) =>
        context.Split('\n').Where(l => !PythonText.IsBlank(l)).SelectMany(l => Token().Matches(l).Select(m => m.Value));

    private static void Revise(PunktToken token, PunktToken next)
    {
        if (!token.Text.EndsWith('.'))
        {
            return;
        }

        PunktParameters known = Loaded.Value;
        string type = token.TypeWithoutStop,
            nextType = next.Ends ? next.TypeWithoutStop : next.Type;
        if (known.Collocations.Contains((type, nextType)))
        {
            (token.Ends, token.Abbreviated) = (false, true);
            return;
        }

        bool? starts = StartsSentence(next, nextType, known);
        if ((token.Abbreviated || token.Ellipsis) && !token.Initial)
        {
            bool starter = IsCapital(next.Text) && known.Starters.Contains(nextType);
            if (starts == true || starter)
            {
                token.Ends = true;
                return;
            }
        }

        if (token.Initial || type == PunktToken.Number)
        {
            bool neverLower = (known.Seen.GetValueOrDefault(nextType) & AnyLower) == 0;
            bool name = starts is null && token.Initial && IsCapital(next.Text) && neverLower;
            if (starts == false || name)
            {
                (token.Ends, token.Abbreviated) = (false, true);
            }
        }
    }

    // True: surely a sentence start; false: surely none; null: undecided.
    private static bool? StartsSentence(PunktToken token, string type, PunktParameters known)
    {
        if (token.Text is ";" or ":" or "," or "." or "!" or "?")
        {
            return false;
        }

        int seen = known.Seen.GetValueOrDefault(type);
        return IsCapital(token.Text) && (seen & AnyLower) != 0 && (seen & MidUpper) == 0 ? true
            : IsSmall(token.Text) && ((seen & AnyUpper) != 0 || (seen & BeginLower) == 0) ? false
            : null;
    }

    private static bool IsCapital(string token) => PythonText.IsUpper(Rune.GetRuneAt(token, 0));

    private static bool IsSmall(string token) => PythonText.IsLower(Rune.GetRuneAt(token, 0));

    private const string Other = @"[)"";}\]*:@'({\[!?]";
    private const string Several = @"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)";

    [GeneratedRegex(@"[.?!](?=(?<after>" + Other + @"|\s+(?<next>\S+)))", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Mark();

    [GeneratedRegex(
        Several
            + @"|(?=[^(""`{\[:;&#*@)}\]\-,])\S+?(?=\s|$|"
            + Other
            + "|"
            + Several
            + @"|,(?=$|\s|"
            + Other
            + "|"
            + Several
            + @"))|\S",
        RegexOptions.CultureInvariant,
        2000
    )]
    private static partial Regex Token();

    [GeneratedRegex(@"\A[""')\]}]+?(?:\s+|(?=--)|$)", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1000)]
    private static partial Regex Closing();
}
