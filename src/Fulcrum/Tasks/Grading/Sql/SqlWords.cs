namespace Fulcrum.Tasks.Grading.Sql;

/// <summary>Words that tell SQL and prose apart.</summary>
internal static class SqlWords
{
    private static readonly HashSet<string> Open = Set(
        "SELECT DISTINCT ALL FROM WHERE AND OR NOT BY ON JOIN HAVING LIMIT OFFSET IN LIKE BETWEEN IS AS UNION "
            + "INTERSECT "
            + "EXCEPT WITH RECURSIVE CASE WHEN THEN ELSE LEFT RIGHT INNER OUTER CROSS FULL NATURAL GROUP ORDER "
            + "VALUES USING "
            + "EXISTS GLOB REGEXP MATCH COLLATE OVER PARTITION FILTER ESCAPE WINDOW"
    );

    private static readonly HashSet<string> Continuing = Set(
        "FROM WHERE AND OR NOT ORDER GROUP HAVING LIMIT OFFSET JOIN INNER LEFT RIGHT FULL CROSS OUTER NATURAL "
            + "ON USING UNION "
            + "INTERSECT EXCEPT AS CASE WHEN THEN ELSE END IN LIKE BETWEEN IS ASC DESC COLLATE OVER WINDOW GLOB "
            + "REGEXP ESCAPE"
    );

    private static readonly HashSet<string> Clauses = Set("FROM WHERE GROUP HAVING ORDER LIMIT");

    private static readonly HashSet<string> Others = Set(
        "ASC DESC END NULL NULLS FIRST LAST CAST ROWS RANGE PRECEDING FOLLOWING UNBOUNDED CURRENT ROW "
            + "MATERIALIZED TRUE FALSE"
    );

    private static readonly HashSet<string> Prose = Set(
        "the an of to for this these that those which who whose we you its are was were will would should can "
            + "could because since "
            + "their my your our than have has using every"
    );

    /// <summary>Tells whether the word begins a clause that a SELECT has at most once.</summary>
    public static bool IsClause(string word) => Clauses.Contains(word);

    /// <summary>Tells whether something must follow the word in a query.</summary>
    public static bool IsOpen(string word) => Open.Contains(word);

    /// <summary>Returns whether a continued query may have a line that begins with the word.</summary>
    public static bool Continues(string word) => Continuing.Contains(word);

    /// <summary>Tells whether the word has a meaning of its own in SQL.</summary>
    public static bool IsKeyword(string word) =>
        Open.Contains(word) || Continuing.Contains(word) || Others.Contains(word);

    /// <summary>Tells whether the word occurs in sentences but, unquoted, not in queries.</summary>
    public static bool IsProse(string word) => Prose.Contains(word);

    private static HashSet<string> Set(string words) => new(words.Split(' '), StringComparer.OrdinalIgnoreCase);
}
