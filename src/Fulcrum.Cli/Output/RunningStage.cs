using Fulcrum.Runs;

namespace Fulcrum.Cli;

/// <summary>The lines of one stage that is at work: one every half minute, and one at its end.</summary>
internal sealed class RunningStage(string name, TimeProvider time)
{
    private const int MostParts = 6;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(30);

    // By part, its first and its last report. The rate excludes items that were done before the first, by an earlier
    // invocation.
    private readonly SortedDictionary<string, (int Before, long Since, RunEvent.Progressed Last)> parts = new(
        StringComparer.Ordinal
    );
    private readonly long begun = time.GetTimestamp();
    private long shown = time.GetTimestamp();

    /// <summary>Takes the progress of a part.</summary>
    /// <returns>The line to write; null: none is due.</returns>
    public string? Take(RunEvent.Progressed at)
    {
        string part = at.Unit == ProgressUnit.Steps ? "" : at.What;
        bool isFirst = !parts.TryGetValue(part, out (int Before, long Since, RunEvent.Progressed Last) known);
        (int before, long since) =
            isFirst || at.Done < known.Before ? (at.Done, time.GetTimestamp()) : (known.Before, known.Since);
        parts[part] = (before, since, at);
        if (time.GetElapsedTime(shown) < Between || at.Done >= at.Total)
        {
            return null;
        }

        shown = time.GetTimestamp();
        return $"{name}: {Count(at)}{Left(at, before, since)}";
    }

    /// <summary>Returns the line of the stage that has ended; null if it had nothing to do and took no time.</summary>
    public string? Summary()
    {
        RunEvent.Progressed[] all = [.. parts.Values.Select(p => p.Last)];
        string what =
            all.Length > MostParts
                ? $"{all.Length} parts, {all.Sum(p => p.Done):#,0} of {all.Sum(p => p.Total):#,0} {Unit(all[0])}"
                : string.Join(", ", all.Select(Count));
        double seconds = time.GetElapsedTime(begun).TotalSeconds;
        return what.Length == 0 && seconds < 0.05
            ? null
            : $"{name}: {(what.Length > 0 ? what + ", " : "")}{Durations.Text(seconds)}";
    }

    // One finished item gives no reliable rate: results arrive in batches.
    private string Left(RunEvent.Progressed at, int before, long since)
    {
        double rate = (at.Done - before) / time.GetElapsedTime(since).TotalSeconds;
        string pace = rate < 1 ? $"{1 / rate:0.#} s each" : $"{rate:0.#}/s";
        return at.Done - before > 1 ? $", {pace}, about {Durations.Text((at.Total - at.Done) / rate)} left" : "";
    }

    private static string Count(RunEvent.Progressed at) =>
        at.Unit switch
        {
            ProgressUnit.Steps => $"{at.Done:#,0} of {at.Total:#,0} steps, {at.What}",
            _ => $"{at.What} {at.Done:#,0} of {at.Total:#,0} {Unit(at)}".Trim(),
        };

    private static string Unit(RunEvent.Progressed at) => at.Unit.ToString().ToLowerInvariant();
}
