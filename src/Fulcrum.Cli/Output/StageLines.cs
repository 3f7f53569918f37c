using System.Diagnostics;

namespace Fulcrum.Cli;

/// <summary>One line a stage, when it is over: for logs and pipelines.</summary>
internal sealed class StageLines(TextWriter output) : IDisposable
{
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
                : string.Join(", ", parts.Select(p => p.Value.Unit == "stage" ? "complete" : $"{p.Key} {p.Value.Done:#,0} of {p.Value.Total:#,0} {p.Value.Unit}{(p.Value.Unit == "steps" ? $", {p.Value.What}" : "")}".Trim()));
            output.WriteLine($"{stage}: {(what.Length > 0 ? what + ", " : "")}{Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
        }

        parts.Clear();
        stage = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Done();
}
