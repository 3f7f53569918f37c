using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Fulcrum.Files;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>One read-only connection that runs one query under limits. The file is opened immutable; only reading is
/// authorised.</summary>
internal sealed class SqlDatabase : IDisposable
{
    private const int ActionRead = 20,
        ActionSelect = 21,
        ActionFunction = 31,
        ActionRecursive = 33,
        Auth = 23;
    private const int AllowQuotedTexts = 1013; // SQLITE_DBCONFIG_DQS_DML
    private const int LongValue = 4096,
        Kept = 256;
    private static readonly HashSet<string> Forbidden = new(StringComparer.OrdinalIgnoreCase)
    {
        "load_extension",
        "fts3_tokenizer",
        "readfile",
        "writefile",
        "edit",
    };
    private static readonly Encoding DroppingUtf8 = Encoding.GetEncoding(
        "utf-8",
        EncoderFallback.ReplacementFallback,
        new DecoderReplacementFallback("")
    );
    private readonly sqlite3 db;
    private readonly SqlLimits limits;
    private readonly Lazy<string> content;
    private QueryClock clock;

    static SqlDatabase() => Batteries_V2.Init();

    /// <param name="file">The database; <paramref name="stamp"/> says which state of it.</param>
    /// <exception cref="InputException">The file cannot be opened.</exception>
    public SqlDatabase(string file, (long Length, DateTime Written) stamp, SqlLimits limits)
    {
        (File, Stamp, this.limits) = (file, stamp, limits);
        string uri =
            "file:"
            + Uri.EscapeDataString(Path.GetFullPath(file)).Replace("%2F", "/", StringComparison.Ordinal)
            + "?mode=ro&immutable=1";
        if (FileEntry.Of(file).Kind != EntryKind.File)
        {
            throw new InputException($"cannot open the database {file}: it is not a file");
        }

        int code = sqlite3_open_v2(uri, out db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, null);
        if (code != SQLITE_OK)
        {
            db.Dispose();
            throw new InputException($"cannot open the database {file}: SQLite error {code}");
        }

        content = new Lazy<string>(() => Sha256.OfFile(file));
        Confine();
    }

    /// <summary>The file's path.</summary>
    public string File { get; }

    /// <summary>Length and time of the file when it was opened.</summary>
    public (long Length, DateTime Written) Stamp { get; }

    /// <summary>SHA-256 of the file: results of gold queries are kept by it.</summary>
    public string Content => content.Value;

