using System.Diagnostics;
using System.Text;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Fulcrum.Evaluation.Sql;

/// <summary>One read-only connection that runs one query under limits. The file is opened immutable; only reading is authorised.</summary>
internal sealed class SqlDatabase : IDisposable
{
    private const int ActionRead = 20, ActionSelect = 21, ActionFunction = 31, ActionRecursive = 33, Auth = 23;
    private static readonly HashSet<string> Forbidden = new(StringComparer.OrdinalIgnoreCase) { "load_extension", "fts3_tokenizer", "readfile", "writefile", "edit" };
    private static readonly Encoding DroppingUtf8 = Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, new DecoderReplacementFallback(""));
    private readonly sqlite3 db;
    private readonly SqlLimits limits;
    private long start;

    static SqlDatabase() => Batteries_V2.Init();

    /// <exception cref="InputException">The file cannot be opened.</exception>
    public SqlDatabase(string file, SqlLimits limits)
    {
        this.limits = limits;
        string uri = "file:" + Uri.EscapeDataString(Path.GetFullPath(file)).Replace("%2F", "/", StringComparison.Ordinal) + "?mode=ro&immutable=1";
        int code = File.Exists(file) ? sqlite3_open_v2(uri, out db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, null) : throw new InputException($"there is no database file {file}");
        if (code != SQLITE_OK)
        {
            db.Dispose();
            throw new InputException($"cannot open the database {file}: SQLite error {code}");
        }

        sqlite3_limit(db, SQLITE_LIMIT_LENGTH, limits.Bytes);
        sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
        sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 500);
        sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 100);
        sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
        sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 10_000);
        sqlite3_set_authorizer(db, (strdelegate_authorizer)((_, action, _, function, _, _) =>
            action is ActionRead or ActionSelect or ActionRecursive || (action == ActionFunction && !Forbidden.Contains(function ?? "")) ? SQLITE_OK : 1), null);
        sqlite3_progress_handler(db, 2000, _ => Stopwatch.GetElapsedTime(start).TotalSeconds > limits.Seconds ? 1 : 0, null);
    }

    /// <summary>Runs the first statement of a text; anything but white space behind it is an error.</summary>
    public SqlResult Run(string sql)
    {
        start = Stopwatch.GetTimestamp();
        if (sql.Contains('\0'))
        {
            return new SqlResult([], "syntax-error", "the query holds a null character");
        }

        int code = sqlite3_prepare_v2(db, sql, out sqlite3_stmt statement, out string tail);
        using (statement)
        {
            if (code != SQLITE_OK)
            {
                return Failed(code);
            }

            return HasMore(tail) ? new SqlResult([], "refused", "more than one statement")
                : statement is null || statement.IsInvalid ? new SqlResult([]) : Rows(statement);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => db.Dispose();

    private SqlResult Rows(sqlite3_stmt statement)
    {
        List<object?[]> rows = [];
        long bytes = 0;
        int columns = sqlite3_column_count(statement);
        while (true)
        {
            int code = sqlite3_step(statement);
            if (code == SQLITE_DONE)
            {
                return new SqlResult(rows);
            }

            if (code != SQLITE_ROW)
            {
                return Failed(code);
            }

            object?[] row = new object?[columns];
            for (int i = 0; i < columns; i++)
            {
                row[i] = Value(statement, i, ref bytes);
            }

            rows.Add(row);
            if (rows.Count > limits.Rows || bytes > limits.Bytes)
            {
                return new SqlResult([], "row-limit", $"the result has more than {(rows.Count > limits.Rows ? $"{limits.Rows} rows" : $"{limits.Bytes} bytes")}");
            }
        }
    }

    private static object? Value(sqlite3_stmt statement, int column, ref long bytes)
    {
        bytes += 16;
        switch (sqlite3_column_type(statement, column))
        {
            case SQLITE_INTEGER:
                return sqlite3_column_int64(statement, column);
            case SQLITE_FLOAT:
                return sqlite3_column_double(statement, column);
            case SQLITE_TEXT:
                _ = sqlite3_column_bytes(statement, column); // converts to UTF-8 where the database is not
                ReadOnlySpan<byte> text = sqlite3_column_blob(statement, column);
                bytes += text.Length;
                return DroppingUtf8.GetString(text);
            case SQLITE_BLOB:
                byte[] blob = sqlite3_column_blob(statement, column).ToArray();
                bytes += blob.Length;
                return blob;
            default:
                return null;
        }
    }

    private SqlResult Failed(int code)
    {
        string message = sqlite3_errmsg(db).utf8_to_string();
        string verdict = (code & 0xff) switch
        {
            SQLITE_INTERRUPT => "time-limit",
            Auth => "refused",
            SQLITE_NOMEM or SQLITE_TOOBIG => "memory-limit",
            _ when message.Contains("no such", StringComparison.Ordinal) || message.Contains("ambiguous column", StringComparison.Ordinal) => "unknown-name",
            _ when message.Contains("syntax error", StringComparison.Ordinal) || message.Contains("unrecognized token", StringComparison.Ordinal) || message.Contains("incomplete input", StringComparison.Ordinal) => "syntax-error",
            _ => "execution-error",
        };
        return new SqlResult([], verdict, verdict == "time-limit" ? $"stopped after {limits.Seconds} s" : message);
    }

    private static bool HasMore(string? tail) => SqlText.Tokens(tail ?? "").Any(t => !SqlText.IsBlank(t) && t != ";");
}
