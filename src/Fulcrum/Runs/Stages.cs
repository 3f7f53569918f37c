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
            return;
        }

        using Activity? span = Telemetry.Begin("stage", "fulcrum.stage", name);
        run.Reopen(name, writes);
        Report(new RunEvent.StageStarted(name));
        long start = Stopwatch.GetTimestamp();
        using EnergyMeter energy = new();
        try
        {
            check();
            IReadOnlyList<string> outputs = work();
            check();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            run.Complete(name, inputs, outputs, seconds, Environment(), energy.Joules, [.. warnings.Distinct()]);
            Telemetry.Completed(name, seconds);
            Log.StageEnds(name, seconds);
        }
        finally
        {
            warnings.Clear();
        }
    }

    /// <summary>Reports an event to whoever follows the run, to the log and to the heartbeat.</summary>
    public void Report(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.StageStarted started:
                Log.StageBegins(started.Stage);
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
            case RunEvent.Progressed at when heartbeat.Report(at):
                Log.Progresses(at.Stage, at.What, at.Done, at.Total, $"{at.Unit}".ToLowerInvariant());
                break;
        }

        settings.Report?.Invoke(happened);
    }

    /// <summary>Drops the warnings so far, for a process that takes part in a run: the stage <c>prepare</c> stores what
    /// engines say of the base when a run is opened.</summary>
    public void DropWarnings() => warnings.Clear();

    // What a complete stage stores would otherwise be stored again by the next one that runs.
    private void Drop(IReadOnlyList<string> stored)
    {
        string[] others = [.. warnings.Except(stored)];
        warnings.Clear();
        others.ToList().ForEach(warnings.Enqueue);
    }

    private void Keep(RunEvent.Warned warned)
    {
        if (!warned.IsStatedElsewhere && warnings.Count < MostWarnings)
        {
            warnings.Enqueue(Printable.Cut(Printable.Line(warned.Kept ?? warned.Text), LongestWarning));
        }
    }

    private IReadOnlyDictionary<string, string> Environment() =>
        engines.All.Count == 0 ? new Dictionary<string, string>() : engines.All[0].Environment;
}
