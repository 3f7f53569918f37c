using System.Diagnostics;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Observability;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>The whole experiment, as stages that read files and write files: the file to read first.</summary>
/// <param name="study">With absolute paths, as <see cref="StudyFile.Load(string)"/> returns it.</param>
/// <param name="run">The run folder. An interrupted run in it is resumed.</param>
/// <param name="engines">The engines that open and train models.</param>
/// <param name="openCorpus">Opens the data that the study names.</param>
/// <param name="settings">Settings that do not change a result.</param>
public sealed partial class Experiment(
    Study study,
    RunLock run,
    Engines engines,
    Func<Study, Corpus> openCorpus,
    ExperimentSettings? settings = null
)
{
    private readonly ExperimentSettings settings = settings ?? new ExperimentSettings();
    private readonly Stages stages = new(run, engines, settings ?? new ExperimentSettings());

    /// <summary>Runs every stage that is not complete yet.</summary>
    /// <param name="until">The last stage; null: all.</param>
    /// <returns>The comparison; null if an earlier stage was the last.</returns>
    /// <exception cref="InputException">The study, a model or the data cannot be used, or the folder belongs to another
    /// study.</exception>
    /// <exception cref="GuardException">Something makes the numbers meaningless; says what, and how to run
    /// anyway.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was done is kept.</exception>
    public Comparison? Run(Stage until = Stage.Report, CancellationToken cancellation = default)
    {
        study.Check();
        if (until >= Stage.Candidates && !settings.AllowCommand)
        {
            ExternalTrainer.RefuseCommands(study, run.Layout);
        }

        return Logged(() => RunStages(until, cancellation));
    }

    /// <summary>Reports what an engine has to say. Like every warning of a run, it goes to the log and into the
    /// report.</summary>
    internal void Report(RunEvent happened) =>
        stages.Report(happened is RunEvent.Warned w ? w with { Kept = WithoutFolders(w.Text) } : happened);

    // Engines name folders by their paths. A report that is sent around tells the last part only.
    private string WithoutFolders(string text) =>
        study
            .Candidates.Values.SelectMany(c => (string?[])[c.Adapter, c.Model, c.Gguf, c.Tokenizer])
            .Append(study.Base.Model)
            .Append(run.Layout.Root)
            .OfType<string>()
            .Where(Path.IsPathFullyQualified)
            .Distinct()
            .OrderByDescending(p => p.Length)
            .Aggregate(text, (shorter, path) => shorter.Replace(path, LastPart(path), StringComparison.Ordinal));

    private static string LastPart(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    private T Logged<T>(Func<T> work)
    {
        using Activity? span = Telemetry.Begin("run", "fulcrum.study", study.Title);
        stages.Log.Begins(study.Title, run.Layout.Root);
        try
        {
            T result = work();
            stages.Log.Ends();
            return result;
        }
        catch (Exception e) when (IsLogged(e))
        {
            throw;
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new FulcrumException(
                "the run stopped, because a file could not be read or written: "
                    + $"{AtomicFile.Reason(e).TrimEnd('.')}. What was done is kept in {run.Layout.Root}. "
                    + "Repeat the command to continue from there",
                e
            );
        }
    }

    private Comparison? RunStages(Stage until, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Corpus data = openCorpus(study);
        RunState state = RunState.Begin(study, stages, engines, data);
        stages.Unchanged = () => state.RefuseChanges(engines, data);

        Action begin = until >= Stage.Candidates && state.HasParts ? () => Begin(state, data, cancellation) : () => { };
        Prepare(state, data, cancellation, begin);
        begin();
        if (until >= Stage.Base)
        {
            state = Measure(state, data, until, cancellation);
        }

        Comparison? comparison = until >= Stage.Compare ? Compare(state) : null;
        if (until >= Stage.Report)
        {
            Report();
        }

        return comparison;
    }

    private SelectionRun Selecting(RunState state, Corpus data) => new(state, stages, engines, data, settings);

    private SeekRun Seeking(RunState state, Corpus data, bool stores) =>
        new(state, stages, engines, data, settings, stores);

    private void Prepare(RunState state, Corpus data, CancellationToken cancellation, Action? passed = null) =>
        new Preparation(state, stages, engines, data, settings).Run(cancellation, passed);

    private void Report()
    {
        if (settings.WriteReport is { } write)
        {
            string inputs = Sha256.OfTexts(run.Layout.DigestOf("compare"), settings.Language);
            stages.Run("report", inputs, [], () => write(run.Layout, settings.Language));
        }
    }

    // A candidate needs the checks of the base, but none of its answers.
    private void Begin(RunState state, Corpus data, CancellationToken cancellation)
    {
        if (settings.SplitBase is not null && IsSplit(state, MeasurementOf(state, data)))
        {
            settings.Warm?.Invoke(state.Study);
        }
        else
        {
            settings.Begin?.Invoke(state.Study, Open(state, data), stages.Report, cancellation);
        }
    }

    /// <summary>Whether several processes can measure the base.</summary>
    private bool IsSplit(RunState state, Measurement measurement) =>
        state.HasParts
        && !run.Layout.IsComplete(RunLayout.Base, state.BaseInputs)
        && measurement.HasParts(RunLayout.Base);

    private void MeasureBase(RunState state, Corpus data, CancellationToken cancellation)
    {
        Measurement measurement = MeasurementOf(state, data);
        if (settings.SplitBase is { } split && IsSplit(state, measurement))
        {
            split(state.Study, node => Do(node, state, data, cancellation), stages.Report, cancellation);
            measurement.Join(RunLayout.Base, state.BaseInputs);
        }

        new BaseStage(state, stages, measurement).Run(cancellation);
    }

    private IReadOnlyList<StageNode> Open(RunState state, Corpus data) =>
        Candidates(state, data).Open(StageGraph.Of(state.Study));

    private CandidateStages Candidates(RunState state, Corpus data) =>
        new(state, stages, engines, MeasurementOf(state, data), data, settings);

    private Measurement MeasurementOf(RunState state, Corpus data) =>
        new(state.Study, run.Layout, engines, data, stages.Report);

    /// <returns>The state with the candidates that are to be compared.</returns>
    private RunState Measure(RunState state, Corpus data, Stage until, CancellationToken cancellation)
    {
        if (!state.Study.Selects)
        {
            MeasureAll(state, data, until, cancellation);
            return state;
        }

        SelectionRun selection = Selecting(state, data);
        if (until == Stage.Base)
        {
            selection.MeasureBase(cancellation);
            return state;
        }

        RunState confirmed = state.Study.Seek is null
            ? selection.Run(cancellation)
            : Seeking(state, data, stores: true).Run(cancellation);
        MeasureAll(confirmed, selection.Confirmation, until, cancellation);
        return confirmed;
    }

    private void MeasureAll(RunState state, Corpus data, Stage until, CancellationToken cancellation)
    {
        if (state.Study.Decide)
        {
            MeasureUntilDecided(state, data, until, cancellation);
            return;
        }

        MeasureBase(state, data, cancellation);
        if (until >= Stage.Candidates && state.HasParts && settings.Elsewhere is { } elsewhere)
        {
            void Here(StageNode node) => Do(node, state, data, cancellation);
            elsewhere(state.Study, Open(state, data), Here, stages.Report, cancellation);
        }
        else if (until >= Stage.Candidates)
        {
            Candidates(state, data).Run(cancellation);
        }
    }

    /// <summary>Asks base and candidates look by look, then completes the stages of each.</summary>
    private void MeasureUntilDecided(RunState state, Corpus all, Stage until, CancellationToken cancellation)
    {
        (Corpus data, IReadOnlyDictionary<string, AskingOrder> orders) = AskedItems.Ordered(all, state.Study.Seed);
        Measurement measurement = new(state.Study, run.Layout, engines, data, stages.Report);
        CandidateStages candidates = new(state, stages, engines, measurement, data, settings);
        EarlyRounds rounds = new(state, stages, measurement, candidates, data, orders, settings.Required);
        if (until == Stage.Base)
        {
            rounds.AskBase(cancellation);
            return;
        }

        candidates.Obtain(cancellation);
        LooksFile asked = rounds.Run(cancellation);
        new BaseStage(state, stages, measurement).Run(cancellation, rounds.Extents(t => t.Base, asked));
        foreach (string name in state.Compared)
        {
            candidates.Measure(name, cancellation, rounds.Extents(t => t.Candidates[name], asked));
        }
    }

    private Comparison Compare(RunState state)
    {
        string[] before = [.. state.StagesOfAnswers()];
        string inputs = Sha256.OfTexts([
            StudyFile.Print(state.Study),
            .. before.Select(s => s + run.Layout.DigestOf(s)),
        ]);
        stages.Run(
            "compare",
            inputs,
            before,
            () =>
            {
                Comparison comparison = StudyComparison.Of(state.Study, run.Layout);
                ComparisonJson.Write(run.Layout.Comparison, comparison);
                GuardLog.Refuse(comparison.Guards ?? [], state.Study with { OverrideGuards = null });
                return ["comparison.json"];
            }
        );
        return ComparisonJson.Read(run.Layout.Comparison);
    }

    // This filter returns false, so the exception still reaches its original handler.
    private bool IsLogged(Exception e)
    {
        if (e is OperationCanceledException)
        {
            stages.Log.Interrupted();
        }
        else
        {
            stages.Log.Failed(e is FulcrumException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }

        return false;
    }
}
