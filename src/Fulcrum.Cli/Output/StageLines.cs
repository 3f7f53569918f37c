using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Cli;

/// <summary>Writes one line when a stage ends, and one every half minute while it runs: for logs and
/// pipelines.</summary>
/// <param name="before">Seconds that went by before; shown as a line of their own, and with a last line for everything
/// together. Null: neither line.</param>
/// <param name="time">Null: the system's.</param>
internal sealed class StageLines(TextWriter output, double? before = null, TimeProvider? time = null) : IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(30);
    private const int MostParts = 6;
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly long begun = (time ?? TimeProvider.System).GetTimestamp();
    private bool started = before is null;
    private readonly SortedDictionary<string, RunEvent.Progressed> parts = new(StringComparer.Ordinal);
    private string? stage;
    private long since,
        shown;

    // The first report of the current part. The rate excludes items that were done before it, by an earlier invocation.
    private (string Part, int Done, long At)? first;

    /// <summary>Takes an event; writes a line when another stage begins.</summary>
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
                Enter(started.Stage);
                break;
            case RunEvent.StageSkipped skipped:
                Enter(skipped.Stage);
                output.WriteLine($"{skipped.Stage}: already complete");
                stage = null;
                break;
            case RunEvent.Progressed { Total: > 0 } at:
                Enter(at.Stage);
                Show(at);
                break;
        }
    }

    private void Enter(string name)
    {
        if (name != stage)
        {
            Done();
            Start();
            (stage, since, shown, first) = (name, time.GetTimestamp(), time.GetTimestamp(), null);
        }
    }

    private void Show(RunEvent.Progressed at)
    {
        string part = at.Unit == ProgressUnit.Steps ? "" : at.What;
        parts[part] = at;
        first = first?.Part == part ? first : (part, at.Done, time.GetTimestamp());
        ShowNow(at, first.Value.Done, first.Value.At);
    }

    /// <summary>Writes the line of the stage that is over.</summary>
    public void Done()
    {
        if (stage is not null)
        {
            string what =
                parts.Count > MostParts
                    ? $"{parts.Count} parts, {parts.Values.Sum(p => p.Done):#,0} "
                        + $"of {parts.Values.Sum(p => p.Total):#,0} {Unit(parts.Values.First())}"
                    : string.Join(", ", parts.Values.Select(Count));
            WriteLine(what, time.GetElapsedTime(since).TotalSeconds);
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
            output.WriteLine($"together: {Durations.Text(seconds + time.GetElapsedTime(begun).TotalSeconds)}");
        }
    }

    private void ShowNow(RunEvent.Progressed at, int before, long since)
    {
        if (time.GetElapsedTime(shown) < Between || at.Done >= at.Total)
        {
            return;
        }

        shown = time.GetTimestamp();
        // One finished item gives no reliable rate: results arrive in batches.
        double rate = (at.Done - before) / time.GetElapsedTime(since).TotalSeconds;
        string pace = rate < 1 ? $"{1 / rate:0.#} s each" : $"{rate:0.#}/s";
        string left = at.Done - before > 1 ? $", {pace}, about {Durations.Text((at.Total - at.Done) / rate)} left" : "";
        output.WriteLine($"{stage}: {Count(at)}{left}");
    }

    private static string Count(RunEvent.Progressed at) =>
        at.Unit switch
        {
            ProgressUnit.Steps => $"{at.Done:#,0} of {at.Total:#,0} steps, {at.What}",
            _ => $"{at.What} {at.Done:#,0} of {at.Total:#,0} {Unit(at)}".Trim(),
        };

    private static string Unit(RunEvent.Progressed at) => at.Unit.ToString().ToLowerInvariant();

    private void Start()
    {
        if (!started)
        {
            started = true;
            double seconds = (before ?? 0) + time.GetElapsedTime(begun).TotalSeconds;
            output.WriteLine($"start (program, model and data opened): {Durations.Text(seconds)}");
        }
    }

    // A stage that had nothing to do and took no time is not worth a line.
    private void WriteLine(string what, double seconds)
    {
        if (what.Length > 0 || seconds >= 0.05)
        {
            output.WriteLine($"{stage}: {(what.Length > 0 ? what + ", " : "")}{Durations.Text(seconds)}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Done();
}
