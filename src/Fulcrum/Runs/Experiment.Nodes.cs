using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <content>Single nodes of the graph, as another process does them.</content>
public sealed partial class Experiment
{
    /// <summary>Does single parts of a run that another process began. The same code does them as in a whole
    /// run.</summary>
    /// <param name="nodes">Read one after the other; each is done before the next is asked for.</param>
    /// <param name="ended">Called after each, with its failure; null: a failure is thrown.</param>
    internal void Work(
        IEnumerable<StageNode> nodes,
        Action<StageNode, Exception?>? ended,
        CancellationToken cancellation
    ) =>
        Logged(() =>
        {
            Corpus data = openCorpus(study);
            RunState state = RunState.Begin(study, stages, engines, data);
            stages.Unchanged = () => state.RefuseChanges(engines, data);
            foreach (StageNode node in nodes)
            {
                cancellation.ThrowIfCancellationRequested();
                if (node.Stage > Stage.Prepare)
                {
                    stages.DropWarnings();
                }

                try
                {
                    Do(node, state, data, cancellation);
                    ended?.Invoke(node, null);
                }
                catch (Exception e) when (ended is not null && e is not OperationCanceledException)
                {
                    ended(node, e);
                }
            }

            return (object?)null;
        });

    /// <summary>Returns the candidates that are trained at a place in a round of a search.</summary>
    /// <exception cref="InputException">The study has no such round or place.</exception>
    internal IReadOnlyList<string> NamesAt(StageNode node)
    {
        Corpus data = openCorpus(study);
        RunState state = RunState.Begin(study, stages, engines, data);
        state.RefuseOther(node);
        return Seeking(state, data, stores: false).NamesAt(node.Part!);
    }

    private void Do(StageNode node, RunState state, Corpus data, CancellationToken cancellation)
    {
        state.RefuseOther(node);
        if (node.Candidate is { } name)
        {
            string known = string.Join(", ", state.Study.Candidates.Keys.Take(8));
            Wanted.That(state.Study.Candidates.ContainsKey(name), run.Layout.Study, "candidates", name, known);
            DoCandidate(node, state, data, cancellation);
            return;
        }

        if (node.Kind == NodeKind.Round)
        {
            Seeking(state, data, stores: false).TryAt(node, cancellation);
            return;
        }

        if (node.Part is { } part)
        {
            MeasurementOf(state, data)
                .AskPart(node.Place, node.Place, state.BaseInputs, state.Study.Base.Spec, part, cancellation);
            return;
        }

        Action work = node.Stage switch
        {
            Stage.Prepare => () => Prepare(state, data, cancellation),
            Stage.Base when state.Study.Selects => () => Selecting(state, data).MeasureBase(cancellation),
            Stage.Base => () => MeasureBase(state, data, cancellation),
            Stage.Candidates => () => Judge(state, data, cancellation),
            Stage.Compare => () => CompareJobs(state, data),
            _ => Report,
        };
        FailureFile.Record(run.Layout, node, work);
    }

    private void DoCandidate(StageNode node, RunState state, Corpus data, CancellationToken cancellation)
    {
        switch (node.Kind)
        {
            case NodeKind.Tried:
                Selecting(state, data).Try(node, cancellation);
                break;
            case NodeKind.Obtained:
                Candidates(state, data).Try(node, cancellation);
                break;
            default:
                Candidates(state, data).Run(node.Candidate!, cancellation);
                break;
        }
    }

    /// <summary>Does what one process does after the candidates are obtained and tried.</summary>
    private void Judge(RunState state, Corpus data, CancellationToken cancellation)
    {
        if (!state.Study.Selects)
        {
            MeasureAll(state, data, Stage.Candidates, cancellation);
            return;
        }

        SelectionRun selection = Selecting(state, data);
        RunState confirmed = state.Study.Seek is null
            ? selection.Choose([.. state.Study.Candidates.Keys], null)
            : Seeking(state, data, stores: true).Run(cancellation);
        MeasureAll(confirmed, selection.Confirmation, Stage.Candidates, cancellation);
    }

    // A job may have ended after the plan of its candidate changed.
    private void CompareJobs(RunState state, Corpus data)
    {
        if (state.HasParts)
        {
            _ = Open(state, data);
        }

        Compare(state with { Confirmed = SelectionRun.ConfirmedOf(state.Study, run.Layout) });
    }
}
