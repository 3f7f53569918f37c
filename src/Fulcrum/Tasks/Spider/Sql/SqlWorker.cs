using Fulcrum.Sandbox;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>The worker's side of <see cref="SqlSandbox"/>: reads pairs from standard input and writes grades to
/// standard output until its parent is gone.</summary>
internal static class SqlWorker
{
    /// <summary>The verb that makes the tool, or this library started as a program, a worker.</summary>
    public const string Verb = "sql-worker";

    /// <summary>Finds the program that serves as worker; null where none can be started.</summary>
    internal static WorkerProgram? Program() => WorkerProgram.Find(Verb, typeof(SqlWorker).Assembly);

    /// <summary>The largest resident memory of a worker in bytes, SQLite and .NET together: 1.5 GiB.</summary>
    public const long MostBytes = 3L << 29;

    // Windows counts what is committed, which is more than what is resident.
    private const long MostCommitted = 1L << 31;

    /// <summary>The entry point of this library when the .NET host starts it as a worker for a program that embeds
    /// it.</summary>
    internal static int Main(string[] arguments)
    {
        if (arguments is [Verb])
        {
            return Serve();
        }

        Console.Error.WriteLine("Fulcrum.dll is a library; the command is fulcrum");
        return 2;
    }

    /// <summary>Serves until standard input ends; returns the exit code.</summary>
    public static int Serve()
    {
        using WorkerSignals ignored = new();
        ProcessLimits.Watch(MostBytes);
        ProcessLimits.Confine(MostCommitted);
        using Stream output = Console.OpenStandardOutput();
        using BinaryReader input = new(new BufferedStream(Console.OpenStandardInput(), 1 << 16));
        string greeting = SqlWire.Greeting; // loads SQLite
        SqlWire.Send(output, SqlWire.Hello, $"{greeting}\n{SystemCallFilter.Install() ?? ""}");
        Dictionary<(string, SqlLimits), SqlGrader> graders = [];
        while (SqlRequest.Read(input) is { } request)
        {
            ProcessLimits.AllowCpu(4 * request.Limits.Seconds + 4);
            Answer(graders, request, output);
        }

        return 0;
    }

    private static void Answer(Dictionary<(string, SqlLimits), SqlGrader> graders, SqlRequest request, Stream output)
    {
        if (!graders.TryGetValue((request.Semantics, request.Limits), out SqlGrader? grader))
        {
            grader = new SqlGrader(request.Semantics, request.Limits);
            graders.Add((request.Semantics, request.Limits), grader);
        }

        try
        {
            Grade grade = grader.Grade(
                request.Database,
                request.Gold,
                request.Predicted,
                phase => Begin(phase, output)
            );
            SqlWire.Send(output, SqlWire.Graded, SqlWire.Print(grade with { Prediction = "" }));
        }
        catch (FulcrumException e)
        {
            SqlWire.Send(output, SqlWire.Refused, e.Message);
        }
        catch (OutOfMemoryException)
        {
            Environment.Exit(ProcessLimits.OutOfMemory);
        }
    }

    private static void Begin(SqlPhase phase, Stream output)
    {
        if (phase == SqlPhase.Prediction)
        {
            output.WriteByte(SqlWire.Prediction);
            output.Flush();
        }
    }
}
