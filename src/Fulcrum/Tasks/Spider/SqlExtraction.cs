using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Spider;

/// <summary>Finds the query in what a model wrote.</summary>
public static partial class SqlExtraction
{
    /// <summary>The query: inside a code fence where there is one, from the first SELECT or WITH that begins a line or
    /// follows a colon, to the first semicolon or blank line. Empty when there is none.</summary>
    public static string From(string output)
    {
        string text = Fence().Match(output) is { Success: true } fence ? fence.Groups[1].Value : output;
        Match start = Start().Match(text);
        if (!start.Success)
        {
            return "";
        }

        string query = text[start.Groups[1].Index..];
        int end = EndOf(query);
        return string.Join(
            ' ',
            query[..end].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { } words
            && !query[..end].Contains('\'')
            && !query[..end].Contains('"')
                ? words
                : [query[..end].Trim()]
        );
    }

    /// <summary>The place of the first semicolon outside quotes, or of a blank line.</summary>
    private static int EndOf(string query)
    {
        char quote = '\0';
        for (int i = 0; i < query.Length; i++)
        {
            char c = query[i];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '\'' or '"' or '`')
            {
                quote = c;
            }
            else if (c == ';' || (c == '\n' && i + 1 < query.Length && query[i + 1] is '\n' or '`'))
            {
                return i;
            }
        }

        return query.Length;
    }

    [GeneratedRegex(
        @"```(?:sql|sqlite)?[ \t]*\r?\n?(.*?)(?:```|\z)",
        RegexOptions.Singleline | RegexOptions.IgnoreCase,
        2000
    )]
    private static partial Regex Fence();

    [GeneratedRegex(@"(?:^|:)[ \t]*((?:SELECT|WITH)\b)", RegexOptions.Multiline | RegexOptions.IgnoreCase, 2000)]
    private static partial Regex Start();
}
