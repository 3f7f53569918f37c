using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Cli;

/// <summary>Writes one line when a stage ends, and one every half minute while it runs: for logs and pipelines. Several
/// stages may run at the same time.</summary>
/// <param name="before">Seconds that went by before; shown as a line of their own, and with a last line for everything
/// together. Null: neither line.</param>
/// <param name="time">Null: the system's.</param>
internal sealed class StageLines(TextWriter output, double? before = null, TimeProvider? time = null) : IDisposable
{
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly long begun = (time ?? TimeProvider.System).GetTimestamp();
    private readonly OrderedDictionary<string, RunningStage> running = new(StringComparer.Ordinal);
    private bool started = before is null;

    /// <summary>Takes an event; writes a line if one is due.</summary>
    public void Report(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.Warned warned:
                output.WriteLine($"warning: {Printable.Line(warned.Text)}");
                break;
            case RunEvent.Noted noted:
                output.WriteLine(Printable.Line(noted.Text));
                break;
            case RunEvent.StageStarted started:
                _ = Entered(started.Stage);
                break;
            case RunEvent.StageSkipped skipped:
                Start();
                output.WriteLine($"{skipped.Stage}: already complete");
                break;
            case RunEvent.StageEnded ended:
                End(ended.Stage);
                break;
            case RunEvent.Progressed { Total: > 0 } at:
                Write(Entered(at.Stage).Take(at));
                break;
        }
    }

    private RunningStage Entered(string name)
    {
        if (!running.TryGetValue(name, out RunningStage? stage))
        {
            Start();
            running.Add(name, stage = new RunningStage(name, time));
        }

        return stage;
    }

    private void End(string name)
    {
        if (running.Remove(name, out RunningStage? stage))
        {
            Write(stage.Summary());
        }
    }

    /// <summary>Writes the lines of the stages that have no end of their own.</summary>
    public void Done() => running.Keys.ToList().ForEach(End);

    /// <summary>Writes how long everything together took, the start of the program included.</summary>
    public void End()
    {
        Done();
        if (before is { } seconds)
        {
            output.WriteLine($"together: {Durations.Text(seconds + time.GetElapsedTime(begun).TotalSeconds)}");
        }
    }

    private void Start()
    {
        if (!started)
        {
            started = true;
            double seconds = (before ?? 0) + time.GetElapsedTime(begun).TotalSeconds;
            output.WriteLine($"start (program, model and data opened): {Durations.Text(seconds)}");
        }
    }

    private void Write(string? line)
    {
        if (line is not null)
        {
            output.WriteLine(line);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Done();
}
