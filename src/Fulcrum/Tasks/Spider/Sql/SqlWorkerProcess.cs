using System.Diagnostics;
using Fulcrum.Sandbox;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>The result of one pair: a grade, or how the worker ended.</summary>
/// <param name="Grade">Null where the worker ended.</param>
/// <param name="During">The phase that was running.</param>
/// <param name="Cause"><c>time-limit</c>, <c>memory-limit</c>, <see cref="Crashed"/> or <see cref="Killed"/>; null if
/// there is a grade.</param>
internal sealed record SqlWorkerOutcome(Grade? Grade, SqlPhase During, string? Cause = null, string? Reason = null)
{
    /// <summary>The worker ended because of an error of its own.</summary>
    public const string Crashed = "crashed";

    /// <summary>The worker ended through no fault of the query: a person or the system killed it, or it was stopped
    /// because it got no processor.</summary>
    public const string Killed = "worker-killed";
}

/// <summary>The parent's side of one worker process. Used by one thread at a time.</summary>
internal sealed class SqlWorkerProcess : IDisposable
{
    private const int Attempts = 3;
    private const double StartSeconds = 60,
        EndSeconds = 1;

    // .NET needs these variables to start on some systems. A worker inherits no others.
    private static readonly HashSet<string> Inherited = new(
        ["LD_LIBRARY_PATH", "SystemRoot"],
        OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal
    );
    private readonly Process process;
    private readonly BinaryWriter input;
    private readonly Stream output;
    private readonly Timer limit;
    private volatile bool stopped;
    private volatile bool waited; // stopped without having used its processor time
    private readonly Lock gate = new();
    private double? allowedSeconds; // null: no request is running
    private double processorSecondsBefore;
    private long start; // of the request, a time stamp

    private SqlWorkerProcess(Process process)
    {
        this.process = process;
        input = new BinaryWriter(new BufferedStream(process.StandardInput.BaseStream, 1 << 16));
        output = new BufferedStream(process.StandardOutput.BaseStream, 1 << 12);
        limit = new Timer(_ => CheckTime());
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
    }

    /// <summary>The process's id.</summary>
    public int Id => process.Id;

    /// <summary>What keeps the worker from the rest of the system, in words.</summary>
    public string Confinement { get; private set; } = "";

    /// <summary>Starts a worker and waits for its greeting.</summary>
    /// <remarks>A worker that ends before its greeting is started again: a signal to the whole process group ends a
    /// worker that does not ignore the signal yet, while this process still saves its results.</remarks>
    /// <exception cref="FulcrumException">It does not start, or is another program.</exception>
    public static SqlWorkerProcess Start(WorkerProgram program) =>
        Enumerable.Range(0, Attempts).Select(_ => Begin(program)).FirstOrDefault(w => w is not null)
        ?? throw new FulcrumException(
            $"the SQL worker {program.File} does not start: {Attempts} times it ended before it greeted"
        );

    // Null if the worker exited before it sent its greeting.
    private static SqlWorkerProcess? Begin(WorkerProgram program)
    {
        SqlWorkerProcess? worker = null;
        try
        {
            worker = new SqlWorkerProcess(
                Process.Start(StartInfo(program)) ?? throw new IOException("no process was started")
            );
            worker.BeginTimeLimit(StartSeconds);
            int kind = worker.output.ReadByte();
            string[] greeting = (kind == SqlWire.Hello ? SqlWire.Receive(worker.output) : "").Split('\n', 2);
            worker.Confinement = greeting is [_, { Length: > 0 } refusal]
                ? $"no system call filter: {refusal}"
                : "system call filter, no new privileges, empty environment";
            worker.EndTimeLimit();
            // a worker that was stopped because it sent no greeting is not started again
            if (kind < 0 && !worker.stopped)
            {
                worker.Dispose();
                return null;
            }

            return greeting[0] == SqlWire.Greeting
                ? worker
                : throw new IOException($"it greets with '{greeting[0]}' instead of '{SqlWire.Greeting}'");
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            worker?.Dispose();
            throw new FulcrumException($"the SQL worker {program.File} does not start: {e.Message}", e);
        }
    }

