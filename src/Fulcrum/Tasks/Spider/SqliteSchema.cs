using System.Globalization;
using Fulcrum.Files;
using Fulcrum.Tasks.Spider.Sql;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Fulcrum.Tasks.Spider;

/// <summary>Reads tables, columns and a few rows of a SQLite file, by fixed queries on a read-only
/// connection.</summary>
/// <remarks>For data sets that describe their databases in no file, and for prompts that show rows. No text of a model
/// is run here.</remarks>
internal static class SqliteSchema
{
    private const int MostTables = 1000,
        MostColumns = 2000,
        LongestValue = 100;

    // Steps of SQLite's machine for one query: about a second. A table of an untrusted file may be a view in truth, or
    // have columns that are computed.
    private const int MostSteps = 20_000_000,
        StepsAtOnce = 100_000;

    static SqliteSchema() => Batteries_V2.Init();

    /// <summary>Returns the tables of a database in the order of their creation.</summary>
    /// <exception cref="InputException">The file is no database that can be read.</exception>
    public static SpiderSchema Read(string dbId, string file)
    {
        using sqlite3 db = Open(file);
        string[] names =
        [
            .. Query(db, file, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
                .Select(r => r[0] ?? "")
                .Where(n => !n.StartsWith("sqlite_", StringComparison.Ordinal))
                .Take(MostTables),
        ];
        SpiderTable[] tables = [.. names.Select(n => new SpiderTable(n, Columns(db, file, n)))];
        (string, string)[] keys =
        [
            .. names.SelectMany(n =>
                Query(db, file, $"PRAGMA foreign_key_list({Quoted(n)})")
                    .Where(k => k[3] is not null && k[4] is not null)
                    .Select(k => ($"{n}.{k[3]}", $"{k[2]}.{k[4]}"))
                    .Reverse()
            ),
        ];
        return new SpiderSchema(dbId, tables, keys);
    }

    /// <summary>Returns the first rows of a table as texts; null stands for NULL.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static IReadOnlyList<string?[]> Rows(string file, SpiderTable table, int count)
    {
        using sqlite3 db = Open(file);
        string columns = string.Join(", ", table.Columns.Select(c => Quoted(c.Name)));
        return [.. Query(db, file, $"SELECT {columns} FROM {Quoted(table.Name)} LIMIT {count}")];
    }

    private static SpiderColumn[] Columns(sqlite3 db, string file, string table) =>
        [
            .. Query(db, file, $"PRAGMA table_info({Quoted(table)})")
                .Take(MostColumns)
                .Select(c => new SpiderColumn(c[1] ?? "", (c[2] ?? "").ToLowerInvariant(), c[5] is not (null or "0"))),
        ];

    private static sqlite3 Open(string file)
    {
        if (FileEntry.Of(file).Kind != EntryKind.File)
        {
            throw new InputException($"there is no database file {file}"); // opening a named pipe would block
        }

        SpiderFolder.RefuseLog(file);
        string uri =
            "file:"
            + Uri.EscapeDataString(Path.GetFullPath(file)).Replace("%2F", "/", StringComparison.Ordinal)
            + "?mode=ro&immutable=1";
        int code = sqlite3_open_v2(uri, out sqlite3 db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, null);
        if (code != SQLITE_OK)
        {
            db.Dispose();
            throw Unreadable(file, code);
        }

        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, out _);
        sqlite3_limit(db, SQLITE_LIMIT_LENGTH, SqlLimits.TextBytes * 10);
        return db;
    }

    private static List<string?[]> Query(sqlite3 db, string file, string sql)
    {
        int steps = 0;
        sqlite3_progress_handler(db, StepsAtOnce, _ => (steps += StepsAtOnce) > MostSteps ? 1 : 0, null);
        int code = sqlite3_prepare_v2(db, sql, out sqlite3_stmt statement);
        using (statement)
        {
            List<string?[]> rows = [];
            while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW && rows.Count < MostColumns)
            {
                rows.Add([.. Enumerable.Range(0, sqlite3_column_count(statement)).Select(i => Value(statement, i))]);
                code = SQLITE_OK;
            }

            return code is SQLITE_DONE or SQLITE_ROW ? rows : throw Unreadable(file, code);
        }
    }

    private static string? Value(sqlite3_stmt statement, int column)
    {
        string? text = sqlite3_column_type(statement, column) switch
        {
            SQLITE_NULL => null,
            SQLITE_BLOB => "(binary)",
            _ => sqlite3_column_text(statement, column).utf8_to_string(),
        };
        return text is { Length: > LongestValue } ? text[..LongestValue] + "..." : text;
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static InputException Unreadable(string file, int code) =>
        new(
            code == SQLITE_INTERRUPT
                ? $"cannot read the database {file}: reading its first rows takes too long; "
                    + "its tables are no plain ones"
                : string.Create(CultureInfo.InvariantCulture, $"cannot read the database {file}: SQLite error {code}")
        );
}
