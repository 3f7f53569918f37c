using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Obtains the model of a candidate: finds, trains, or has it trained.</summary>
/// <param name="study">Complete, with every derived candidate named.</param>
/// <param name="settings">Whether an external trainer's command may be run, and the keys of servers.</param>
internal sealed class CandidateWork(
    Study study,
    RunLayout run,
    Engines engines,
    Corpus data,
    ExperimentSettings settings,
    Action<RunEvent> report
)
{
    /// <summary>Returns the candidate's model; null for a candidate that consists of replies.</summary>
    /// <remarks>The files exist once the candidate's stage <c>obtain</c> is complete.</remarks>
    public ModelSpec? SpecOf(string name)
    {
        CandidatePlan plan = study.Candidates[name];
        ModelSpec? found = plan.Way switch
        {
            CandidateWay.Train => WithAdapter(run.Adapter(name), plan),
            CandidateWay.Command => Delivered(name, plan),
            CandidateWay.Adapter => WithAdapter(plan.Adapter!, plan),
            CandidateWay.Model => study.Base.SpecOf(plan.Model!),
            CandidateWay.Gguf => InFile(plan.Gguf!, plan.Tokenizer),
            CandidateWay.Endpoint => OnServer(name, plan),
            CandidateWay.Derived => Derived(name, plan),
            _ => null,
        };
        return found;
    }

    /// <summary>Returns whether the candidate's stage <c>obtain</c> makes something.</summary>
    public bool MakesModel(string name) => study.Candidates[name].IsMade;

    /// <summary>Returns how the candidate is trained here, with its seed; null: it is not trained here.</summary>
    public TrainPlan? TrainingOf(string name)
    {
        CandidatePlan plan = study.Candidates[name];
        if ((plan.Train ?? (object?)plan.Seed ?? plan.MaxSteps) is null)
        {
            return null;
        }

        TrainPlan? train = TrainOf(plan);
        return plan.MaxSteps is { } steps
                ? TrainSteps.Shortened(train!, steps, TextsOf(plan).Count) with
                {
                    Seed = SeedOf(plan),
                }
            : train is null ? null
            : train with { Seed = SeedOf(plan) };
    }

    /// <summary>Returns the seed with which a candidate is trained.</summary>
    public int SeedOf(CandidatePlan plan) => plan.Seed ?? TrainOf(plan)?.Seed ?? study.Seed;

    /// <summary>Makes the candidate's model; resumes what was interrupted.</summary>
    /// <returns>The files written, relative to the run.</returns>
    public IReadOnlyList<string> Obtain(string stage, string name, string inputs, CancellationToken cancellation)
    {
        CandidatePlan plan = study.Candidates[name];
        if (plan.Way == CandidateWay.Command)
        {
            return ExternalTrainer.Run(study, plan, run, name, TextsOf(plan), settings.AllowCommand, cancellation);
        }

        return plan.GgufType is { } type ? Export(name, plan, type) : Train(stage, name, plan, inputs, cancellation);
    }

    private IReadOnlyList<TrainingText> TextsOf(CandidatePlan plan) => data.TrainingOf(study.RootOf(plan)).Texts;

    private ModelSpec WithAdapter(string folder, CandidatePlan plan) =>
        study.Base.Spec with
        {
            Adapter = new AppliedAdapter(folder, plan.Lambda ?? 1, plan.Form ?? ServingForm.Attached),
        };

    // A GGUF file has its own numeric form. A file that was exported here gets the base's tokenizer, so that the
    // prompts are the same tokens.
    private ModelSpec InFile(string file, string? tokenizer) =>
        study.Base.Spec with
        {
            Source = new ModelSource.Gguf(file, tokenizer),
            Device = study.Base.Spec.Device == "cpu" ? "cpu" : "auto",
            Dtype = Dtype.Auto,
            Quantization = Quantization.None,
        };

    private ModelSpec Delivered(string name, CandidatePlan plan) =>
        File.Exists(Path.Combine(run.Adapter(name), "adapter_config.json"))
            ? WithAdapter(run.Adapter(name), plan)
            : study.Base.SpecOf(run.At("candidates", name, ExternalTrainer.ModelFolderName));

    // The numeric form and the device are the server's. A key is sent only if it was named outside of the study.
    private ModelSpec OnServer(string name, CandidatePlan plan) =>
        new(
            new ModelSource.Endpoint(
                plan.Endpoint!,
                plan.Served!,
                plan.Tokenizer,
                settings.KeyVariables?.GetValueOrDefault(name),
                plan.Concurrency ?? 4
            )
        );

    private ModelSpec? Derived(string name, CandidatePlan plan)
    {
        if ((plan.Seed ?? plan.MaxSteps) is not null)
        {
            return WithAdapter(run.Adapter(name), plan);
        }

        if (plan.GgufType is not null)
        {
            return InFile(run.At("candidates", name, GgufName), study.Base.Spec.Folder);
        }

        ModelSpec? parent = SpecOf(plan.From!);
        return parent?.Adapter is not { } adapter
            ? parent
            : parent with
            {
                Adapter = adapter with
                {
                    Folder = plan.Step is { } step
                        ? Path.Combine(adapter.Folder, $"checkpoint-{step}")
                        : adapter.Folder,
                    Lambda = plan.Lambda ?? adapter.Lambda,
                    Form = plan.Form ?? adapter.Form,
                },
            };
    }

    private const string GgufName = "model.gguf";

    private IReadOnlyList<string> Export(string name, CandidatePlan plan, GgufFileType type)
    {
        ModelSpec parent =
            SpecOf(plan.From!) ?? throw new InputException($"candidates.{name}: {plan.From} has no model");
        Action<ModelSpec, GgufFileType, string> export =
            engines.ExportGguf ?? throw new InputException($"candidates.{name}: this program cannot write GGUF files");
        export(parent, type, run.At("candidates", name, GgufName));
        return [$"{RunLayout.Candidate(name)}/{GgufName}"];
    }

    private TrainPlan? TrainOf(CandidatePlan plan) =>
        plan.Train ?? (plan.From is { } from ? TrainOf(study.Candidates[from]) : null);

    private IReadOnlyList<string> Train(
        string stage,
        string name,
        CandidatePlan plan,
        string inputs,
        CancellationToken cancellation
    )
    {
        TrainPlan train = TrainingOf(name)!;
        ITrainer trainer = engines.Trainer ?? throw new InputException("this program cannot train adapters");
        PromptEncoding encoding = engines
            .For(study.Base.Spec.Source)
            .LoadEncoding(study.Base.Spec)
            .With(study.TemplateVariables);
        TrainingExample[] examples = [.. TextsOf(plan).Select(encoding.Example)];
        (IReadOnlyList<TrainingExample> shaped, TrainingDataSummary summary) = TrainingShape.Of(train, examples);
        string folder = run.Adapter(name),
            place = $"{RunLayout.Candidate(name)}/adapter";
        RefuseCheckpointsOfOtherInputs(name, folder, inputs);
        AtomicFile.WriteText(Path.Combine(folder, TrainingDataSummary.FileName), summary.Print());
        TrainingProgress progress = new(stage, report);
        trainer.Train(study.Base.Spec, train, shaped, folder, progress.Report, cancellation);
        return
        [
            $"{place}/adapter_config.json",
            $"{place}/adapter_model.safetensors",
            $"{place}/train.jsonl",
            $"{place}/{TrainingDataSummary.FileName}",
        ];
    }

    /// <summary>Checkpoints count only for the inputs that they were made from.</summary>
    private void RefuseCheckpointsOfOtherInputs(string name, string folder, string inputs)
    {
        string mark = Path.Combine(folder, "inputs.txt");
        string? then = BoundedFile.ReadTextIfThere(mark);
        bool other = Directory.Exists(folder) && then != inputs && Directory.EnumerateFileSystemEntries(folder).Any();
        if (other)
        {
            throw new InputException(
                $"the run folder {run.Root} cannot be continued: {folder} holds a training of other inputs "
                    + $"than those of the candidate {name} now; choose another name for the candidate or "
                    + "another --output"
            );
        }

        AtomicFile.WriteText(mark, inputs);
    }
}
