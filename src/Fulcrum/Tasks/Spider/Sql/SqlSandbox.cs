using System.Collections.Concurrent;
using System.Diagnostics;
using Fulcrum.Files;
using Fulcrum.Observability;
using Fulcrum.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>Grades predicted queries in worker processes, so that nothing a query does can take the run with it.
/// Thread-safe.</summary>
/// <remarks>
/// A worker that exceeds its limits is killed and replaced; the verdict on its item says so. A worker that somebody
/// else killed, such as the system when memory runs out, is replaced and the item is graded again. If that worker is
/// killed as well, the item is unscored: its score would say something about the machine. Queries never run in this
/// process: without a worker nothing is graded.
/// </remarks>
public sealed class SqlSandbox : IDisposable
{
    private readonly ConcurrentBag<SqlWorkerProcess> idle = [];
    private readonly SemaphoreSlim places;
    private readonly WorkerProgram program;
    private volatile bool disposed;

    private SqlSandbox(WorkerProgram program, int workers)
    {
        this.program = program;
        places = new SemaphoreSlim(workers);
    }

    /// <summary>The verdict on an item whose workers were killed from outside; it has no score.</summary>
    public const string WorkerKilled = SqlWorkerOutcome.Killed;

    /// <summary>What keeps a worker from the rest of the system, in words; for <c>doctor</c>.</summary>
    public string Confinement { get; private set; } = "";

    /// <summary>Told of workers that end while they grade.</summary>
    public ILogger Log { get; set; } = NullLogger.Instance;

    /// <summary>Called with a sentence about each item that could not be scored, because its workers were killed; from
    /// any thread.</summary>
    public Action<string>? Unscored { get; set; }

    /// <summary>Process ids of the workers that wait.</summary>
    internal IEnumerable<int> WorkerIds => idle.Select(w => w.Id);

    /// <summary>Opens a sandbox and starts its first worker. Others are started as they are needed.</summary>
    /// <exception cref="InputException">No worker can be started, or the SQLite in use is too old to run queries of
    /// others.</exception>
    public static SqlSandbox Open() => Open(null, null);

    /// <summary>Opens a sandbox and starts its first worker. Others are started as they are needed.</summary>
    /// <param name="program">Null: the tool, or this library started as a program
    /// (<see cref="WorkerProgram.Find"/>).</param>
    /// <param name="workers">Null: one a core, as far as half of the machine's memory is enough for all of them
    /// together.</param>
    /// <exception cref="InputException">No worker can be started, or the SQLite in use is too old to run queries of
    /// others.</exception>
    internal static SqlSandbox Open(WorkerProgram? program = null, int? workers = null)
    {
        Sqlite.RequireSafe();
        WorkerProgram found =
            program
            ?? SqlWorker.Program()
            ?? throw new InputException(
                "SQL cannot be graded: its worker process needs the fulcrum program or the dotnet host, "
                    + "and neither was found; "
                    + "queries of a model are never run in this process"
            );
        int most = workers ?? Places(Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        SqlSandbox sandbox = new(found, most);
        try
        {
            SqlWorkerProcess first = SqlWorkerProcess.Start(found);
            sandbox.Confinement = first.Confinement;
            sandbox.idle.Add(first);
            return sandbox;
        }
        catch (FulcrumException e)
        {
            sandbox.Dispose();
            throw new InputException(
                $"SQL cannot be graded: {e.Message}; queries of a model are never run in this process",
                e
            );
        }
    }

    /// <summary>
    /// Returns what grades (database file, gold query, predicted query) under a semantics and limits; verdicts are
    /// those of <see cref="SqlGrader"/>.
    /// </summary>
    internal Func<string, string, string, Grade> Grader(string semantics, SqlLimits limits) =>
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

        places.Dispose();
    }

    /// <summary>How many workers fit: each may hold <see cref="SqlWorker.MostBytes"/>, and all together half of the
    /// memory.</summary>
    internal static int Places(int cores, long memory) => (int)Math.Clamp(memory / 2 / SqlWorker.MostBytes, 1, cores);

    private Grade Measured(SqlRequest request)
    {
        long start = Stopwatch.GetTimestamp();
        Grade grade = Grade(request);
        Telemetry.Graded(grade.Verdict ?? "", Stopwatch.GetElapsedTime(start));
        return grade;
    }

    private Grade Grade(SqlRequest request)
    {
        places.Wait();
        try
        {
            SqlWorkerOutcome first = Ask(request);
            return Verdict(
                request,
                first.Cause is SqlWorkerOutcome.Crashed or SqlWorkerOutcome.Killed ? Ask(request) : first
            );
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
            : SqlWorkerProcess.Start(program);
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

    private Grade Verdict(SqlRequest request, SqlWorkerOutcome outcome)
    {
        switch (outcome)
        {
            case { Grade: { } grade }:
                return grade;
            case { Cause: SqlWorkerOutcome.Killed }:
                string start = Printable.Short(request.Predicted);
                Unscored?.Invoke(
                    $"a query on {Path.GetFileName(request.Database)} is unscored: {outcome.Reason} ({start})"
                );
                return new Grade(null, request.Predicted, outcome.Cause, outcome.Reason);
            case { During: SqlPhase.Gold }:
                return new Grade(null, request.Predicted, "gold-failed", outcome.Reason);
            default:
                return new Grade(0, request.Predicted, outcome.Cause!, outcome.Reason);
        }
    }
}
