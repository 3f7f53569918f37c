using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Jobs;

namespace Fulcrum.Cli;

/// <summary>Prints the state of a run: a summary, then what failed and what runs, then the rest in short.</summary>
internal static class StatusLines
{
    private const int MostOfAKind = 40,
        NarrowestName = 8,
        WidestName = 32;

    /// <param name="width">Columns of the console; longer lines are shortened.</param>
    public static void Print(RunStatus status, TextWriter output, int width)
    {
        void Line(string text) => output.WriteLine(Printable.Cut(Printable.Line(text), Math.Max(width, 40)));
        Line(status.Run);
        if (status.Note is { } note)
        {
            Line($"warning: {note}");
        }

        Line(string.Join(", ", status.Stages.Select(s => $"{s.Name} {Said(s with { Why = null })}")));
        // The console wraps the summary: nothing of it may be cut.
        output.WriteLine(Printable.Line(Summary(status)));
        int widest = status
            .Candidates.Where(c => c.State < StageState.Queued)
            .Select(c => c.Name.Length)
            .DefaultIfEmpty(0)
            .Max();
        int column = Math.Clamp(widest, NarrowestName, WidestName);
        foreach (StageStatus stage in status.Stages.Where(s => s.Why is not null))
        {
            Line($"  {stage.Name}: {stage.Why}");
        }

        foreach (IGrouping<StageState, StageStatus> kind in status.Candidates.GroupBy(c => c.State).OrderBy(g => g.Key))
        {
            PrintKind(kind.Key, [.. kind], column, width, Line);
        }
    }

    private static void PrintKind(StageState kind, StageStatus[] all, int column, int width, Action<string> line)
    {
        bool each = kind < StageState.Queued || (kind == StageState.Queued && all.Length <= 8);
        if (!each)
        {
            line($"{EnumNames.Of(kind)}: {Names(all, width - EnumNames.Of(kind).Length - 2)}");
            return;
        }

        foreach (StageStatus one in all.Take(MostOfAKind))
        {
            line($"  {Printable.Cut(one.Name, column).PadRight(column)}  {Said(one)}");
        }

        if (all.Length > MostOfAKind)
        {
            line($"  and {all.Length - MostOfAKind} more that are {EnumNames.Of(kind)}");
        }
    }

    private static string Summary(RunStatus status)
    {
        string counts = string.Join(
            ", ",
            status
                .Candidates.GroupBy(c => c.State)
                .OrderBy(g => g.Key)
                .Select(g => $"{g.Count()} {EnumNames.Of(g.Key)}")
        );
        string left = status.RemainingSeconds is { } seconds ? $"; about {Durations.Text(seconds)} left" : "";
        return $"{status.Candidates.Count} candidates: {counts}{left}";
    }

    private static string Before(string? what) => string.IsNullOrEmpty(what) ? "" : what + " ";

    private static string Said(StageStatus one)
    {
        string progress = one.Total is > 0 ? $" {Before(one.What)}{one.Done:#,0} of {one.Total:#,0} {one.Unit}" : "",
            rate = one.Rate is { } r ? (r < 1 ? $", {1 / r:0.#} s each" : $", {r:0.#}/s") : "",
            left = one.RemainingSeconds is { } s ? $", about {Durations.Text(s)} left" : "",
            job = one.Job is { } id ? $" (job {id}{(one.Node is { Length: > 0 } n ? $" on {n}" : "")})" : "",
            why = one.Why is { Length: > 0 } w && one.State != StageState.Done ? $": {w}" : "";
        return EnumNames.Of(one.State) + why + progress + rate + left + job;
    }

    // As many names as fit, then how many more.
    private static string Names(StageStatus[] all, int width)
    {
        string text = "";
        for (int i = 0; i < all.Length; i++)
        {
            string rest = $" and {all.Length - i} more",
                next = (i == 0 ? "" : ", ") + all[i].Name;
            if (text.Length + next.Length + rest.Length > width && i > 0)
            {
                return text + rest;
            }

            text += next;
        }

        return text;
    }
}
