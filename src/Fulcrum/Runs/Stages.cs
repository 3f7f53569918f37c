using System.Collections.Concurrent;
using System.Diagnostics;
using Fulcrum.Models;
using Fulcrum.Observability;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulcrum.Runs;

/// <summary>Runs stages: skips what is complete, writes manifests last, reports what happens.</summary>
internal sealed class Stages(RunLock run, Engines engines, ExperimentSettings settings)
{
    private const int MostWarnings = 200,
        LongestWarning = 2000;

    private readonly Heartbeat heartbeat = new(run);

    // Those of the stage at work, and those before it: engines warn when a model is checked, before any stage.
    private readonly ConcurrentQueue<string> warnings = [];

    // By stage, what was warned of before it began.
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> early = new(StringComparer.Ordinal);
    private volatile string? concerned;

    // The stage that this process is at. Other processes report their own ones.
    private volatile string? atWork;

    /// <summary>The run's log.</summary>
    public ILogger Log { get; } = settings.Log ?? NullLogger.Instance;

    /// <summary>The run folder.</summary>
    public RunLayout Layout => run.Layout;

    /// <summary>Holds one candidate until disposed.</summary>
    public IDisposable HoldCandidate(string name) => run.HoldCandidate(name);

    /// <summary>Whether somebody follows the run.</summary>
    public bool IsWatched => settings.Report is not null;

    /// <summary>Throws if the base or the data changed since the run began.</summary>
    public Action Unchanged { get; set; } = () => { };

    /// <summary>Runs a stage that reads the base and the data, unless it is complete.</summary>
    /// <param name="inputs">Digest of everything that the stage reads.</param>
    /// <param name="writes">The files that it may write, relative to the folder.</param>
    /// <param name="work">Returns the files that it wrote.</param>
    public void Run(string name, string inputs, Func<IEnumerable<string>> writes, Func<IReadOnlyList<string>> work) =>
        Run(name, inputs, writes(), () => Unchanged(), work);

    /// <summary>Runs a stage that reads what earlier stages wrote, unless it is complete.</summary>
    /// <param name="reads">The stages whose files it reads.</param>
    public void Run(string name, string inputs, string[] reads, Func<IReadOnlyList<string>> work) =>
        Run(name, inputs, [], () => run.Layout.RequireIntact(reads), work);

    private void Run(
        string name,
        string inputs,
        IEnumerable<string> writes,
        Action check,
        Func<IReadOnlyList<string>> work
    )
    {
        if (run.Layout.IsComplete(name, inputs))
        {
            Report(new RunEvent.StageSkipped(name));
            Drop(run.Layout.Completed(name)?.Warnings ?? []);
            early.TryRemove(name, out _);
            return;
        }

        using Activity? span = Telemetry.Begin("stage", "fulcrum.stage", name);
        run.Reopen(name, writes);
        Report(new RunEvent.StageStarted(name));
        long start = Stopwatch.GetTimestamp();
        using EnergyMeter energy = new();
        bool isComplete = false;
        atWork = name;
        try
        {
            check();
            IReadOnlyList<string> outputs = work();
            check();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            run.Complete(name, inputs, outputs, seconds, Environment(), energy.Use, WarningsOf(name));
            isComplete = true;
            Telemetry.Completed(name, seconds);
            Log.StageEnds(name, seconds);
        }
        finally
        {
            // A run ends with a stage that all candidates share. Until then other processes save their work, and the
            // file of the run goes on showing that stage.
            atWork = isComplete || name.StartsWith("candidates/", StringComparison.Ordinal) ? null : name;
            warnings.Clear();
            Report(new RunEvent.StageEnded(name));
        }
    }

    /// <summary>Does work for a later stage during another one. The later stage stores its warnings.</summary>
    /// <param name="stage">The later stage.</param>
    public T For<T>(string stage, Func<T> work)
    {
        concerned = stage;
        try
        {
            return work();
        }
        finally
        {
            concerned = null;
        }
    }

    /// <summary>Reports an event to whoever follows the run, to the log and to the heartbeat.</summary>
    public void Report(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.StageStarted started:
                Log.StageBegins(started.Stage);
                heartbeat.Begin(started.Stage, IsOfRun(started.Stage));
                break;
            case RunEvent.StageSkipped skipped:
                Log.StageIsComplete(skipped.Stage);
                break;
            case RunEvent.Noted noted:
                Log.Notes(noted.Text);
                break;
            case RunEvent.Warned warned:
                Log.Warns(warned.Text);
                Keep(warned);
                break;
            case RunEvent.Progressed at when heartbeat.Report(at, IsOfRun(at.Stage)):
                Log.Progresses(at.Stage, at.What, at.Done, at.Total, $"{at.Unit}".ToLowerInvariant());
                break;
        }

        settings.Report?.Invoke(happened);
    }

    private bool IsOfRun(string stage) => atWork is null || atWork == stage;

    /// <summary>Drops the warnings so far, for a process that takes part in a run: the stage <c>prepare</c> stores what
    /// engines say of the base when a run is opened.</summary>
    public void DropWarnings() => warnings.Clear();

    private IReadOnlyList<string> WarningsOf(string stage) =>
        [.. (early.TryRemove(stage, out ConcurrentQueue<string>? before) ? before : []).Concat(warnings).Distinct()];

    // What a complete stage stores would otherwise be stored again by the next one that runs.
    private void Drop(IReadOnlyList<string> stored)
    {
        string[] others = [.. warnings.Except(stored)];
        warnings.Clear();
        others.ToList().ForEach(warnings.Enqueue);
    }

    private void Keep(RunEvent.Warned warned)
    {
        ConcurrentQueue<string> kept = concerned is { } stage ? early.GetOrAdd(stage, _ => []) : warnings;
        if (!warned.IsStatedElsewhere && kept.Count < MostWarnings)
        {
            kept.Enqueue(Printable.Cut(Printable.Line(warned.Kept ?? warned.Text), LongestWarning));
        }
    }

    private IReadOnlyDictionary<string, string> Environment() =>
        engines.All.Count == 0 ? new Dictionary<string, string>() : engines.All[0].Environment;
}
