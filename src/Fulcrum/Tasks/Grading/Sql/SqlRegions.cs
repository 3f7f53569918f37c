using System.Text.Json;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Sql;

/// <summary>The parts of a reply that may contain queries, and the texts around queries.</summary>
internal static partial class SqlRegions
{
    private static readonly string[] Keys =
    [
        "sql",
        "query",
        "sqlquery",
        "sqlitequery",
        "finalsql",
        "finalquery",
        "finalanswer",
        "answer",
        "statement",
        "code",
        "result",
        "output",
        "response",
    ];

    /// <summary>Returns fields of JSON, tags and fences, then the whole text.</summary>
    public static IEnumerable<(string Text, SqlRule Rule, bool Announced)> Of(string text)
    {
        foreach (string value in JsonTexts(text))
        {
            yield return (value, SqlRule.Json, false);
        }

        foreach (Match tag in Tag().Matches(text))
        {
            yield return (tag.Groups["inside"].Value, SqlRule.Tag, false);
        }

        foreach (Match fence in Fence().Matches(text))
        {
            yield return (fence.Groups["inside"].Value, SqlRule.Fence, IsAnnounced(text, fence.Index));
        }

        yield return (text, SqlRule.None, false);
    }

    /// <summary>Tells where in a text a query begins: on a line of its own or behind a label, in a sentence, in a
    /// comment.</summary>
    public static SqlRule PlaceOf(string text, int start)
    {
        string prefix = text[(text.LastIndexOf('\n', Math.Max(0, start - 1), Math.Max(0, start)) + 1)..start];
        bool block =
            text.LastIndexOf("/*", start, StringComparison.Ordinal)
            > text.LastIndexOf("*/", start, StringComparison.Ordinal);
        return block || prefix.Contains("--", StringComparison.Ordinal) ? SqlRule.Comment
            : LeadIn().IsMatch(prefix) ? SqlRule.Line
            : SqlRule.Sentence;
    }

    /// <summary>Tells whether the line of a place, or the last line before it, announces the final or corrected
    /// query.</summary>
    public static bool IsAnnounced(string text, int start)
    {
        string before = text[Math.Max(0, start - 160)..start].TrimEnd('\n', ' ', '\t', '*', '`');
        return Announcement().IsMatch(before[(before.LastIndexOf('\n') + 1)..]);
    }

    /// <summary>Tells whether a query is part of another statement: CREATE VIEW v AS SELECT, INSERT INTO t
    /// SELECT.</summary>
    public static bool IsInner(string text, int start)
    {
        string before = text[Math.Max(0, start - 200)..start];
        return Outer().IsMatch(before[(before.LastIndexOf(';') + 1)..]);
    }

    // Returns the texts of a JSON object, those under a key such as "sql" first. If the object does not parse, returns
    // only the texts after such keys.
    private static IEnumerable<string> JsonTexts(string text)
    {
        if (!Field().IsMatch(text) && text.TrimStart() is not ['{' or '[', ..])
        {
            return [];
        }

        int start = text.AsSpan().IndexOfAny('{', '['),
            end = text.AsSpan().LastIndexOfAny('}', ']');
        try
        {
            JsonDocumentOptions lenient = new()
            {
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            };
            using JsonDocument json = JsonDocument.Parse(
                start >= 0 && end > start ? text[start..(end + 1)] : text,
                lenient
            );
            return [.. Texts(json.RootElement, "").OrderBy(t => t.Place).Select(t => t.Text)];
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return [.. Field().Matches(text).Select(m => Unescaped(m.Groups["value"].Value))];
        }
    }

    private static IEnumerable<(int Place, string Text)> Texts(JsonElement value, string key) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().SelectMany(p => Texts(p.Value, p.Name)),
            JsonValueKind.Array => value.EnumerateArray().SelectMany(v => Texts(v, key)),
            JsonValueKind.String => [(PlaceOf(key), value.GetString()!)],
            _ => [],
        };

    private static int PlaceOf(string key)
    {
        int place = Array.IndexOf(
            Keys,
            key.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant()
        );
        return place < 0 ? Keys.Length : place;
    }

    private static string Unescaped(string text) =>
        Escape()
            .Replace(
                text,
                m =>
                    m.Groups[1].Value switch
                    {
                        "n" => "\n",
                        "t" => "\t",
                        "r" => "\n",
                        var c => c,
                    }
            );

    [GeneratedRegex(
        @"(?<marks>`{3,}|~{3,})(?:[ \t]*(?!SELECT\b|WITH\b)(?:[\w+#.-]+[^\n`]*(?=\n)|(?:sql|sqlite3?|mysql"
            + @"|postgres(?:ql)?|json|text|tsql)\b))?(?<inside>.*?)(?:\k<marks>|\z)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Singleline,
        2000
    )]
    private static partial Regex Fence();

    [GeneratedRegex(
        @"<(?<name>answer|sql|query|sql_query|final_answer|final|output|result"
            + @"|code)(?:\s[^<>]*)?>(?<inside>.*?)(?:</\k<name>>|\z)"
            + @"|\[(?<name>SQL|ANSWER|QUERY)\](?<inside>.*?)(?:\[/\k<name>\]|\z)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Singleline,
        2000
    )]
    private static partial Regex Tag();

    [GeneratedRegex(
        @"(?<quote>[""'])(?:sql|query|sql[_ ]?query|final[_ ]?(?:sql|query|answer)|answer"
            + @"|statement)\k<quote>\s*:\s*(?<open>[""'])(?<value>(?:\\.|(?!\k<open>\s*[,}\]]).)*)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Singleline,
        2000
    )]
    private static partial Regex Field();

    [GeneratedRegex(@"\\(.)", RegexOptions.CultureInvariant | RegexOptions.Singleline, 1000)]
    private static partial Regex Escape();

    // Only marks and a list's number, or the end of a label, a tag, a prompt or an assignment.
    [GeneratedRegex(
        @"\A[\s>*_`""'“(\[{#•–—+-]*(?:\d{1,3}[.)]|[A-Za-z][.)])?[\s*_`""'“(\[{]*\z"
            + @"|(?:[:=→>\]]|[-–—]+)[\s*_`""'“(]*\z",
        RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex LeadIn();

    [GeneratedRegex(
        @"\b(?:final|corrected|revised|fixed|improved|correct)\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex Announcement();

    [GeneratedRegex(
        @"\b(?:CREATE\b[^;]*\bAS|INSERT\s+INTO\b[^;]*|EXPLAIN(?:\s+QUERY\s+PLAN)?)\s*\(?\s*\z",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex Outer();
}
