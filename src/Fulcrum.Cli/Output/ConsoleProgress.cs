using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using Fulcrum.Files;
using Fulcrum.Runs;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>Shows on standard error how far the work is: bars with rate and remaining time on a terminal, one line a
/// stage elsewhere, nothing when quiet.</summary>
/// <param name="whole">The work is all that the program does: it is told how long it took together, the start of the
/// program included.</param>
internal sealed class ConsoleProgress(bool quiet, bool whole = false)
{
    /// <summary>As the command line wants it.</summary>
    public ConsoleProgress(ParseResult parsed, bool whole = false)
        : this(parsed.GetValue(CommonOptions.Quiet), whole) { }

    /// <summary>Does work that reports its progress, from any thread.</summary>
    public void Show(Action<Action<RunEvent>> work)
    {
        Lock gate = new();
        Display(report =>
        {
            Action<RunEvent> once = Once(report);
            work(happened =>
            {
                lock (gate)
                {
                    once(happened);
                }
            });
        });
    }

    /// <summary>Returns what passes each warning on once: several candidates, and several processes, may warn of the
    /// same.</summary>
    internal static Action<RunEvent> Once(Action<RunEvent> report)
    {
        HashSet<string> told = [];
        return happened =>
        {
            if (happened is not RunEvent.Warned warned || told.Add(warned.Text))
            {
                report(happened);
            }
        };
    }

    private void Display(Action<Action<RunEvent>> work)
    {
        if (quiet)
        {
            work(e => Console.Error.Write(e is RunEvent.Warned w ? $"warning: {Printable.Line(w.Text)}\n" : ""));
            return;
        }

        if (Console.IsErrorRedirected)
        {
            using StageLines lines = new(Console.Error, whole ? Running : null);
            work(lines.Report);
            lines.End();
            return;
        }

        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }
        );
        ConcurrentDictionary<int, Pace> paces = new();
        console
            .Progress()
            .AutoClear(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new CountColumn(),
                new TextColumn(task => paces.GetValueOrDefault(task.Id)?.Rate is { } rate ? $"{rate:0.#}/s" : ""),
                new ElapsedTimeColumn(),
                new TextColumn(task =>
                    paces.GetValueOrDefault(task.Id)?.Remaining is { } left ? Durations.Text(left) : ""
                )
            )
            .Start(context => work(new BarProgress(context, console, paces).Report));
        if (whole)
        {
            console.WriteLine($"together: {Durations.Text(Running)}");
        }
    }

    /// <summary>Seconds since the program was started.</summary>
    private static double Running
    {
        get
        {
            using Process process = Process.GetCurrentProcess();
            return (TimeProvider.System.GetUtcNow() - process.StartTime.ToUniversalTime()).TotalSeconds;
        }
    }

    private sealed class BarProgress(
        ProgressContext context,
        IAnsiConsole console,
        ConcurrentDictionary<int, Pace> paces
    )
    {
        private readonly Dictionary<string, ProgressTask> tasks = [];

        public void Report(RunEvent happened)
        {
            switch (happened)
            {
                case RunEvent.Warned warned:
                    console.WriteLine($"warning: {Printable.Line(warned.Text)}", new Style(Color.Yellow));
                    break;
                case RunEvent.Noted noted:
                    console.WriteLine(Printable.Line(noted.Text));
                    break;
                case RunEvent.Progressed { Total: > 0 } at:
                    Show(at);
                    break;
            }
        }

        private void Show(RunEvent.Progressed at)
        {
            string key = at.Unit == ProgressUnit.Steps ? at.Stage : $"{at.Stage} {at.What}".Trim();
            if (!tasks.TryGetValue(key, out ProgressTask? task))
            {
                task = context.AddTask(Shown.AsMarkup(key), maxValue: at.Total);
                tasks.Add(key, task);
            }

            task.Description = Shown.AsMarkup(at.Unit == ProgressUnit.Steps ? $"{at.Stage} {at.What}" : key);
            paces.GetOrAdd(task.Id, _ => new Pace()).Report(at);
            task.MaxValue = at.Total;
            task.Value = at.Done;
        }
    }

    private sealed class CountColumn : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(
            Spectre.Console.Rendering.RenderOptions options,
            ProgressTask task,
            TimeSpan deltaTime
        ) => new Markup($"{task.Value:#,0}[grey]/{task.MaxValue:#,0}[/]");
    }

    // Spectre's own rate counts what was done before the first report.
    private sealed class TextColumn(Func<ProgressTask, string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override Spectre.Console.Rendering.IRenderable Render(
            Spectre.Console.Rendering.RenderOptions options,
            ProgressTask task,
            TimeSpan deltaTime
        ) => new Markup($"[grey]{text(task)}[/]");
    }
}
