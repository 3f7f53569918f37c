using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>The phase of grading one pair. A limit that is exceeded stops the query of this phase.</summary>
internal enum SqlPhase
{
    /// <summary>The gold query runs.</summary>
    Gold,

    /// <summary>The prediction is prepared and runs, or its result is compared.</summary>
    Prediction,
}

/// <summary>Grades predicted queries in this process: executes them and the gold query. Thread-safe.</summary>
/// <remarks>The reference implementation for <see cref="SqlSandbox"/>, which grades in worker processes. Here a single
/// long call of SQLite cannot be interrupted.</remarks>
/// <param name="semantics"><c>official</c>, <c>strict</c>, <c>notebook</c> or <c>bird</c>.</param>
internal sealed class SqlGrader(string semantics, SqlLimits limits) : IDisposable
{
    private const long LargestCache = 1 << 26,
        LargestCached = 1 << 22;
    private long cached;
    private readonly ConcurrentDictionary<(string Content, string Sql), SqlResult> golds = new();
    private readonly SqlConnections connections = new(limits);

    /// <summary>Returns the verdict on one prediction. A gold query that fails leaves the item unscored. A prediction
    /// that fails, is refused or is stopped scores 0.</summary>
    /// <exception cref="InputException">The database file cannot be opened.</exception>
    public Grade Grade(string databaseFile, string gold, string predicted) =>
        Grade(databaseFile, gold, predicted, null);

    /// <summary>Returns the verdict, and reports when a phase begins.</summary>
    internal Grade Grade(string databaseFile, string gold, string predicted, Action<SqlPhase>? begins)
    {
        begins?.Invoke(SqlPhase.Gold);
        if (TooLong(gold) is { } tooLong)
        {
            return new Grade(null, predicted, "gold-failed", tooLong);
        }

        bool raw = semantics != "official";
        string? preparedGold = Prepared(gold, raw);
        if (preparedGold is null)
        {
            return new Grade(null, predicted, "gold-failed", "the gold query is empty");
        }

        SqlDatabase database = connections.Take(databaseFile);
        try
        {
            SqlResult wanted = Gold(database, preparedGold);
            if (wanted.Verdict is not null)
            {
                return new Grade(null, predicted, "gold-failed", wanted.Reason);
            }

            begins?.Invoke(SqlPhase.Prediction);
            return TooLong(predicted) is { } refusal ? new Grade(0, predicted, "refused", refusal)
                : Prepared(predicted, raw) is { } prepared && !string.IsNullOrWhiteSpace(prepared)
                    ? Judge(wanted, database.Run(prepared), preparedGold, predicted)
                // Python's sqlite3 runs an empty text and fetches no rows.
                : semantics == "notebook" ? Judge(wanted, new SqlResult([]), preparedGold, predicted)
                : new Grade(0, predicted, "empty", "the prediction is empty");
        }
        catch (RegexMatchTimeoutException)
        {
            return new Grade(0, predicted, "time-limit", "the text of the query could not be taken apart in time");
        }
        finally
        {
            Done(database);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => connections.Dispose();

    private static string? TooLong(string sql) =>
        Encoding.UTF8.GetByteCount(sql) is var bytes && bytes > SqlLimits.TextBytes
            ? $"the query has {bytes} bytes, more than {SqlLimits.TextBytes}"
            : null;

    private static string? Prepared(string sql, bool raw) => raw ? sql : SqlText.Prepare(sql);

    private Grade Judge(SqlResult wanted, SqlResult got, string preparedGold, string predicted) =>
        got.Verdict is { } failure ? new Grade(0, predicted, failure, got.Reason)
        : wanted.IsSameAs(got) || Agree(wanted, got, preparedGold) ? new Grade(1, predicted, "correct")
        : new Grade(
            0,
            predicted,
            "wrong-result",
            $"{got.Rows.Count} rows where the gold query "
                + $"gives {wanted.Rows.Count}{(got.Rows.Count == wanted.Rows.Count ? ", with other values" : "")}"
        );

    private void Done(SqlDatabase database)
    {
        if (database.IsSpent)
        {
            database.Dispose();
            return;
        }

        connections.Return(database);
    }

    private bool Agree(SqlResult gold, SqlResult predicted, string preparedGold) =>
        semantics switch
        {
            "official" => ResultComparison.Official(gold.Rows, predicted.Rows, SqlText.IsOrdered(preparedGold)),
            "notebook" or "bird" => ResultComparison.Notebook(gold.Rows, predicted.Rows),
            _ => ResultComparison.Strict(gold.Rows, predicted.Rows, SqlText.IsOrdered(preparedGold)),
        };

    private SqlResult Gold(SqlDatabase database, string sql)
    {
        if (golds.TryGetValue((database.Content, sql), out SqlResult? known))
        {
            return known;
        }

        SqlResult result = database.Run(sql);
        long size = result.Held + 2 * sql.Length + 200;
        if (size <= LargestCached && Interlocked.Add(ref cached, size) <= LargestCache)
        {
            golds.TryAdd((database.Content, sql), result);
        }

        return result;
    }
}
