using System.Diagnostics;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>Shows how far a run is: bars with rate and remaining time on a terminal, one line a stage elsewhere. Writes to standard error.</summary>
internal sealed class ConsoleProgress
{
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Does work that tells its progress.</summary>
    public void Show(Action<Action<Progress>> work)
    {
        if (Console.IsErrorRedirected)
        {
            work(new LineProgress(Console.Error).Tell);
            return;
        }

        console.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RateColumn(), new RemainingTimeColumn())
            .Start(context => work(new BarProgress(context).Tell));
    }

    private sealed class BarProgress(ProgressContext context)
    {
        private readonly Dictionary<string, ProgressTask> tasks = [];

        public void Tell(Progress at)
        {
            if (at.Total == 0)
            {
                return;
            }

            string key = at.Unit == "steps" ? at.Stage : $"{at.Stage} {at.What}".Trim();
            if (!tasks.TryGetValue(key, out ProgressTask? task))
            {
                task = context.AddTask(Markup.Escape(key), maxValue: at.Total);
                tasks.Add(key, task);
            }

            task.Description = Markup.Escape(at.Unit == "steps" ? $"{at.Stage} {at.What}" : key);
            task.Value = at.Done;
        }
    }

    private sealed class LineProgress(TextWriter output)
    {
        private readonly Dictionary<string, (long Since, int From, int Tenth)> seen = [];

        public void Tell(Progress at)
        {
            string key = $"{at.Stage} {(at.Unit == "steps" ? "" : at.What)}".TrimEnd();
            if (at.Total == 0)
            {
                return;
            }

            if (!seen.TryGetValue(key, out (long Since, int From, int Tenth) last))
            {
                last = (Stopwatch.GetTimestamp(), at.Done, -1);
            }

            int tenth = at.Done * 10 / at.Total;
            if (tenth > last.Tenth)
            {
                double seconds = Stopwatch.GetElapsedTime(last.Since).TotalSeconds, rate = seconds > 0.05 ? (at.Done - last.From) / seconds : 0;
                string pace = rate > 0 && at.Done < at.Total ? $", {rate:0.#} a second, {(at.Total - at.Done) / rate:0} s left" : "";
                output.WriteLine(at.Unit == "stage" ? key : $"{key}: {at.Done} of {at.Total} {at.Unit}{(at.Unit == "steps" ? $", {at.What}" : "")}{pace}");
            }

            seen[key] = (last.Since, last.From, Math.Max(tenth, last.Tenth));
        }
    }

    private sealed class RateColumn : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Markup(task.Speed is { } speed ? $"[grey]{speed:0.#}/s[/]" : "");
    }
}
