using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Measures the base, once for all candidates.</summary>
internal sealed class BaseStage(RunState state, Stages stages, Measurement measurement)
{
    private const string Name = RunLayout.Base;

    /// <param name="extents">By task, how far it is measured; null: completely.</param>
    public void Run(CancellationToken cancellation, IReadOnlyDictionary<string, Extent>? extents = null) =>
        stages.Run(Name, state.BaseInputs, () => measurement.Writes(Name), () => Measure(cancellation, extents));

    private IReadOnlyList<string> Measure(CancellationToken cancellation, IReadOnlyDictionary<string, Extent>? extents)
    {
        GuardLog guards = new(Name);
        IReadOnlyList<string> written = measurement.Measure(
            Name,
            Name,
            state.BaseInputs,
            state.Study.Base.Spec,
            cancellation,
            (model, encoding) => MeasureNoise(new Evaluator(model, encoding), cancellation),
            extents
        );
        string? folder = state.Study.Base.Spec.Source is ModelSource.Folder source ? source.Path : null;
        foreach ((ITask task, TaskPlan plan) in measurement.TasksOf(Name).Zip(state.Study.NamedTasks))
        {
            IReadOnlyList<Answer> answers = AnswerFile.Read(stages.Layout.Answers(Name, task.Name));
            MeasurementGuards.Check(guards, task, plan, answers, folder ?? "", before: true);
            AnswerWarnings.Report(stages.Report, state.Study, Name, task, plan, answers);
            AnswerWarnings.OfBase(stages.Report, state.Study, plan, answers);
        }

        guards.Close(stages.Layout.Guards(Name), state.Study);
        return [.. written, RunLayout.GuardsName(Name), $"{Name}/noise.json"];
    }

    private void MeasureNoise(Evaluator evaluator, CancellationToken cancellation)
    {
        BatchingNoise[] noise =
        [
            .. measurement
                .TasksOf(Name)
                .Select(t =>
                    BatchingNoise.Of(evaluator, t, AnswerFile.Read(stages.Layout.Answers(Name, t.Name)), cancellation)
                ),
        ];
        BatchingNoise.Write(stages.Layout.At(Name, "noise.json"), noise);
    }
}
