using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <content>The study of a run whose stages are done by jobs of a cluster.</content>
internal sealed partial record RunState
{
    /// <summary>Stores the study of a run whose stages will be done by other processes, on other machines. An
    /// <c>auto</c> is left to the process that prepares.</summary>
    /// <exception cref="InputException">As for <see cref="Begin"/>, or a candidate was
    /// measured from other inputs than it names now.</exception>
    /// <param name="warn">Gets the warnings; null: nobody does.</param>
    public static Submission Submit(
        Study study,
        RunLock held,
        Engines engines,
        Corpus data,
        Action<string>? warn = null
    )
    {
        RunLayout run = held.Layout;
        Study complete = Derivation.Expand(Sweep.Expand(study), c => data.TrainingOf(c).Texts.Count);
        complete.Check();
        Study? stored = Stored(run);
        RunState? prepared = stored is null ? null : Of(study, run, engines, data);
        Stages stages = new(held, engines, new ExperimentSettings());
        if (study.Seek is not null)
        {
            SeekRun
                .Planned(prepared ?? new RunState(complete, "", "", ""), stages, engines, data)
                .WriteUnlessPlanned(run);
        }

        if (warn is not null)
        {
            DroppedCandidates.Warn(complete, stored, run, warn);
        }

        Submission submission = prepared?.Resubmit(stages, engines, data) ?? Unprepared(complete, run);
        AtomicFile.WriteText(run.Submitted, StudyFile.Print(submission.Study, run.Root));
        return submission;
    }

    // What the base and the data are is not known here before the stage prepare is complete. So what an earlier study
    // left is left to the jobs, which compare its inputs with theirs.
    private static Submission Unprepared(Study complete, RunLayout run)
    {
        bool same = BoundedFile.ReadTextIfThere(run.Submitted) == StudyFile.Print(complete, run.Root);
        StageGraph graph = StageGraph.Of(complete, SeekFile.Read(run));
        File.Delete(run.Study);
        File.Delete(run.ManifestPath("prepare"));
        IEnumerable<StageNode> measuring = graph.Nodes.Where(n => n.Stage is Stage.Base or Stage.Candidates);
        return new Submission(complete, same ? [] : [.. measuring]);
    }

    private Submission Resubmit(Stages stages, Engines engines, Corpus data)
    {
        RunLayout run = stages.Layout;
        (RunState now, StageNode[] doubtful) = HasParts
            ? (this, OpenParts(stages, engines, data))
            : OpenTogether(stages, engines, data);
        Reopen(run, data, now.Write(run));
        return new Submission(now.Study, doubtful);
    }

    // The judging job reads what all others wrote, so it is done again after any of them. The study gets the short
    // trainings of a search that are known already.
    private (RunState Now, StageNode[] Open) OpenTogether(Stages stages, Engines engines, Corpus data)
    {
        RunLayout run = stages.Layout;
        StageGraph graph = StageGraph.Of(Study, SeekFile.Read(run));
        SeekRun? search = Study.Seek is null ? null : new(this, stages, engines, data, new ExperimentSettings());
        HashSet<StageNode> open = [];
        foreach (StageNode node in graph.Nodes.Where(n => n.Stage is Stage.Base or Stage.Candidates))
        {
            bool known = !graph.Needs[node].Any(open.Contains);
            bool intact = node.Kind != NodeKind.Round || (known && search!.IsIntactAt(node.Part!));
            if (!known || !intact || !StageGraph.IsIntact(node, Study, run))
            {
                open.Add(node);
            }
        }

        return (search?.Now ?? this, [.. open]);
    }

    // What depends on the candidates of the study is done again if they changed.
    private void Reopen(RunLayout run, Corpus data, bool differs)
    {
        string[] changed = differs ? ["compare", "report", RunLayout.Selection, EarlyRounds.Name] : [];
        if (!run.IsComplete("prepare", Preparation.InputsOf(this, data)))
        {
            changed = [.. changed, "prepare"];
            File.Delete(run.Guards("prepare"));
            File.Delete(run.Study);
        }

        // A damaged comparison is written again, and the report after it.
        string[] last = ["compare", "report"];
        changed = [.. changed, .. last.SkipWhile(s => run.Completed(s) is { } m && run.IsComplete(s, m.Inputs))];
        changed.ToList().ForEach(stage => File.Delete(run.ManifestPath(stage)));
    }
}
