using System.Text;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Statements that a model, or somebody who answers in its name, might write to break in, to write, or to
/// never end.</summary>
internal static class HostileStatements
{
    private const string Endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) ";

    /// <summary>Stopped by SQLite itself, or refused by it.</summary>
    public static TheoryData<string> Interruptible =>
        new(
            // endless or enormous results
            Endless + "SELECT count(*) FROM t",
            Endless + "SELECT * FROM t",
            Endless + "SELECT n FROM t ORDER BY random()",
            Endless + "SELECT DISTINCT n FROM t",
            Endless + "SELECT group_concat(n) FROM t",
            Endless + "SELECT sum(n) OVER (ORDER BY n) FROM t",
            "WITH RECURSIVE t(n) AS (SELECT 'x' UNION ALL SELECT n || n FROM t) SELECT n FROM t",
            "SELECT * FROM " + Many(13),
            "SELECT count(*) FROM " + Many(14),
            "SELECT * FROM " + Many(70),
            "SELECT group_concat(a.name || b.name || c.name || d.name || e.name || f.name || g.name) FROM " + Many(10),
            // enormous values
            "SELECT zeroblob(1000000000)",
            "SELECT randomblob(900000000)",
            "SELECT printf('%900000000d', 1)",
            "SELECT printf('%.*c', 900000000, 'x')",
            "SELECT hex(zeroblob(400000000))",
            "SELECT replace(hex(zeroblob(100000)), '0', hex(zeroblob(100000)))",
            "SELECT quote(zeroblob(60000000))",
            "SELECT json_quote(hex(zeroblob(30000000)))",
            "SELECT char(1) || zeroblob(999999999)",
            // writing
            "DELETE FROM singer",
            "DROP TABLE singer",
            "UPDATE singer SET name = 'x'",
            "INSERT INTO singer VALUES (1)",
            "CREATE TABLE x (a)",
            "CREATE TEMP TABLE x (a)",
            "CREATE VIRTUAL TABLE x USING fts5(a)",
            "CREATE VIRTUAL TABLE temp.x USING rtree(a, b, c)",
            "CREATE TRIGGER x AFTER INSERT ON singer BEGIN SELECT 1; END",
            "CREATE TEMP VIEW x AS SELECT 1",
            "WITH x AS (SELECT 1) DELETE FROM singer",
            "WITH x AS (SELECT 1) INSERT INTO singer SELECT * FROM x",
            "UPDATE singer SET name = 'x' RETURNING *",
            "DELETE FROM singer RETURNING count(*)",
            "REPLACE INTO singer DEFAULT VALUES",
            "ALTER TABLE singer RENAME TO x",
            "UPDATE sqlite_master SET sql = 'x'",
            "DELETE FROM sqlite_sequence",
            "REINDEX",
            "ANALYZE",
            "BEGIN",
            "BEGIN IMMEDIATE",
            "COMMIT",
            "ROLLBACK",
            "SAVEPOINT a",
            "EXPLAIN DELETE FROM singer",
            // reaching other files
            "ATTACH 'x.db' AS x",
            "ATTACH 'file:x.db?mode=rwc' AS x",
            "ATTACH ':memory:' AS x",
            "DETACH main",
            "VACUUM",
            "VACUUM INTO 'copy.db'",
            "SELECT load_extension('x.so')",
            "SELECT fts3_tokenizer('a')",
            "SELECT fts3_tokenizer('a', x'00')",
            "SELECT readfile('/etc/passwd')",
            "SELECT writefile('x', 'y')",
            "SELECT edit('a')",
            "SELECT * FROM fsdir('/')",
            "SELECT name FROM singer INTO OUTFILE '/tmp/x'",
            ".shell touch x",
            // settings
            "PRAGMA writable_schema = 1",
            "PRAGMA journal_mode = DELETE",
            "PRAGMA table_info(singer)",
            "PRAGMA query_only = 0",
            "PRAGMA trusted_schema = 1",
            "PRAGMA hard_heap_limit = 0",
            "PRAGMA temp_store_directory = '/tmp'",
            "SELECT * FROM pragma_table_info('singer')",
            "SELECT file FROM pragma_database_list",
            "SELECT * FROM pragma_function_list",
            // more than one statement, and texts that hide one
            "SELECT 1; DELETE FROM singer",
            "SELECT 1;;;DROP TABLE singer",
            "SELECT 1 /* ",
            "SELECT 1 -- ; \n DELETE",
            "SELECT 1 --\r\n; DELETE FROM singer",
            "SELECT '\0'",
            "SELECT count(*) FROM singer\0; DROP TABLE singer",
            "SELECT * FROM sqlite_master; DROP TABLE singer",
            "SELECT /*! 1 */ 7 /*/ DELETE FROM singer",
            "\uFEFFDROP TABLE singer",
            "DROP\u00A0TABLE singer",
            "SELECT 1\uFF1B DROP TABLE singer",
            "SELECT \u202E1\u202C FROM",
            "sélect １",
            "\uD800\uDC00\uD800",
            // deep, wide and long
            "SELECT " + new string('(', 5000) + "1" + new string(')', 5000),
            "SELECT 1" + string.Concat(Enumerable.Repeat("+1", 5000)),
            string.Join(" UNION ALL ", Enumerable.Repeat("SELECT 1", 600)),
            "SELECT " + string.Join(",", Enumerable.Repeat("1", 3000)),
            "SELECT max(" + string.Join(",", Enumerable.Repeat("1", 2000)) + ")",
            "SELECT " + string.Concat(Enumerable.Repeat("NOT ", 20000)) + "1",
            "SELECT CASE" + string.Concat(Enumerable.Repeat(" WHEN 0 THEN (SELECT CASE", 300)),
            "SELECT 1 IN (" + string.Join(",", Enumerable.Range(0, 100_000)) + ")",
            "SELECT * FROM json_each('" + new string('[', 3000) + "')",
            "SELECT json('" + string.Concat(Enumerable.Repeat("{\"a\":", 3000)) + "')",
            "SELECT 'a' LIKE '" + new string('%', 20000) + "'",
            "SELECT '" + new string('x', 10_000_000) + "'",
            string.Concat(Enumerable.Repeat("/*", 5_000_000)),
            new string('(', 900_000),
            string.Concat(Enumerable.Repeat("/*", 400_000)),
            new string('\'', 999_999),
            // no query at all
            "SELECT * FROM nowhere",
            "SELECT nothing FROM singer",
            "SELECT no_function(1)",
            "SELEKT 1",
            "SELECT max(name",
            "'",
            "\"",
            "`",
            "[",
            ";;;",
            " ",
            "SELECT ?1",
            "SELECT :a FROM",
            "SELECT raise(ABORT, 'x')"
        );

    /// <summary>One call of SQLite, or one preparation, that goes on past every limit SQLite checks: only the end of
    /// its process stops it.</summary>
    public static TheoryData<string> Uninterruptible =>
        new(
            "SELECT hex(zeroblob(2000000)) LIKE '" + string.Concat(Enumerable.Repeat("%0", 40)) + "1'",
            "SELECT hex(zeroblob(2000000)) GLOB '" + string.Concat(Enumerable.Repeat("*0", 40)) + "1'",
            "SELECT instr(zeroblob(8000000), zeroblob(4000000) || x'01')",
            "SELECT count(*) FROM (SELECT zeroblob(8000000) AS a) WHERE instr(a, zeroblob(4000000) || x'02')",
            Doubled(24)
        );

    private static string Many(int tables) =>
        string.Join(
            ", ",
            Enumerable.Range(0, tables).Select(i => i < 26 ? $"singer {(char)('a' + i)}" : $"singer t{i}")
        );

    private static string Doubled(int times)
    {
        StringBuilder text = new("WITH t0 AS (SELECT 1 AS x UNION SELECT 2)");
        for (int i = 1; i <= times; i++)
        {
            text.Append($", t{i} AS (SELECT a.x FROM t{i - 1} a, t{i - 1} b)");
        }

        return text.Append($" SELECT count(*) FROM t{times}").ToString();
    }
}
