using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>How the final answer of a reply was recognised.</summary>
internal enum FinalAnswerRule
{
    /// <summary>Nothing announces an answer.</summary>
    None,

    /// <summary>Behind <c>####</c>.</summary>
    Marked,

    /// <summary>In <c>\boxed{}</c>.</summary>
    Boxed,

    /// <summary>In a tag such as <c>&lt;answer&gt;</c>.</summary>
    Tagged,

    /// <summary>Behind words such as "the answer is".</summary>
    Announced,
}

/// <summary>Finds the answer that a written reply states at its end.</summary>
/// <remarks>Thinking is removed first; the last statement counts, whatever its form.</remarks>
internal static partial class FinalAnswer
{
    /// <summary>Returns the stated answer, without marks around it; null where the reply announces none.</summary>
    public static (string? Answer, FinalAnswerRule Rule) In(string reply)
    {
        string text = Thinking.Removed(reply);
        Statement? last = null;
        foreach (Statement found in All(text))
        {
            last = last is null || found.At >= last.Value.At ? found : last;
        }

        return last is { } stated
            ? (Bare(text.Substring(stated.Start, stated.Length)), stated.Rule)
            : (null, FinalAnswerRule.None);
    }

    /// <summary>Returns the name of a rule as answers keep it.</summary>
    public static string NameOf(FinalAnswerRule rule) => RuleName.Of(rule);

    private readonly record struct Statement(int At, int Start, int Length, FinalAnswerRule Rule);

    private const string Open = @"\boxed{";
    private const int LongestOuterBox = 10_000;

    /// <summary>Returns the contents of every <c>\boxed{}</c> with their places; braces inside are balanced. Of boxes
    /// that are not closed only the last counts, with the rest of the text.</summary>
    /// <remarks>One pass over the text: a reply may open a box a hundred thousand times, also inside each other. Of a
    /// box with others inside only a short content is returned.</remarks>
    internal static IEnumerable<(int At, string Content)> BoxesIn(string text)
    {
        if (!text.Contains(Open, StringComparison.Ordinal))
        {
            yield break;
        }

        Stack<int> braces = [];
        int inner = -1; // where the last closed box began
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '{')
            {
                braces.Push(at);
            }
            else if (text[at] == '}' && braces.TryPop(out int open) && EndsWith(text, open, Open))
            {
                if (at - open <= LongestOuterBox || inner < open)
                {
                    yield return (open + 1 - Open.Length, text[(open + 1)..at]);
                }

                inner = open;
            }
        }

        if (braces.Where(b => EndsWith(text, b, Open)).Select(b => (int?)b).FirstOrDefault() is { } last)
        {
            yield return (last + 1 - Open.Length, text[(last + 1)..]);
        }
    }

    private static bool EndsWith(string text, int at, string end) =>
        at + 1 >= end.Length && string.CompareOrdinal(text, at + 1 - end.Length, end, 0, end.Length) == 0;

    // Places instead of texts: a line may announce an answer a hundred thousand times.
    private static IEnumerable<Statement> All(string text)
    {
        foreach (Match m in Marked().Matches(text))
        {
            yield return new(m.Index, m.Groups[1].Index, m.Groups[1].Length, FinalAnswerRule.Marked);
        }

        int lineEnd = -1;
        foreach (Match m in Announced().Matches(text))
        {
            int start = m.Index + m.Length;
            lineEnd =
                lineEnd >= start ? lineEnd
                : text.IndexOf('\n', start) is >= 0 and var end ? end
                : text.Length;
            yield return new(m.Index, start, lineEnd - start, FinalAnswerRule.Announced);
        }

        foreach (Match m in Tagged().Matches(text))
        {
            yield return new(m.Index, m.Groups[2].Index, m.Groups[2].Length, FinalAnswerRule.Tagged);
        }

        foreach ((int at, string content) in BoxesIn(text))
        {
            yield return new(at, at + Open.Length, content.Length, FinalAnswerRule.Boxed);
        }
    }

    private static string Bare(string answer)
    {
        string bare = Wrapper().Replace(answer, "$1").Trim().Trim('*', '_', '`', '$', '"', ' ', '\t');
        return bare.EndsWith('.') ? bare[..^1].TrimEnd('*', '_', '`', '$', '"', ' ') : bare;
    }

    // With groups the engine without backtracking takes gigabytes for a line of a million characters.
    [GeneratedRegex(@"####[ \t]*([^\n]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Marked();

    [GeneratedRegex(
        @"\banswer\b[*_]*\s*(?:is|was|=|:|→|->)[:*_\s]*(?=[^\n])",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex Announced();

    [GeneratedRegex(
        @"<(answer|final_answer|final|result)>\s*(.*?)\s*(?:</\1>|\z)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Singleline,
        1000
    )]
    private static partial Regex Tagged();

    [GeneratedRegex(@"\\(?:text|mathrm|mathbf|textbf|boxed)\{([^{}]*)\}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Wrapper();
}
