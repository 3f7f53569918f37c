using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>The complete study of a run, with the digests that decide what is still valid.</summary>
/// <param name="Study">Every <c>auto</c> resolved, every derived candidate named.</param>
/// <param name="BaseDigest">Of the base model.</param>
/// <param name="BaseInputs">Of everything that the base's answers depend on.</param>
/// <param name="TrainingInputs">Of everything that a training depends on, its own plan apart.</param>
/// <param name="Confirmed">Names of the candidates that are judged after a selection; null: all.</param>
internal sealed partial record RunState(
    Study Study,
    string BaseDigest,
    string BaseInputs,
    string TrainingInputs,
    IReadOnlyList<string>? Confirmed = null
)
{
    /// <summary>Names of the candidates that are compared with the base.</summary>
    public IReadOnlyList<string> Compared => Confirmed ?? [.. Study.Candidates.Keys];

    /// <summary>Begins or resumes a run: resolves, expands and stores the study.</summary>
    /// <exception cref="InputException">The folder belongs to another study, or a candidate was made or measured from
    /// other inputs than it names now. The stored study stays as it was.</exception>
    public static RunState Begin(Study study, Stages stages, Engines engines, Corpus data)
    {
        RunState state = Of(study, stages.Layout, engines, data);
        string text = StudyFile.Print(state.Study, stages.Layout.Root);
        string? stored = BoundedFile.ReadTextIfThere(stages.Layout.Study);
        if (stored == text)
        {
            return state;
        }

        if (stored is not null)
        {
            if (state.HasParts)
            {
                state.OpenParts(stages, engines, data);
            }

            DroppedCandidates.Warn(
                state.Study,
                Stored(stages.Layout),
                stages.Layout,
                warning => stages.Report(new RunEvent.Warned(warning))
            );
        }

        AtomicFile.WriteText(stages.Layout.Study, text);
        return state;
    }

    private static RunState Of(Study study, RunLayout run, Engines engines, Corpus data)
    {
        Study? stored = Stored(run);
        Study complete = Derivation.Expand(Sweep.Expand(study), c => data.TrainingOf(c).Texts.Count) with
        {
            Base = Resolved(study, stored, engines),
        };
        complete.Check();
        string digest = engines.DigestOf(complete.Base.Spec);
        string[] inputs =
        [
            StudyFile.Print(complete.Core with { TrainingData = null, Replay = null }),
            digest,
            data.TaskDigest,
            Form(engines),
        ];
        // Runs whose rows all ask different questions keep the inputs that they had before rows were joined.
        string[] joined = RepeatedQuestions.DigestOf(data.Tasks) is { } of ? [of] : [];
        RunState state = new(
            complete,
            digest,
            Sha256.OfTexts([.. inputs, .. joined]),
            TrainingInputsOf(complete.TrainingData, complete.Replay, data.TrainingDigest)
        );
        state.RefuseAnotherStudy(run, stored, Sha256.OfTexts(inputs));
        return state;
    }

    // Returns whether the study differs from the stored one.
    private bool Write(RunLayout run)
    {
        string text = StudyFile.Print(Study, run.Root);
        bool differs = BoundedFile.ReadTextIfThere(run.Study) != text;
        if (differs)
        {
            AtomicFile.WriteText(run.Study, text);
        }

        return differs;
    }

    /// <summary>Returns the digest of everything that the training of a candidate depends on, its own plan
    /// apart.</summary>
    public string TrainingInputsOf(CandidatePlan plan, Corpus data) =>
        Study.RootOf(plan) is var root && root is { Replay: null, TrainingData: null }
            ? TrainingInputs
            : TrainingInputsOf(
                root.TrainingData ?? Study.TrainingData,
                root.Replay ?? Study.Replay,
                data.TrainingOf(root).Digest
            );

    private static string TrainingInputsOf(TrainingDataPlan? data, ReplayPlan? replay, string digest) =>
        Sha256.OfTexts($"{data}", $"{(replay is { Share: > 0 } ? replay : null)}", digest);

    /// <summary>Whether the items of a candidate do not depend on other candidates, so that separate processes can
    /// evaluate the candidates.</summary>
    public bool HasParts => !Study.Decide && !Study.Selects;

    /// <summary>Checks that a node belongs to the graph of the study.</summary>
    /// <exception cref="InputException">The graph has no such node. The graph differs with whether the candidates are
    /// judged together.</exception>
    public void RefuseOther(StageNode node)
    {
        IReadOnlyList<StageNode> nodes = StageGraph.Of(Study).Nodes;
        Wanted.That(Belongs(node, nodes), "", "--stage", node, string.Join(", ", nodes.Take(8)));
    }

    // The graph names neither the parts of the base nor the rounds of a search that are not planned yet. A candidate
    // that does not exist is refused by its name.
    private bool Belongs(StageNode node, IReadOnlyList<StageNode> nodes) =>
        node.Kind == NodeKind.Round ? Study.Seek is { Trainings: not null }
        : node.Candidate is null ? nodes.Contains(node with { Part = null })
        : nodes.Any(n => n.Candidate is not null && n.Kind == node.Kind);

    // Refuses candidates that were made or measured from other inputs.
    private StageNode[] OpenParts(Stages stages, Engines engines, Corpus data)
    {
        Measurement measurement = new(Study, stages.Layout, engines, data, _ => { });
        CandidateStages candidates = new(this, stages, engines, measurement, data, new ExperimentSettings());
        bool measured = stages.Layout.IsComplete(RunLayout.Base, BaseInputs);
        return [.. measured ? (StageNode[])[] : [new StageNode(Stage.Base)], .. candidates.Open(StageGraph.Of(Study))];
    }

    /// <summary>Returns the stages whose files the comparison reads, in their order.</summary>
    public IEnumerable<string> StagesOfAnswers() =>
        [
            "prepare",
            .. Study.Selects ? [RunLayout.Selection] : Array.Empty<string>(),
            .. Study.Decide ? [EarlyRounds.Name] : Array.Empty<string>(),
            RunLayout.Base,
            .. Compared.Select(n => $"{RunLayout.Candidate(n)}/measure"),
        ];

    /// <summary>Checks that the base and the data are still what the run began with.</summary>
    /// <exception cref="InputException">One of them changed.</exception>
    public void RefuseChanges(Engines engines, Corpus data)
    {
        string? changed =
            engines.DigestOf(Study.Base.Spec) != BaseDigest ? $"the model in {Study.Base.Model} has"
            : data.DigestNow?.Invoke() is { } now && now != data.TaskDigest ? "the data of the study have"
            : null;
        if (changed is not null)
        {
            throw new InputException(
                $"{changed} changed while the run was under way, so results from before and after the change "
                    + "are not comparable. Undo the change and repeat the command, or choose another --output"
            );
        }
    }

    private static Study? Stored(RunLayout run) =>
        run.Completed("prepare") is not null && File.Exists(run.Study) ? StudyFile.Load(run.Study) : null;

    // An auto is resolved once: a resumed run keeps what its first invocation resolved.
    private static BasePlan Resolved(Study study, Study? stored, Engines engines)
    {
        BasePlan plan = study.Base;
        if (stored is null)
        {
            ModelSpec resolved = engines.Resolve(plan.Spec);
            return plan with { Dtype = resolved.Dtype, Device = resolved.Device, Threads = resolved.Threads };
        }

        return plan with
        {
            Dtype = plan.Dtype == Dtype.Auto ? stored.Base.Dtype : plan.Dtype,
            Device = plan.Device == "auto" ? stored.Base.Device : plan.Device,
            Threads = plan.Threads ?? stored.Base.Threads,
        };
    }

    private static string Form(Engines engines) =>
        engines.All.Select(e => e.Environment.GetValueOrDefault(IEngine.Batches)).FirstOrDefault(f => f is not null)
        ?? "";

    // The argument apart has the base's inputs as they were while each row was a question of its own.
    private void RefuseAnotherStudy(RunLayout run, Study? stored, string apart)
    {
        Manifest? measured = run.Completed(RunLayout.Base);
        bool same = measured is null || measured.Inputs == BaseInputs;
        if (stored is null || (same && StudyFile.Print(stored.Core) == StudyFile.Print(Study.Core)))
        {
            return;
        }

        if (!same && measured?.Inputs == apart)
        {
            throw new InputException(
                $"the run folder {run.Root} cannot be continued: an earlier version of Fulcrum began it and counted "
                    + "each row as a question of its own, but rows that ask the same question now count as one. "
                    + "Choose another --output for a new run"
            );
        }

        string[] then = StudyFile.Print(stored.Core, run.Root).Split('\n'),
            now = StudyFile.Print(Study.Core, run.Root).Split('\n');
        string[] changed =
        [
            .. now.Except(then).Concat(then.Except(now)).Select(l => l.Trim().TrimEnd(',')).Distinct().Take(4),
        ];
        string what =
            changed.Length > 0
                ? $"its study differs ({string.Join("; ", changed)})"
                : "the base or the data have changed since it was begun, or it was begun with another --plain setting";
        throw new InputException(
            $"the run folder {run.Root} cannot be continued: {what}; choose another --output, or undo the change"
        );
    }
}
