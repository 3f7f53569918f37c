using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Observability;
using Fulcrum.Studies;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>Trains a LoRA adapter: loss on completions only, normalised by the completion tokens of the effective
/// batch.</summary>
internal static class LoraTrainer
{
    /// <summary>Tokens that go through the model at once; a batch with more is accumulated in parts.</summary>
    private const int TokenBudget = 4096;

    /// <summary>How the training is set up beyond its plan.</summary>
    /// <param name="InitialAdapter">Start from this adapter, whose configuration decides rank, alpha and
    /// targets.</param>
    /// <param name="GivenOrder">Keep the order of the data.</param>
    /// <param name="Plain">Use the reference implementation: no shared prefixes.</param>
    /// <param name="Form">Number type, quantisation and device: a training is resumed only with the same.</param>
    /// <param name="BaseDigest">Digest of the base model's files: a training is resumed only on the same.</param>
    public sealed record Setup(
        string? InitialAdapter = null,
        bool GivenOrder = false,
        bool Plain = false,
        string Form = "",
        string BaseDigest = ""
    );

    /// <summary>Trains and writes the adapter to <paramref name="output"/>. Resumes from the newest complete and
    /// valid checkpoint there.</summary>
    /// <exception cref="InputException">An example is too long, or has nothing to be trained on; names
    /// it.</exception>
    /// <exception cref="FulcrumException">The loss is no longer finite; names the step.</exception>
    public static void Train(
        LanguageModel model,
        string baseName,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples,
        string output,
        Setup setup,
        Action<TrainingStep>? progress,
        CancellationToken cancellation
    )
    {
        Check(model, plan, examples);
        model.Checkpointing = plan.GradientCheckpointing;
        LoraConfig config = Attach(model, baseName, plan, setup);
        string inputs = Digest(baseName, plan, examples, config, setup);
        using IOptimizer optimizer = OptimizerOf(plan, model, output);
        LossScale scale = LossScale.For(model.Dtype);
        int done = TrainingCheckpoint.Resume(output, inputs, model, optimizer, scale);
        (examples, IReadOnlyList<TrainingExample> heldOut) = ValidationSplit.Of(plan, examples);
        Validation validation = new(model, config, plan, heldOut, output, TrainingLog.ValidationLossesIn(output, done));
        using TrainingLog log = new(output, done);
        int stepsPerEpoch = (examples.Count + plan.BatchSize - 1) / plan.BatchSize,
            steps = stepsPerEpoch * plan.Epochs,
            saved = done;
        while (done < steps && !validation.Ended)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                cancellation.ThrowIfCancellationRequested();
            }

