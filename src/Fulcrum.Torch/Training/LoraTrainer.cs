using System.Diagnostics;
using Fulcrum.Models;
using Fulcrum.Observability;
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
        TrainingInputs.Check(model, plan, examples);
        model.Checkpointing = plan.GradientCheckpointing;
        LoraConfig config = Attach(model, baseName, plan, setup);
        string inputs = TrainingInputs.Digest(baseName, plan, examples, config, setup);
        using IOptimizer optimizer = OptimizerOf(plan, model, output);
        LossScale scale = LossScale.For(model.Dtype);
        int done = TrainingCheckpoint.Resume(output, inputs, model, optimizer, scale);
        int stepsPerEpoch = TrainSteps.PerEpoch(plan, examples.Count),
            steps = TrainSteps.Of(plan, examples.Count),
            saved = done;
        (examples, IReadOnlyList<TrainingExample> heldOut) = ValidationSplit.Of(plan, examples);
        Validation validation = new(model, config, plan, heldOut, output, TrainingLog.ValidationLossesIn(output, done));
        using TrainingLog log = new(output, done);
        (int Epoch, IReadOnlyList<int[]> Batches) drawn = (-1, []);
        while (done < steps && !validation.Ended)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                cancellation.ThrowIfCancellationRequested();
            }

            int epoch = done / stepsPerEpoch;
            if (epoch != drawn.Epoch)
            {
                drawn = (epoch, BatchPlan.Of(examples, plan, epoch, setup.GivenOrder));
            }

            int[] batch = drawn.Batches[done % stepsPerEpoch];
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
        (double loss, double norm) = Gradients.Compute(
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

        Gradients.Clip(model, norm, plan.MaxGradientNorm);
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
}
