using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>Guards that need no answers, what the samples can detect, and an estimate of the work.</summary>
internal sealed class Preparation(
    RunState state,
    Stages stages,
    Engines engines,
    Corpus data,
    ExperimentSettings settings
)
{
    private const string Name = "prepare";

    /// <summary>Prepares the study, unless that was done.</summary>
    /// <param name="passed">Called once the checks have passed, before the trial of the estimate; null: nothing
    /// waits.</param>
    public void Run(CancellationToken cancellation, Action? passed = null)
    {
        CandidateWork work = new(state.Study, stages.Layout, engines, data, settings, stages.Report);
        RefuseForms();
        GivenCandidates.Check(state.Study, stages.Layout, engines, work);
        stages.Run(Name, InputsOf(state, data), () => [], () => Prepare(cancellation, passed));
    }

    // Models of their own may have another context and another tokenizer than the base.
    private IEnumerable<(string Name, ModelSpec Spec)> GivenSpecs()
    {
        CandidateWork work = new(state.Study, stages.Layout, engines, data, settings, stages.Report);
        return state
            .Study.Candidates.Where(c => c.Value.Way is CandidateWay.Model or CandidateWay.Gguf)
            .Select(c => (c.Key, work.SpecOf(c.Key)!));
    }

    // Known only now, because the base's device may be found out on this machine.
    private void RefuseForms()
    {
        string device = state.Study.Base.Spec.Device;
        string? other = state.Study.Candidates.FirstOrDefault(c => c.Value.Form == ServingForm.Int8Attached).Key;
        if (other is not null && device != "cpu")
        {
            throw new InputException(
                $"candidates.{other}.form is {EnumNames.Of(ServingForm.Int8Attached)}, which is computed on a CPU "
                    + $"only, and the base's device is {device}; set base.device to cpu or leave the form out"
            );
        }
    }

    /// <summary>Returns the digest of everything that the stage reads.</summary>
    public static string InputsOf(RunState state, Corpus data) =>
        Sha256.OfTexts(state.BaseInputs, state.TrainingInputs, Trainings(state, data));

    private static string Trainings(RunState state, Corpus data) =>
        string.Join(
            '\n',
            state
                .Study.Candidates.Values.Where(c => c.Train is not null)
                .Select(c =>
                    state.TrainingInputsOf(c, data) is var own && own == state.TrainingInputs
                        ? $"{c.Train}"
                        : $"{c.Train} {own}"
                )
        );

    /// <summary>Returns every training with its data, each data set opened and encoded once.</summary>
    private IReadOnlyList<GuardedTraining> EncodedTrainings(PromptEncoding encoding)
    {
        Dictionary<IReadOnlyList<TrainingText>, TrainingExample[]> encoded = [];
        return
        [
            .. state
                .Study.Candidates.Values.Where(c => c.Train is not null)
                .Select(c =>
                {
                    IReadOnlyList<TrainingText> texts = data.TrainingOf(c).Texts;
                    if (!encoded.TryGetValue(texts, out TrainingExample[]? examples))
                    {
                        encoded.Add(texts, examples = [.. texts.Select(encoding.Example)]);
                    }

                    return new GuardedTraining(c.Train!, texts, examples);
                }),
        ];
    }

    private IReadOnlyList<string> Prepare(CancellationToken cancellation, Action? passed)
    {
        ModelSpec spec = state.Study.Base.Spec;
        PromptEncoding encoding = engines.For(spec.Source).LoadEncoding(spec).With(state.Study.TemplateVariables);
        GuardLog guards = new(Name);
        IReadOnlyList<GuardedTraining> trainings = EncodedTrainings(encoding);
        if (state.Study.NeutralText is { } neutral)
        {
            NeutralText.Check(neutral, state.Study.Seed, encoding);
        }

        new FittingPrompts(state.Study, engines, stages.Report).Check(data, encoding, GivenSpecs());
        PreparationGuards.Check(guards, data, encoding, trainings, state.Study);
        guards.Close(stages.Layout.Guards(Name), state.Study);
        passed?.Invoke();
        List<string> written = [RunLayout.GuardsName(Name)];
        stages.Report(new RunEvent.Noted(PreparationSummary.Of(guards, state.Study.OverrideGuards ?? [])));
        data.Tasks.Select(t => t.Layout is { } layout ? $"{t.Name}: {layout}" : null)
            .Concat(
                state.Study.Candidates.Values.Where(c => c.Train is not null).Select(c => data.TrainingOf(c).Layout)
            )
            .Append(data.TrainingLayout)
            .OfType<string>()
            .Distinct()
            .ToList()
            .ForEach(line => stages.Report(new RunEvent.Noted(line)));
        trainings
            .Select(t => t.Examples)
            .Distinct()
            .SelectMany(encoding.TrainingWarnings)
            .Distinct()
            .ToList()
            .ForEach(w => stages.Report(new RunEvent.Warned(w)));
        state
            .Study.NamedTasks.SelectMany(p => p.UnusedSettings(state.Study.Named.Of))
            .Concat(data.Tasks.SelectMany(t => t.Doubts(null)))
            .ToList()
            .ForEach(w => stages.Report(new RunEvent.Warned(w)));
        Corpus judged = state.Study.Selects ? AskedItems.Halves(data, state.Study).Confirmation : data;
        PreparationSummary.Of(state.Study, judged, settings).ToList().ForEach(stages.Report);
        if (spec.Source is ModelSource.Folder folder)
        {
            AtomicFile.WriteText(stages.Layout.At(ModelFacts.FileName), ModelFacts.Of(folder.Path).Print());
            written.Add(ModelFacts.FileName);
        }

        if (state.Study.Seek is { } seek)
        {
            string most =
                seek.Budget ?? string.Create(CultureInfo.InvariantCulture, $"{seek.Trainings:0.##} full trainings");
            stages.Report(new RunEvent.Noted($"seek: the search takes at most {most}, and the confirmation after it"));
        }
        else if (stages.IsWatched)
        {
            int jobs = state.HasParts ? settings.Jobs : 1;
            Estimate estimate = Estimate.Of(state.Study, engines, data, encoding, jobs, cancellation);
            stages.Report(new RunEvent.Noted(estimate.ToString()));
        }

        return written;
    }
}
