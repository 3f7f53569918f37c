using System.Collections.Concurrent;

namespace Fulcrum.Evaluation.Sql;

/// <summary>Grades predicted queries by executing them beside the gold query. Thread-safe.</summary>
/// <param name="semantics"><c>official</c>, <c>strict</c> or <c>notebook</c>.</param>
public sealed class SqlGrader(string semantics, SqlLimits limits)
{
    private const int LargestCache = 20_000, CachedRows = 2_000;
    private readonly ConcurrentDictionary<(string File, string Sql), SqlResult> golds = new();

    /// <summary>The verdict on one prediction. A gold that fails leaves the item unscored; a prediction that fails, is refused or is stopped scores 0.</summary>
    /// <exception cref="InputException">The database file cannot be opened.</exception>
    public Grade Grade(string databaseFile, string gold, string predicted)
    {
        bool raw = semantics != "official";
        string? preparedGold = raw ? gold : SqlText.Prepare(gold), prepared = raw ? predicted : SqlText.Prepare(predicted);
        if (preparedGold is null)
        {
            return new Grade(null, predicted, "gold-failed", "the gold query is empty");
        }

        using SqlDatabase database = new(databaseFile, limits);
        SqlResult wanted = Gold(database, databaseFile, preparedGold);
        if (wanted.Verdict is not null)
        {
            return new Grade(null, predicted, "gold-failed", wanted.Reason);
        }

        if (string.IsNullOrWhiteSpace(prepared))
        {
            return new Grade(0, predicted, "empty", "the prediction is empty");
        }

        SqlResult got = database.Run(prepared);
        return got.Verdict is { } failure ? new Grade(0, predicted, failure, got.Reason)
            : Agree(wanted, got, preparedGold) ? new Grade(1, predicted, "correct")
            : new Grade(0, predicted, "wrong-result", $"{got.Rows.Count} rows where the gold query gives {wanted.Rows.Count}{(got.Rows.Count == wanted.Rows.Count ? ", with other values" : "")}");
    }

    private bool Agree(SqlResult gold, SqlResult predicted, string preparedGold) => semantics switch
    {
        "official" => ResultComparison.Official(gold.Rows, predicted.Rows, SqlText.IsOrdered(preparedGold)),
        "notebook" => ResultComparison.Notebook(gold.Rows, predicted.Rows),
        _ => ResultComparison.Strict(gold.Rows, predicted.Rows, SqlText.IsOrdered(preparedGold)),
    };

    private SqlResult Gold(SqlDatabase database, string file, string sql)
    {
        if (golds.TryGetValue((file, sql), out SqlResult? known))
        {
            return known;
        }

        SqlResult result = database.Run(sql);
        if (golds.Count < LargestCache && result.Rows.Count < CachedRows)
        {
            golds.TryAdd((file, sql), result);
        }

        return result;
    }
}
