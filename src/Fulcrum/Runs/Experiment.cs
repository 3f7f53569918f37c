using System.Diagnostics;
using System.Text.Json.Serialization;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Observability;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulcrum.Runs;

/// <summary>The parts of an experiment, in their order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Stage>))]
public enum Stage
{
    /// <summary>Guards that need no answers, detectable differences, an estimate of the work.</summary>
    [JsonStringEnumMemberName("prepare")]
    Prepare,

    /// <summary>The base is measured.</summary>
    [JsonStringEnumMemberName("base")]
    Base,

    /// <summary>Each candidate is obtained and measured.</summary>
    [JsonStringEnumMemberName("candidates")]
    Candidates,

    /// <summary>Every candidate is compared with the base.</summary>
    [JsonStringEnumMemberName("compare")]
    Compare,

    /// <summary>The report is written.</summary>
    [JsonStringEnumMemberName("report")]
    Report,
}

/// <summary>The whole experiment, as stages that read files and write files: the file to read first.</summary>
/// <param name="study">With absolute paths, as <see cref="StudyFile.Load(string)"/> returns it.</param>
/// <param name="run">Where everything goes. An interrupted run in this folder is resumed.</param>
/// <param name="engines">What opens and trains models.</param>
/// <param name="openCorpus">Opens the data that the study names.</param>
/// <param name="settings">What does not change a result.</param>
public sealed class Experiment(
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

        using Activity? span = Telemetry.Begin("run", "fulcrum.study", study.Title);
        stages.Log.Begins(study.Title, run.Layout.Root);
        try
        {
            Comparison? comparison = RunStages(until, cancellation);
            stages.Log.Ends();
            return comparison;
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
        RunState state = RunState.Begin(study, run.Layout, engines, data);
        stages.Unchanged = () => state.RefuseChanges(engines, data);

        new Preparation(state, stages, engines, data, settings).Run(cancellation);
        if (until >= Stage.Base)
        {
            state = Measure(state, data, until, cancellation);
        }

        Comparison? comparison = until >= Stage.Compare ? Compare(state) : null;
        if (until >= Stage.Report && settings.WriteReport is { } write)
        {
            string inputs = Sha256.OfTexts(run.Layout.DigestOf("compare"), settings.Language);
            stages.Run("report", inputs, [], () => write(run.Layout, settings.Language));
        }

        return comparison;
    }

    /// <returns>The state with the candidates that are to be compared.</returns>
    private RunState Measure(RunState state, Corpus data, Stage until, CancellationToken cancellation)
    {
        if (!state.Study.Selects)
        {
            MeasureAll(state, data, until, cancellation);
            return state;
        }

        SelectionRun selection = new(state, stages, engines, data, settings);
        if (until == Stage.Base)
        {
            selection.MeasureBase(cancellation);
            return state;
        }

        RunState confirmed = state.Study.Seek is null
            ? selection.Run(cancellation)
            : new SeekRun(state, stages, engines, data, settings).Run(cancellation);
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

        Measurement measurement = new(state.Study, run.Layout, engines, data, stages.Report);
        new BaseStage(state, stages, measurement).Run(cancellation);
        if (until >= Stage.Candidates)
        {
            new CandidateStages(state, stages, engines, measurement, data, settings).Run(cancellation);
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
                AtomicFile.WriteText(run.Layout.Comparison, ComparisonJson.Print(comparison));
                GuardLog.Refuse(comparison.Guards ?? [], []);
                return ["comparison.json"];
            }
        );
        string text = BoundedFile.ReadText(run.Layout.Comparison);
        return ComparisonJson.Parse(text, run.Layout.Comparison);
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

/// <summary>Settings of an experiment that do not change its results.</summary>
/// <param name="Report">Called with everything that happens.</param>
/// <param name="Looking">By task, the difference in percentage points that is to be detected, in addition to the
/// study's margin; null: none.</param>
/// <param name="Required">By task, the bounds that a requirement demands. An early decision waits until they are
/// decided too.</param>
/// <param name="Log">Null: nothing is logged.</param>
/// <param name="WriteReport">Writes the report of a run folder in a language and returns the files; null: no
/// report.</param>
/// <param name="Language">Of the report: <c>en</c> or <c>pt-BR</c>.</param>
/// <param name="AllowCommand">Whether external trainers' commands may be run.</param>
/// <param name="KeyVariables">By candidate on a server, the environment variable that holds the key; null: no key is
/// sent.</param>
public sealed record ExperimentSettings(
    Action<RunEvent>? Report = null,
    IReadOnlyDictionary<string, double>? Looking = null,
    IReadOnlyDictionary<string, IReadOnlyList<RequiredBound>>? Required = null,
    ILogger? Log = null,
    Func<RunLayout, string, IReadOnlyList<string>>? WriteReport = null,
    string Language = "en",
    bool AllowCommand = false,
    IReadOnlyDictionary<string, string>? KeyVariables = null
);
