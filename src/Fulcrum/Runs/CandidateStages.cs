using System.Text.Json;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Obtains and measures every candidate, each in its own folder.</summary>
internal sealed class CandidateStages(
    RunState state,
    Stages stages,
    Engines engines,
    Measurement measurement,
    Corpus data,
    ExperimentSettings settings
)
{
    private readonly CandidateWork work = new(state.Study, stages.Layout, engines, data, settings, stages.Report);

    /// <summary>Obtains and measures each candidate, one after the other.</summary>
    public void Run(CancellationToken cancellation) => state.Compared.ToList().ForEach(name => Run(name, cancellation));

    /// <summary>Obtains and measures one candidate, which is held meanwhile.</summary>
    public void Run(string name, CancellationToken cancellation) =>
        Hold(
            StageNode.Of(name),
            () =>
            {
                ObtainIfMade(name, cancellation);
                Measure(name, cancellation);
            }
        );

    /// <summary>Obtains one candidate, which is held meanwhile, and does no more or measures it for a
    /// selection.</summary>
    /// <param name="node">Of the candidate.</param>
    public void Try(StageNode node, CancellationToken cancellation) =>
        Hold(
            node,
            () =>
            {
                ObtainIfMade(node.Candidate!, cancellation);
                if (node.Kind == NodeKind.Tried)
                {
                    MeasureForSelection(node.Candidate!, cancellation);
                }
            }
        );

    private void Hold(StageNode node, Action task)
    {
        using IDisposable held = stages.HoldCandidate(node.Candidate!);
        FailureFile.Record(stages.Layout, node, task);
        Heartbeat.Remove(stages.Layout, node.Candidate!);
    }

    /// <summary>Returns the candidates that are not complete, in the study's order. One that is derived from such a
    /// candidate is among them, because what it reads may change.</summary>
    /// <exception cref="InputException">A candidate was made or measured from other inputs than it names
    /// now.</exception>
    public IReadOnlyList<StageNode> Open(StageGraph graph)
    {
        HashSet<StageNode> open = [];
        foreach (StageNode node in graph.Levels().SelectMany(level => level))
        {
            if (graph.Needs[node].Any(open.Contains) || !IsComplete(node.Candidate!))
            {
                open.Add(node);
            }
        }

        return [.. graph.Candidates.Where(open.Contains)];
    }

    private bool IsComplete(string name) =>
        (!work.MakesModel(name) || IsComplete(name, "obtain", MakingInputsOf)) && IsComplete(name, "measure", InputsOf);

    private bool IsComplete(string name, string part, Func<string, string> inputsOf)
    {
        string stage = $"{RunLayout.Candidate(name)}/{part}";
        if (stages.Layout.Completed(stage) is null)
        {
            return false;
        }

        string inputs = inputsOf(name);
        RefuseOtherInputs(name, stage, inputs);
        return stages.Layout.IsComplete(stage, inputs);
    }

    /// <summary>Obtains every candidate.</summary>
    public void Obtain(CancellationToken cancellation) =>
        state.Study.Candidates.Keys.ToList().ForEach(name => ObtainIfMade(name, cancellation));

    /// <summary>Measures one candidate on the items by which candidates are selected. The guards are tried on the other
    /// items.</summary>
    public void MeasureForSelection(string name, CancellationToken cancellation)
    {
        string place = $"{RunLayout.Candidate(name)}/{RunLayout.Selection}",
            inputs = InputsOf(name);
        RefuseOtherInputs(name, place, inputs);
        stages.Run(
            place,
            inputs,
            () => measurement.Writes(place),
            () =>
                work.SpecOf(name) is { } spec
                    ? MeasureForSelection(name, place, inputs, spec, cancellation)
                    : GivenReplies.Measure(state.Study.Candidates[name], stages.Layout, place, data)
        );
        new EqualWork(stages.Layout, name).Note(RunLayout.Selection, inputs);
    }

    private IReadOnlyList<string> MeasureForSelection(
        string name,
        string place,
        string inputs,
        ModelSpec spec,
        CancellationToken cancellation
    )
    {
        new EqualWork(stages.Layout, name).TakeAnswers(RunLayout.Selection, inputs, RunLayout.Selection);
        return measurement.Measure(place, place, inputs, spec, cancellation);
    }

    /// <summary>Returns a candidate's model; null for a candidate that consists of replies.</summary>
    public ModelSpec? SpecOf(string name) => work.SpecOf(name);

    /// <summary>Returns the digest of everything that a candidate's answers are made from.</summary>
    public string InputsOf(string name)
    {
        string made = work.SpecOf(name) is { } spec
            ? engines.DigestOf(spec)
            : Sha256.OfTexts([
                .. state.Study.Candidates[name].Replies!.Select(r => $"{r.Key}={RememberedDigest.Of(r.Value)}"),
            ]);
        return Sha256.OfTexts(state.BaseInputs, PlanOf(name), made);
    }

    /// <summary>Obtains one candidate, if its model is made here.</summary>
    public void ObtainIfMade(string name, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (work.MakesModel(name))
        {
            Obtain(name, cancellation);
        }
    }

    private void Obtain(string name, CancellationToken cancellation)
    {
        string stage = $"{RunLayout.Candidate(name)}/obtain";
        bool trained = work.TrainingOf(name) is not null;
        string inputs = MakingInputsOf(name);
        RefuseOtherInputs(name, stage, inputs);
        stages.Run(stage, inputs, () => [], () => Obtained(stage, name, inputs, trained, cancellation));
        new EqualWork(stages.Layout, name).Note("obtain", inputs);
    }

    /// <summary>Returns the digest of everything that a candidate's model is made from.</summary>
    private string MakingInputsOf(string name) =>
        Sha256.OfTexts(
            state.BaseDigest,
            $"{state.Study.Base.Spec}",
            work.TrainingOf(name) is { } training
                ? JsonSerializer.Serialize(training, StudyJson.Default.TrainPlan)
                : PlanOf(name),
            state.TrainingInputsOf(state.Study.Candidates[name], data),
            $"{work.SeedOf(state.Study.Candidates[name])}"
        );

    // The inputs of a training name no candidate, so an equal training has equal inputs.
    private IReadOnlyList<string> Obtained(
        string stage,
        string name,
        string inputs,
        bool trained,
        CancellationToken cancellation
    ) =>
        (trained ? new EqualWork(stages.Layout, name).Adapter(inputs) : null)
        ?? work.Obtain(stage, name, inputs, cancellation);

    /// <summary>Measures one candidate.</summary>
    /// <param name="extents">By task, how far it is measured; null: completely.</param>
    public void Measure(
        string name,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, Extent>? extents = null
    )
    {
        CandidatePlan plan = state.Study.Candidates[name];
        string place = RunLayout.Candidate(name),
            stage = $"{place}/measure";
        ModelSpec? spec = work.SpecOf(name);
        string inputs = InputsOf(name);
        RefuseOtherInputs(name, stage, inputs);
        stages.Run(
            stage,
            inputs,
            () => measurement.Writes(place),
            () =>
                spec is null
                    ? GivenReplies.MeasureCandidate(state.Study, name, stages.Layout, data, extents, stages.Report)
                    : Measure(stage, place, inputs, spec, plan, extents, cancellation)
        );
        new EqualWork(stages.Layout, name).Note("measure", inputs);
    }

    private IReadOnlyList<string> Measure(
        string stage,
        string place,
        string inputs,
        ModelSpec spec,
        CandidatePlan plan,
        IReadOnlyDictionary<string, Extent>? extents,
        CancellationToken cancellation
    )
    {
        GuardLog guards = new(stage);
        new EqualWork(stages.Layout, Path.GetFileName(place)).TakeAnswers("measure", inputs);
        double[] asTrained = [];
        bool probed =
            plan.Way is CandidateWay.Train or CandidateWay.Adapter or CandidateWay.Command && spec.Adapter is not null;
        List<string> written =
        [
            .. measurement.Measure(
                stage,
                place,
                inputs,
                spec,
                cancellation,
                (model, encoding) => asTrained = probed ? AdapterProbe.Of(model, data.Tasks, encoding) : [],
                extents
            ),
        ];
        foreach ((ITask task, TaskPlan taskPlan) in data.Tasks.Zip(state.Study.NamedTasks))
        {
            IReadOnlyList<Answer> answers = AnswerFile.Read(stages.Layout.Answers(place, task.Name));
            MeasurementGuards.Check(guards, task, taskPlan, answers, "", before: false);
            AnswerWarnings.Report(stages.Report, state.Study, Path.GetFileName(place), task, taskPlan, answers);
        }

        if (probed)
        {
            Probe(guards, spec, asTrained);
            if (engines.For(spec.Source).AdapterDoubt(spec) is { } doubt)
            {
                guards.NotChecked(GuardNames.AdapterBase, null, $"the adapter of {Path.GetFileName(place)} {doubt}");
            }
        }

        guards.Close(stages.Layout.Guards(stage), state.Study);
        return [.. written, RunLayout.GuardsName(stage)];
    }

    /// <summary>Checks that the adapter changes the model, and that lambda 0 is the base.</summary>
    private void Probe(GuardLog guards, ModelSpec spec, double[] asTrained)
    {
        bool otherBase =
            spec.Adapter!.Form
            is ServingForm.UnquantizedAttached
                or ServingForm.UnquantizedMerged
                or ServingForm.Int8Attached;
        double[]? bare = otherBase ? null : ProbeOf(spec with { Adapter = null });
        double[] zero = ProbeOf(spec with { Adapter = spec.Adapter with { Lambda = 0 } });
        AdapterProbe.Check(guards, bare, zero, asTrained, spec.Dtype);
    }

    private double[] ProbeOf(ModelSpec spec)
    {
        using ILanguageModel model = engines.Open(spec);
        PromptEncoding encoding = engines.For(spec.Source).LoadEncoding(spec);
        return AdapterProbe.Of(model, data.Tasks, encoding.With(state.Study.TemplateVariables));
    }

    /// <summary>A candidate that was made or measured from other inputs is not silently replaced.</summary>
    private void RefuseOtherInputs(string name, string stage, string inputs)
    {
        if (stages.Layout.Completed(stage) is { } earlier && earlier.Inputs != inputs)
        {
            throw new InputException(
                $"the run folder {stages.Layout.Root} cannot be continued: the candidate {name} was measured from "
                    + "another plan, adapter or model than it names now; give it another name, choose another "
                    + "--output, or undo the change"
            );
        }
    }

    // The plan of a derived candidate includes the plans that it is derived from.
    private string PlanOf(string name)
    {
        CandidatePlan plan = state.Study.Candidates[name];
        string own = CandidateDigest.Of(plan);
        return plan.From is { } from ? Sha256.OfTexts(own, PlanOf(from)) : own;
    }
}