    /// <summary>Sends one pair to the worker and waits for the grade.</summary>
    /// <exception cref="InputException">The worker cannot open the database.</exception>
    public SqlWorkerOutcome Ask(SqlRequest request)
    {
        SqlPhase phase = SqlPhase.Gold;
        double seconds = request.Limits.Seconds + request.Limits.Grace;
        try
        {
            BeginTimeLimit(seconds);
            request.Write(input);
            for (int kind = output.ReadByte(); ; kind = output.ReadByte())
            {
                switch (kind)
                {
                    case SqlWire.Prediction when phase == SqlPhase.Gold: // once, because each begins a time limit
                        phase = SqlPhase.Prediction;
                        BeginTimeLimit(seconds);
                        break;
                    case SqlWire.Graded:
                        return new SqlWorkerOutcome(
                            SqlWire.Parse(SqlWire.Receive(output)) with
                            {
                                Prediction = request.Predicted,
                            },
                            phase
                        );
                    case SqlWire.Refused:
                        throw new InputException(SqlWire.Receive(output));
                    default:
                        return Ended(phase, request.Limits);
                }
            }
        }
        catch (Exception e) when (e is IOException or System.Text.Json.JsonException)
        {
            return Ended(phase, request.Limits);
        }
        finally
        {
            EndTimeLimit();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        EndTimeLimit();
        limit.Dispose();
        Stop();
        process.Dispose();
    }

    private void BeginTimeLimit(double seconds)
    {
        lock (gate)
        {
            (allowedSeconds, processorSecondsBefore, start) = (seconds, Used(), Stopwatch.GetTimestamp());
            limit.Change(TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
        }
    }

    private void EndTimeLimit()
    {
        lock (gate)
        {
            allowedSeconds = null;
        }
    }

    /// <summary>Stops a worker that exceeded its processor time, or that waits for a processor for too long. Otherwise
    /// checks again later.</summary>
    private void CheckTime()
    {
        lock (gate)
        {
            if (allowedSeconds is not { } seconds)
            {
                return;
            }

            double processor = seconds - (Used() - processorSecondsBefore),
                wall = (SqlLimits.Patience * seconds) - Stopwatch.GetElapsedTime(start).TotalSeconds;
            double left = Math.Min(processor, wall);
            if (left <= 0)
            {
                waited = processor > 0;
                Stop();
            }
            else
            {
                limit.Change(TimeSpan.FromSeconds(Math.Max(left, 0.05)), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Processor time of the worker, in seconds; 0 once it has ended, which its closed pipe shows.</summary>
    private double Used()
    {
        try
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return 0;
        }
    }

    private SqlWorkerOutcome Ended(SqlPhase phase, SqlLimits limits)
    {
        const int CpuSignal = 128 + 24,
            KillSignal = 128 + 9;
        bool wasStopped = stopped;
        bool ended = wasStopped || process.WaitForExit(TimeSpan.FromSeconds(EndSeconds));
        Stop();
        process.WaitForExit();
        (string verdict, string reason) = (wasStopped, process.ExitCode) switch
        {
            _ when !ended => (SqlWorkerOutcome.Crashed, "its worker answered with something that is no grade"),
            (false, KillSignal) => (
                SqlWorkerOutcome.Killed,
                "its worker was killed from outside, twice; the system does this when memory runs out"
            ),
            (true, _) when waited => (
                SqlWorkerOutcome.Killed,
                "its worker waited for a processor or a disk, twice, so that its time passed unused"
            ),
            (true, _) or (_, CpuSignal) => (
                "time-limit",
                $"its worker was stopped after {limits.Seconds} s, inside a call that SQLite does not interrupt"
            ),
            (_, ProcessLimits.OutOfMemory) => ("memory-limit", "its worker held more memory than it may"),
            (_, int code) => (SqlWorkerOutcome.Crashed, $"its worker ended with exit code {code}"),
        };
        return new SqlWorkerOutcome(null, phase, verdict, reason);
    }

    private void Stop()
    {
        stopped = true;
        WorkerProgram.Kill(process);
    }

    private static ProcessStartInfo StartInfo(WorkerProgram program)
    {
        // A worker sees nothing of the user's environment, such as access tokens.
        ProcessStartInfo start = program.StartInfo(Inherited.Contains);
        start.WorkingDirectory = Path.GetPathRoot(AppContext.BaseDirectory);
        start.Environment["DOTNET_ROOT"] = WorkerProgram.DotnetRoot;
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x40000000";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        return start;
    }
}
