using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Selects one candidate on one half of the items. The other half judges it.</summary>
/// <param name="data">Of all items.</param>
internal sealed class SelectionRun(
    RunState state,
    Stages stages,
    Engines engines,
    Corpus data,
    ExperimentSettings settings
)
{
    private readonly (Corpus Selection, Corpus Confirmation) halves = AskedItems.Halves(data, state.Study);
    private const string BaseStage = $"{RunLayout.Base}/{RunLayout.Selection}";

    /// <summary>The items that judge the selected candidate.</summary>
    public Corpus Confirmation => halves.Confirmation;

    /// <summary>Measures the base on the selection half.</summary>
    public void MeasureBase(CancellationToken cancellation)
    {
        Measurement measurement = MeasurementOfHalf();
        stages.Run(
            BaseStage,
            state.BaseInputs,
            () => measurement.Writes(BaseStage),
            () => measurement.Measure(BaseStage, BaseStage, state.BaseInputs, state.Study.Base.Spec, cancellation)
        );
    }

    /// <summary>Obtains every candidate, measures it on the selection half, and selects one.</summary>
    /// <returns>The state with the candidates that the other half judges.</returns>
    public RunState Run(CancellationToken cancellation)
    {
        MeasureBase(cancellation);
        Measurement measurement = MeasurementOfHalf();
        CandidateStages candidates = new(state, stages, engines, measurement, halves.Selection, settings);
        candidates.Obtain(cancellation);
        string[] names = [.. state.Study.Candidates.Keys];
        names.ToList().ForEach(name => candidates.MeasureForSelection(name, cancellation));
        return Choose(names, null);
    }

    /// <summary>Obtains one candidate and measures it on the selection half.</summary>
    public void Try(StageNode node, CancellationToken cancellation) =>
        new CandidateStages(state, stages, engines, MeasurementOfHalf(), halves.Selection, settings).Try(
            node,
            cancellation
        );

    /// <summary>Selects one of some candidates that are measured on the selection half.</summary>
    /// <param name="search">Returns what is judged beside the selected candidate, and how it was found; null: all
    /// candidates were measured.</param>
    /// <returns>The state with the candidates that the other half judges.</returns>
    public RunState Choose(
        IReadOnlyList<string> names,
        Func<string, (IReadOnlyList<string> Beside, SearchSummary Summary)>? search
    )
    {
        string[] reads = [BaseStage, .. names.Select(n => $"{RunLayout.Candidate(n)}/{RunLayout.Selection}")];
        string inputs = Sha256.OfTexts([
            .. reads.Select(s => s + stages.Layout.DigestOf(s)),
            .. search is null ? [] : state.Study.Candidates.Keys,
        ]);
        stages.Run(RunLayout.Selection, inputs, reads, () => Select(names, search));
        return state with { Confirmed = Read(stages.Layout).Confirmed };
    }

    /// <summary>Returns what candidates scored on the selection half.</summary>
    public IReadOnlyList<Selectable> Selectables(IReadOnlyList<string> names)
    {
        Dictionary<string, IReadOnlyList<Answer>> before = Answers(BaseStage);
        return [.. names.Select(n => Selectable(n, state.Study.Candidates[n], before))];
    }

    /// <summary>Whether candidates are still being tried, so that the ones to be judged are not known yet.</summary>
    public static bool IsOpen(Study study, RunLayout run) =>
        study.Selects && run.Completed(RunLayout.Selection) is null;

    /// <summary>Returns the candidates that are judged; null if the study selects none, or has not selected
    /// yet.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static IReadOnlyList<string>? ConfirmedOf(Study study, RunLayout run) =>
        study.Selects && !IsOpen(study, run) ? Read(run).Confirmed : null;

    /// <summary>Reads what was selected.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    public static SelectionResult Read(RunLayout run)
    {
        try
        {
            return JsonSerializer.Deserialize<SelectionResult>(
                    BoundedFile.ReadText(run.Selected),
                    SnakeCaseJson.Options
                ) ?? throw new InputException($"{run.Selected}: holds null");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(
                $"{run.Selected}: missing or damaged. Repeat the command that made the run to recreate it",
                e
            );
        }
    }

    private Measurement MeasurementOfHalf() =>
        new(state.Study, stages.Layout, engines, halves.Selection, stages.Report);

    private IReadOnlyList<string> Select(
        IReadOnlyList<string> names,
        Func<string, (IReadOnlyList<string> Beside, SearchSummary Summary)>? search
    )
    {
        SelectionResult selected = CandidateSelection.Of(
            Selectables(names),
            state.Study.Targets,
            state.Study.Margin / 100
        );
        if (search?.Invoke(selected.Chosen) is { } found)
        {
            selected = selected with
            {
                Confirmed = [.. selected.Confirmed.Concat(found.Beside).Distinct()],
                Search = found.Summary,
            };
        }

        AtomicFile.WriteText(stages.Layout.Selected, JsonSerializer.Serialize(selected, SnakeCaseJson.Options) + "\n");
        stages.Report(
            new RunEvent.Noted(
                $"selected {selected.Chosen} from {selected.Candidates} candidates on one half of the items; "
                    + $"the other half judges {string.Join(", ", selected.Confirmed)}"
            )
        );
        return [Path.GetFileName(stages.Layout.Selected)];
    }

    private Selectable Selectable(string name, CandidatePlan plan, Dictionary<string, IReadOnlyList<Answer>> before)
    {
        Dictionary<string, IReadOnlyList<Answer>> after = Answers($"{RunLayout.Candidate(name)}/{RunLayout.Selection}");
        return new Selectable(
            name,
            RootOf(name),
            (plan.Step ?? int.MaxValue, plan.Lambda ?? 1),
            plan.Seed is not null,
            before.ToDictionary(b => b.Key, b => Score(b.Key, b.Value, after[b.Key]))
        );
    }

    private Difference Score(string task, IReadOnlyList<Answer> before, IReadOnlyList<Answer> after)
    {
        Sample sample = PairedComparison.Differences(task, before, after);
        Estimand estimand = PairedComparison.Allowed(sample, state.Study.Tasks[task].Generalises());
        return new Estimator(sample, estimand).At().ToDifference();
    }

    // A short training is a training of its own.
    private string RootOf(string name) =>
        state.Study.Candidates[name] is { From: { } from, MaxSteps: null } ? RootOf(from) : name;

    private Dictionary<string, IReadOnlyList<Answer>> Answers(string place) =>
        state.Study.Tasks.Keys.ToDictionary(t => t, t => AnswerFile.Read(stages.Layout.Answers(place, t)));
}
