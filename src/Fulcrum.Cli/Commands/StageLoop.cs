using System.Collections.Concurrent;
using Fulcrum.Jobs;
using Fulcrum.Runs;

namespace Fulcrum.Cli.Commands;

/// <summary>Does the stages whose names arrive on an input, and says on an output what happens.</summary>
/// <remarks>If the input ends while a stage is at work, the process that wrote the names has ended. Then the stage is
/// interrupted, because nobody would know of it, and a resumed run could not do it.</remarks>
internal sealed class StageLoop(TextReader input, TextWriter output)
{
    private readonly Lock door = new();
    private readonly BlockingCollection<string> names = [];
    private readonly CancellationTokenSource abandoned = new();
    private int open;

    /// <summary>Does stages one after the other. It gets where to report events, the stages, and where to report that
    /// one has ended.</summary>
    public delegate void Work(
        Action<RunEvent> report,
        IEnumerable<StageNode> stages,
        Action<StageNode, Exception?> ended,
        CancellationToken cancellation
    );

    /// <summary>Ends with the input.</summary>
    /// <returns>The exit code.</returns>
    public int Run(Work work, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancellation,
            abandoned.Token
        );
        new Thread(Read) { IsBackground = true }.Start();
        try
        {
            work(
                happened => Say(JobLine.Of(happened)),
                names.GetConsumingEnumerable(stop.Token).Select(StageNode.Parse),
                (_, failure) => End(failure is null ? new JobLine(JobLineKind.Ready) : JobLine.Of(failure)),
                stop.Token
            );
            return 0;
        }
        catch (FulcrumException e)
        {
            Say(JobLine.Of(e));
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The process that started this one tells the user.
            return 130;
        }
    }

    private void Read()
    {
        while (input.ReadLine() is { } name)
        {
            Interlocked.Increment(ref open);
            names.Add(name);
        }

        names.CompleteAdding();
        if (Volatile.Read(ref open) > 0)
        {
            abandoned.Cancel();
        }
    }

    private void End(JobLine line)
    {
        Interlocked.Decrement(ref open);
        Say(line);
    }

    private void Say(JobLine line)
    {
        lock (door)
        {
            output.WriteLine(line.Print());
            output.Flush();
        }
    }
}