    /// <summary>A query was stopped here; a new connection is the safer place for the next one.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Runs the first statement of a text; anything except white space after it is an error.</summary>
    public SqlResult Run(string sql)
    {
        clock = QueryClock.Start();
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
                : statement is null || statement.IsInvalid ? new SqlResult([])
                : Rows(statement);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => db.Dispose();

    private void Confine()
    {
        sqlite3_hard_heap_limit64(limits.HeapBytes);
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, out _);
        // Half of Spider's gold queries write texts in double quotes; builds of SQLite differ in what they allow.
        sqlite3_db_config(db, AllowQuotedTexts, 1, out _);
        sqlite3_exec(db, "PRAGMA temp_store = MEMORY"); // a sort never spills to a file
        (int Limit, int Value)[] most =
        [
            (SQLITE_LIMIT_LENGTH, Math.Min(limits.Bytes, limits.CellBytes)),
            (SQLITE_LIMIT_SQL_LENGTH, SqlLimits.TextBytes),
            (SQLITE_LIMIT_COLUMN, 1000),
            (SQLITE_LIMIT_FUNCTION_ARG, 100),
            (SQLITE_LIMIT_VARIABLE_NUMBER, 100),
            (SQLITE_LIMIT_EXPR_DEPTH, 500),
            (SQLITE_LIMIT_COMPOUND_SELECT, 100),
            (SQLITE_LIMIT_ATTACHED, 0),
            (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 10_000),
            (SQLITE_LIMIT_VDBE_OP, 1_000_000),
            (SQLITE_LIMIT_WORKER_THREADS, 0),
            (SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        ];
        Array.ForEach(most, l => sqlite3_limit(db, l.Limit, l.Value));
        sqlite3_set_authorizer(
            db,
            (strdelegate_authorizer)(
                (_, action, _, function, _, _) =>
                    action is ActionRead or ActionSelect or ActionRecursive
                    || (action == ActionFunction && !Forbidden.Contains(function ?? ""))
                        ? SQLITE_OK
                        : 1
            ),
            null
        );
        sqlite3_progress_handler(db, 2000, _ => clock.IsOver(limits.Seconds) ? 1 : 0, null);
    }

    private SqlResult Rows(sqlite3_stmt statement)
    {
        List<object?[]> rows = [];
        long bytes = 0,
            held = 0;
        int columns = sqlite3_column_count(statement);
        while (true)
        {
            int code = sqlite3_step(statement);
            if (code == SQLITE_DONE)
            {
                return new SqlResult(rows) { Held = held };
            }

            if (code != SQLITE_ROW)
            {
                return Failed(code);
            }

            object?[] row = new object?[columns];
            for (int i = 0; i < columns; i++)
            {
                row[i] = Value(statement, i, ref bytes, ref held);
            }

            rows.Add(row);
            if (rows.Count > limits.Rows || bytes > limits.Bytes)
            {
                return new SqlResult(
                    [],
                    "row-limit",
                    "the result has more "
                        + $"than {(rows.Count > limits.Rows ? $"{limits.Rows} rows" : $"{limits.Bytes} bytes")}"
                );
            }
        }
    }

    private static object? Value(sqlite3_stmt statement, int column, ref long bytes, ref long held)
    {
        bytes += 16;
        held += 32;
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
                held += 2 * Math.Min(text.Length, LongValue);
                return text.Length <= LongValue ? DroppingUtf8.GetString(text) : Shortened(text);
            case SQLITE_BLOB:
                ReadOnlySpan<byte> blob = sqlite3_column_blob(statement, column);
                bytes += blob.Length;
                held += Math.Min(blob.Length, LongValue);
                return blob.Length <= LongValue ? blob.ToArray() : [.. blob[..Kept], .. SHA256.HashData(blob)];
            default:
                return null;
        }
    }

    // Two long texts are equal where their beginnings and digests are: what is held does not grow with the text.
    private static string Shortened(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> valid = Utf8.IsValid(text) ? text : Encoding.UTF8.GetBytes(DroppingUtf8.GetString(text));
        return $"{DroppingUtf8.GetString(valid[..Math.Min(Kept, valid.Length)])}…"
            + $"{Convert.ToHexStringLower(SHA256.HashData(valid))}";
    }

    private SqlResult Failed(int code)
    {
        string message = sqlite3_errmsg(db).utf8_to_string();
        string verdict = (code & 0xff) switch
        {
            SQLITE_INTERRUPT => "time-limit",
            Auth => "refused",
            SQLITE_NOMEM or SQLITE_TOOBIG => "memory-limit",
            _ when message.Contains("no such", StringComparison.Ordinal)
                    || message.Contains("ambiguous column", StringComparison.Ordinal) => "unknown-name",
            _ when message.Contains("syntax error", StringComparison.Ordinal)
                    || message.Contains("unrecognized token", StringComparison.Ordinal)
                    || message.Contains("incomplete input", StringComparison.Ordinal) => "syntax-error",
            _ => "execution-error",
        };
        IsSpent |= verdict is "time-limit" or "memory-limit";
        return new SqlResult(
            [],
            verdict,
            verdict == "time-limit" ? $"stopped after {limits.Seconds} s" : Printable.Message(message)
        );
    }

    private static bool HasMore(string? tail) => SqlText.Tokens(tail ?? "").Any(t => !SqlText.IsBlank(t) && t != ";");
}