            int[] batch = BatchPlan.Of(examples, plan, done / stepsPerEpoch, setup.GivenOrder)[done % stepsPerEpoch];
            TrainingStep step = Step(
                model,
                plan,
                [.. batch.Select(i => examples[i])],
                optimizer,
                done,
                steps,
                setup.Plain,
                scale
            );
            done++;
            step = step with { ValidationLoss = validation.At(done, stepsPerEpoch, steps) };
            log.Add(step);
            Telemetry.Trained(step);
            progress?.Invoke(step);
            if (done % (plan.CheckpointEvery ?? stepsPerEpoch) == 0 && done > saved)
            {
                Save();
                saved = done;
            }
        }

        validation.TakeBest();
        AdapterWriter.Write(output, model.AdapterParameters, config);

        void Save()
        {
            log.Keep();
            TrainingCheckpoint.Save(output, done, inputs, model, config, optimizer, scale);
        }
    }

    /// <summary>One optimiser step over one effective batch.</summary>
    internal static TrainingStep Step(
        LanguageModel model,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> batch,
        IOptimizer optimizer,
        int done,
        int steps,
        bool plain,
        LossScale? scale = null
    )
    {
        long start = Stopwatch.GetTimestamp();
        int tokens = batch.Sum(e => e.Trained.Skip(1).Count(t => t));
        (double loss, double norm) = Gradients(
            model,
            plan,
            batch,
            tokens,
            done,
            plain,
            scale ?? LossScale.For(model.Dtype)
        );
        double rate = LearningRate.Of(plan, done, steps);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new FulcrumException(
                $"the loss of step {done + 1} is {loss} and its gradient norm {norm}; training stopped. "
                    + $"A lower learning rate (now {plan.LearningRate}) or gradient clipping usually helps"
            );
        }

        Clip(model, norm, plan.MaxGradientNorm);
        optimizer.Step(rate);
        return new TrainingStep(
            done + 1,
            steps,
            loss,
            norm,
            rate,
            tokens,
            Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 4)
        );
    }

    // If a scaled gradient overflows, the batch is computed again with half the scale. So no example is lost, and a
    // resumed training does the same.
    private static (double Loss, double RmsNorm) Gradients(
        LanguageModel model,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> batch,
        int tokens,
        int done,
        bool plain,
        LossScale scale
    )
    {
        while (true)
        {
            RandomSources.SeedDropout(plan.Seed ?? 0, done);
            ZeroGradients(model);
            double loss =
                Parts(batch).Sum(part => CompletionLoss.Backward(model, part, tokens / scale.Value, plain)) / tokens;
            Multiply(model, 1 / scale.Value);
            double norm = GradientNorm(model);
            if (double.IsFinite(norm) || !double.IsFinite(loss) || !scale.Lower())
            {
                scale.Worked();
                return (loss, norm);
            }
        }
    }

    /// <summary>Examples of one batch as the parts that go through the model at once.</summary>
    internal static IEnumerable<IReadOnlyList<TrainingExample>> Parts(IReadOnlyList<TrainingExample> batch)
    {
        List<TrainingExample> part = [];
        int tokens = 0;
        foreach (TrainingExample example in batch.OrderBy(e => e.Cluster, StringComparer.Ordinal))
        {
            if (part.Count > 0 && tokens + example.Ids.Length > TokenBudget)
            {
                yield return part;
                (part, tokens) = ([], 0);
            }

            part.Add(example);
            tokens += example.Ids.Length;
        }

        yield return part;
    }

    private static void ZeroGradients(LanguageModel model)
    {
        foreach ((_, Tensor value) in model.AdapterParameters)
        {
            using Tensor? gradient = value.grad;
            gradient?.zero_();
        }
    }

    /// <summary>Euclidean norm over all parameters, as torch.nn.utils.clip_grad_norm_ computes it.</summary>
    internal static double GradientNorm(LanguageModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        return Math.Sqrt(
            model
                .AdapterParameters.Where(p => p.Value.grad is not null)
                .Sum(p => Math.Pow(p.Value.grad!.norm().ToDouble(), 2))
        );
    }

    private static void Clip(LanguageModel model, double norm, double? most)
    {
        if (most is { } limit && norm > limit)
        {
            Multiply(model, limit / (norm + 1e-6));
        }
    }

    private static void Multiply(LanguageModel model, double factor)
    {
        if (factor == 1)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        foreach ((_, Tensor value) in model.AdapterParameters)
        {
            value.grad?.Multiply_(factor);
        }
    }

    private static IOptimizer OptimizerOf(TrainPlan plan, LanguageModel model, string output) =>
        plan.Optimizer switch
        {
            OptimizerKind.AdamW => new AdamW(model.AdapterParameters, plan.WeightDecay),
            OptimizerKind.AdamW8Bit => new AdamW8Bit(model.AdapterParameters, plan.WeightDecay),
            OptimizerKind.PagedAdamW8Bit => new AdamW8Bit(
                model.AdapterParameters,
                plan.WeightDecay,
                Path.Combine(output, "optimizer.paged")
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(plan)),
        };

    private static LoraConfig Attach(LanguageModel model, string baseName, TrainPlan plan, Setup setup)
    {
        LoraConfig config;
        if (setup.InitialAdapter is { } initial)
        {
            model.Attach(AdapterReader.Read(initial, model.Shapes, train: true), 1, train: true);
            config = AdapterReader.Config(initial);
        }
        else
        {
            config = ConfigOf(plan) with { Base = baseName };
            model.AttachAdapter(config, plan.Seed ?? 0, plan.Dropout);
        }

        foreach (Projection projection in model.Projections.Where(p => p.Adapter is not null))
        {
            projection.Adapter!.Training = true;
        }

        return config;
    }

    private static LoraConfig ConfigOf(TrainPlan plan)
    {
        string[] targets = [.. plan.TargetModules ?? ["q_proj", "k_proj", "v_proj", "o_proj"]];
        LoraConfig config = new(
            plan.Rank,
            plan.Alpha,
            targets,
            RsLora: plan.RsLora,
            Dora: plan.Dora,
            SavedModules: plan.ModulesToSave,
            Dropout: plan.Dropout
        );
        return targets is ["all-linear"] ? config with { Targets = null, TargetPattern = "all-linear" } : config;
    }

    private static void Check(LanguageModel model, TrainPlan plan, IReadOnlyList<TrainingExample> examples)
    {
        if (plan.GradientCheckpointing && plan.Dropout > 0 && model.Device.type != DeviceType.CPU)
        {
            throw new InputException(
                "train: gradientCheckpointing with dropout is supported on the CPU only, "
                    + "because TorchSharp does not hand out a CUDA device's random state; "
                    + "set dropout to 0 or leave checkpointing off"
            );
        }

        if (model.Dtype == ScalarType.Float16 && model.Device.type == DeviceType.CPU)
        {
            throw new InputException(
                "train: f16 is for GPUs; a CPU multiplies it slowly and gains nothing by it. "
                    + "Use f32 or bf16 (auto chooses the faster one)"
            );
        }

        if (examples.Count == 0)
        {
            throw new InputException("there is no training example");
        }

        if (plan.ValidationShare > 0 && ValidationSplit.Count(plan, examples.Count) == examples.Count)
        {
            throw new InputException(
                $"train.validationShare is {plan.ValidationShare}, which holds back all {examples.Count} "
                    + "training examples; lower it"
            );
        }

        int longest = Math.Min(plan.MaxTokens ?? int.MaxValue, model.Config.ContextLength);
        foreach (TrainingExample example in examples)
        {
            if (example.Ids.Length > longest)
            {
                throw new InputException(
                    $"the training example {example.Id} has {example.Ids.Length} tokens, more than {longest}: "
                        + "its completion would be cut; raise maxTokens or leave the example out"
                );
            }

            if (
                !example.Trained.Skip(1).Any(t => t)
                || example.Ids.Any(id => id < 0 || id >= model.Config.VocabularySize)
            )
            {
                throw new InputException(
                    $"the training example {example.Id} has no completion token, "
                        + $"or an id outside the vocabulary of {model.Config.VocabularySize}"
                );
            }
        }
    }

    // Every file of the initial adapter: another adapter is another training.
    private static string InitialDigest(string? folder) =>
        folder is null
            ? ""
            : string.Join(
                ' ',
                Directory
                    .EnumerateFiles(folder, "adapter*")
                    .Order(StringComparer.Ordinal)
                    .Select(f => $"{Path.GetFileName(f)} {Sha256.OfFile(f)}")
            );

    private static string Digest(
        string baseName,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples,
        LoraConfig config,
        Setup setup
    )
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(
            Encoding.UTF8.GetBytes(
                $"{baseName}\n{setup.BaseDigest}\n{InitialDigest(setup.InitialAdapter)}\n"
                    + $"{JsonSerializer.Serialize(plan, StudyJson.Default.TrainPlan)}\n{config.Rank} "
                    + $"{config.Alpha}\n{setup.GivenOrder}\n{setup.Form}\n"
            )
        );
        foreach (TrainingExample example in examples)
        {
            hash.AppendData(
                Encoding.UTF8.GetBytes(
                    $"{string.Join(' ', example.Ids)}|{string.Concat(example.Trained.Select(t => t ? '1' : '0'))}\n"
                )
            );
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
