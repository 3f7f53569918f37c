using System.Diagnostics;

namespace Fulcrum.Cli;

/// <summary>One line a stage, when it is over: for logs and pipelines.</summary>
/// <param name="before">Seconds that went by before; shown as a line of their own, and with a last line for everything together. Null: neither line.</param>
internal sealed class StageLines(TextWriter output, double? before = null) : IDisposable
{
    private readonly long begun = Stopwatch.GetTimestamp();
    private bool started = before is null;
    private const int MostParts = 6;
    private readonly SortedDictionary<string, Progress> parts = new(StringComparer.Ordinal);
    private string? stage;
    private long since;

    /// <summary>Takes note; a line is written when another stage begins.</summary>
    public void Tell(Progress at)
    {
        if (at.Unit == "note")
        {
            output.WriteLine(at.What);
            return;
        }

        if (at.Stage != stage)
        {
            Done();
            Start();
            (stage, since) = (at.Stage, Stopwatch.GetTimestamp());
        }

        if (at.Total > 0)
        {
            parts[at.Unit == "steps" ? "" : at.What] = at;
        }
    }

    /// <summary>Writes the line of the stage that is over.</summary>
    public void Done()
    {
        if (stage is not null)
        {
            string what = parts.Count > MostParts
                ? $"{parts.Count} parts, {parts.Values.Sum(p => p.Done):#,0} of {parts.Values.Sum(p => p.Total):#,0} {parts.Values.First().Unit}"
                : string.Join(", ", parts.Select(p => p.Value.Unit == "stage" ? "complete already" : $"{p.Key} {p.Value.Done:#,0} of {p.Value.Total:#,0} {p.Value.Unit}{(p.Value.Unit == "steps" ? $", {p.Value.What}" : "")}".Trim()));
            WriteLine(what, Stopwatch.GetElapsedTime(since).TotalSeconds);
        }

        parts.Clear();
        stage = null;
    }

    /// <summary>Writes how long everything together took, the start of the program included.</summary>
    public void End()
    {
        Done();
        if (before is { } seconds)
        {
            output.WriteLine($"together: {seconds + Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s");
        }
    }

    private void Start()
    {
        if (!started)
        {
            started = true;
            output.WriteLine($"start (program, model and data opened): {before + Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s");
        }
    }

    // A stage that had nothing to do and took no time is not worth a line.
    private void WriteLine(string what, double seconds)
    {
        if (what.Length > 0 || seconds >= 0.05)
        {
            output.WriteLine($"{stage}: {(what.Length > 0 ? what + ", " : "")}{seconds:0.0} s");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Done();
}
