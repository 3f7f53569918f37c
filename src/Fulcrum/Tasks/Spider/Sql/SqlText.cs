using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>Prepares the text of a query as the official evaluation does before it runs the query (test-suite-sql-eval,
/// described in docs/method.md).</summary>
internal static partial class SqlText
{
    /// <summary>Returns the prepared text; null for an empty text, which the official code cannot handle.</summary>
    public static string? Prepare(string sql)
    {
        sql = sql.Replace("> =", ">=", StringComparison.Ordinal)
            .Replace("< =", "<=", StringComparison.Ordinal)
            .Replace("! =", "!=", StringComparison.Ordinal);
        if (string.IsNullOrWhiteSpace(sql))
        {
            return null;
        }

        string first = string.Concat(
            FirstStatement(sql).Where(t => !t.Equals("distinct", StringComparison.OrdinalIgnoreCase))
        );
        return Year().Replace(first, "2020");
    }

    /// <summary>Returns whether the order of rows matters: the prepared gold query contains "order by"
    /// anywhere.</summary>
    public static bool IsOrdered(string gold) => gold.ToLowerInvariant().Contains("order by", StringComparison.Ordinal);

    /// <summary>Splits a text into strings, quoted names, comments, words and single characters.</summary>
    public static IEnumerable<string> Tokens(string sql)
    {
        int at = 0,
            lastClose = sql.LastIndexOf("*/", StringComparison.Ordinal);
        while (at < sql.Length)
        {
            if (sql[at] == '/' && at + 2 > lastClose)
            {
                // An unclosed comment is searched for once, not once for each beginning.
                yield return sql.Substring(at++, 1);
                continue;
            }

            Match match = Token().Match(sql, at);
            int length = match.Success && match.Index == at && match.Length > 0 ? match.Length : 1;
            yield return sql.Substring(at, length);
            at += length;
        }
    }

    /// <summary>Returns whether a token is white space or a comment.</summary>
    public static bool IsBlank(string token) =>
        string.IsNullOrWhiteSpace(token)
        || token.StartsWith("--", StringComparison.Ordinal)
        || token.StartsWith("/*", StringComparison.Ordinal);

    private static IEnumerable<string> FirstStatement(string sql)
    {
        int level = 0;
        foreach (string token in Tokens(sql))
        {
            level +=
                token == "(" ? 1
                : token == ")" ? -1
                : 0;
            yield return token;
            if (token == ";" && level <= 0)
            {
                yield break;
            }
        }
    }

    [GeneratedRegex(
        @"\G(?:--[^\r\n]*(?:\r\n|\r|\n|$)|\# [^\r\n]*(?:\r\n|\r|\n|$)|/\*[\s\S]*?\*/"
            + @"|'(?:''|\\'|[^'])*'|""(?:""""|\\""|[^""])*""|`(?:``|[^`])*`|\[[^\]\[]+\]|\s+|[\w$]+)",
        RegexOptions.None,
        5000
    )]
    private static partial Regex Token();

    [GeneratedRegex(@"YEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)\s*", RegexOptions.IgnoreCase, 5000)]
    private static partial Regex Year();
}
