using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Sql;

/// <summary>Where in a reply the query was found.</summary>
internal enum SqlRule
{
    /// <summary>The reply holds no query.</summary>
    None,

    /// <summary>In a field of a JSON object.</summary>
    Json,

    /// <summary>In a tag such as <c>&lt;sql&gt;</c> or <c>[SQL]</c>.</summary>
    Tag,

    /// <summary>In a code fence.</summary>
    Fence,

    /// <summary>At the beginning of a line, or after a label or mark.</summary>
    Line,

    /// <summary>Inside a sentence.</summary>
    Sentence,

    /// <summary>Only in a comment.</summary>
    Comment,
}

/// <summary>Finds the query in what a model wrote.</summary>
/// <remarks>
/// <c>docs/method.md</c> holds the table of rules. Thinking is removed first. Every SELECT and WITH that may begin a
/// query is read to its end. The text that looks most like a query counts, then its place in the reply, then the
/// order: the first, unless a later one is announced as the final or corrected one.
/// </remarks>
internal static partial class SqlExtraction
{
    /// <summary>Changes with the rules; part of the protocol of text-to-SQL tasks.</summary>
    public const string Version = "2";

    /// <summary>Characters of a reply that are looked at.</summary>
    public const int LongestReply = 100_000;

    private const int MostCandidates = 200;

    /// <summary>Returns the query, without what closes or explains it; empty when there is none.</summary>
    public static string From(string reply) => Find(reply).Query;

    /// <summary>Returns the query and the rule by which it was found.</summary>
    public static (string Query, SqlRule Rule) Find(string reply)
    {
        string text = Thinking
            .Removed(reply.Length > LongestReply ? reply[..LongestReply] : reply)
            .ReplaceLineEndings("\n");
        SqlCandidate? best = null;
        foreach ((string region, SqlRule rule, bool announced) in SqlRegions.Of(text))
        {
            foreach (SqlCandidate candidate in Candidates(region, rule, announced))
            {
                best = best is null || candidate.IsBetterThan(best) ? candidate : best;
            }
        }

        return best is null ? ("", SqlRule.None) : (best.Query, best.Rule);
    }

    /// <summary>Returns the name of a rule as answers keep it.</summary>
    public static string NameOf(SqlRule rule) => RuleName.Of(rule);

    private static IEnumerable<SqlCandidate> Candidates(string text, SqlRule region, bool announced)
    {
        int previousEnd = 0,
            count = 0;
        foreach (int start in Start().Matches(text).Select(match => match.Index))
        {
            // A SELECT within a query that was read already is a part of it.
            if (start < previousEnd || ++count > MostCandidates)
            {
                continue;
            }

            SqlStatement query = SqlStatement.At(text, start, ClosingMarks(text, start));
            if (query.Shape == SqlShape.Prose)
            {
                continue;
            }

            previousEnd = query.End;
            SqlRule place = SqlRegions.PlaceOf(text, start);
            SqlRule rule = region is SqlRule.None || place == SqlRule.Comment ? place : region;
            bool isFinal = announced || SqlRegions.IsAnnounced(text, start);
            bool isInner = SqlRegions.IsInner(text, start);
            yield return new SqlCandidate(Tidy(text[start..query.End]), rule, query.Shape, place, isInner, isFinal);
        }
    }

    // The marks before a query, such as ** or a quote, as they close it.
    private static string ClosingMarks(string text, int start)
    {
        int at = start;
        while (at > 0 && text[at - 1] is '*' or '_' or '`' or '"' or '\'' or '“')
        {
            at--;
        }

        return text[at..start].Replace('“', '”');
    }

    // White space between tokens becomes one space, unless a line comment needs its line end.
    private static string Tidy(string query)
    {
        query = query.Trim().TrimEnd(',');
        StringBuilder tidy = new(query.Length);
        for (
            SqlToken token = SqlToken.At(query, 0);
            token.Kind != SqlTokenKind.End;
            token = SqlToken.At(query, token.End)
        )
        {
            if (token.Kind == SqlTokenKind.Comment && query[token.Start] == '-')
            {
                return query;
            }

            tidy.Append(token.Kind == SqlTokenKind.Space ? " " : token.In(query));
        }

        return tidy.ToString();
    }

    [GeneratedRegex(
        @"(?<![\p{L}\p{N}_.@#$/\\-])(?:SELECT(?=[\s*(""'`\[/])|WITH(?=[\s""`\[]))",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        2000
    )]
    private static partial Regex Start();
}
