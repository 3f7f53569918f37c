using System.Collections.Concurrent;
using System.Diagnostics;
using Fulcrum.Observability;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>Grades predicted queries in worker processes, so that nothing a query does can take the run with it.
/// Thread-safe.</summary>
/// <remarks>
/// A worker that exceeds its limits is killed and replaced; the verdict on its item says so. A worker that ends for no
/// reason of the
/// query's (somebody killed it) is replaced, and the item is asked once more, so that such a fault leaves no trace in
/// the results.
/// </remarks>
public sealed class SqlSandbox : IDisposable
{
    private readonly ConcurrentBag<SqlWorkerProcess> idle = [];
    private readonly SemaphoreSlim places;
    private readonly SqlWorkerProgram? program;
    private readonly ConcurrentDictionary<(string, SqlLimits), SqlGrader> inProcess = new();
    private volatile bool disposed;

    private SqlSandbox(SqlWorkerProgram? program, int workers, string? warning)
    {
        this.program = program;
        Warning = warning;
        places = new SemaphoreSlim(workers);
    }

    /// <summary>Why queries run in this process instead of workers; null where they run in workers.</summary>
    public string? Warning { get; }

    /// <summary>Told of workers that end while they grade.</summary>
    public ILogger Log { get; set; } = NullLogger.Instance;

    /// <summary>Process ids of the workers that wait.</summary>
    internal IEnumerable<int> WorkerIds => idle.Select(w => w.Id);

    /// <summary>Opens a sandbox with one worker a core, started as they are needed.</summary>
    /// <param name="program">Null: <see cref="SqlWorkerProgram.Find"/>.</param>
    public static SqlSandbox Open(SqlWorkerProgram? program = null, int? workers = null)
    {
        int count = workers ?? Environment.ProcessorCount;
        if ((program ?? SqlWorkerProgram.Find()) is not { } found)
        {
            return new SqlSandbox(
                null,
                count,
                "SQL runs inside this process, because the fulcrum program is not beside it: a query that SQLite does not interrupt can hold the run up"
            );
        }

        try
        {
            SqlSandbox sandbox = new(found, count, null);
            sandbox.idle.Add(SqlWorkerProcess.Start(found));
            return sandbox;
        }
        catch (FulcrumException e)
        {
            return new SqlSandbox(null, count, $"SQL runs inside this process: {e.Message}");
        }
    }

    /// <summary>What grades (database file, gold, prediction) under a semantics and limits; verdicts are those of
    /// <see cref="SqlGrader"/>.</summary>
    public Func<string, string, string, Grade> Grader(string semantics, SqlLimits limits) =>
        (database, gold, predicted) =>
            Measured(new SqlRequest(Path.GetFullPath(database), gold, predicted, semantics, limits));

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        while (idle.TryTake(out SqlWorkerProcess? worker))
        {
            worker.Dispose();
        }

        foreach (SqlGrader grader in inProcess.Values)
        {
            grader.Dispose();
        }

        places.Dispose();
    }

    private Grade Measured(SqlRequest request)
    {
        long start = Stopwatch.GetTimestamp();
        Grade grade = Grade(request);
        Telemetry.Graded(grade.Verdict ?? "", Stopwatch.GetElapsedTime(start));
        return grade;
    }

    private Grade Grade(SqlRequest request)
    {
        if (program is null)
        {
            return inProcess
                .GetOrAdd((request.Semantics, request.Limits), k => new SqlGrader(k.Item1, k.Item2))
                .Grade(request.Database, request.Gold, request.Predicted);
        }

        places.Wait();
        try
        {
            SqlWorkerOutcome first = Ask(request);
            return Verdict(request, first.Cause == "crashed" ? Ask(request) : first);
        }
        finally
        {
            places.Release();
        }
    }

    private SqlWorkerOutcome Ask(SqlRequest request)
    {
        SqlWorkerProcess worker = idle.TryTake(out SqlWorkerProcess? waiting)
            ? waiting
            : SqlWorkerProcess.Start(program!);
        bool lives = false;
        try
        {
            SqlWorkerOutcome outcome = worker.Ask(request);
            Note(outcome, request);
            lives = outcome.Grade is not null && !disposed;
            return outcome;
        }
        finally
        {
            if (lives)
            {
                idle.Add(worker);
            }
            else
            {
                worker.Dispose();
            }
        }
    }

    private void Note(SqlWorkerOutcome outcome, SqlRequest request)
    {
        if (outcome.Cause is { } cause)
        {
            Telemetry.WorkerEnded(cause);
            Log.WorkerEnded(cause, Path.GetFileName(request.Database), outcome.Reason ?? "");
        }
    }

    private static Grade Verdict(SqlRequest request, SqlWorkerOutcome outcome) =>
        outcome switch
        {
            { Grade: { } grade } => grade,
            { During: SqlPhase.Gold } => new Grade(null, request.Predicted, "gold-failed", outcome.Reason),
            _ => new Grade(0, request.Predicted, outcome.Cause!, outcome.Reason),
        };
}
