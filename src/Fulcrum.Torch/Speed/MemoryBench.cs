using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using Fulcrum.Torch.Training;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Speed;

/// <summary>Anonymous memory (Linux' RssAnon: mapped weight files do not count, copies of them do) of loading a model
/// and of training it.</summary>
/// <param name="BaselineBytes">Of the process before loading.</param>
/// <param name="LoadingPeakBytes">Most while loading, beyond the baseline.</param>
/// <param name="WeightBytes">What the loaded weights occupy.</param>
/// <param name="LoadingShare">Loading's peak by the weights' size.</param>
/// <param name="TrainingPeakBytes">Most of the whole process over all training steps.</param>
/// <param name="Parts">What it is made of, in bytes, by reckoning.</param>
/// <param name="PartsBytes">Their sum.</param>
/// <param name="Losses">Of the steps.</param>
internal sealed record MemoryResult(
    Dtype Dtype,
    Quantization Quantization,
    int Batch,
    int Tokens,
    long BaselineBytes,
    long LoadingPeakBytes,
    long WeightBytes,
    double LoadingShare,
    long TrainingPeakBytes,
    IReadOnlyDictionary<string, long> Parts,
    long PartsBytes,
    IReadOnlyList<double> Losses,
    double SecondsPerStep
);

/// <summary>Implements <c>fulcrum bench memory</c>.</summary>
internal static class MemoryBench
{
    /// <summary>As QLoRA trains (arXiv:2305.14314): rank 16 on every projection, paged 8-bit AdamW, layers computed
    /// again.</summary>
    private static readonly TrainPlan Training = new(
        Rank: 16,
        Alpha: 16,
        TargetModules: ["all-linear"],
        Optimizer: OptimizerKind.PagedAdamW8Bit,
        GradientCheckpointing: true,
        Loss: LossTokens.All,
        Seed: 1
    );

    /// <summary>Writes a random model of a configuration to a temporary folder, loads it as any other and trains some
    /// steps.</summary>
    /// <exception cref="FulcrumException">The system does not report RssAnon.</exception>
    public static MemoryResult Run(
        string config,
        Dtype dtype,
        Quantization quantization,
        int batch,
        int tokens,
        int steps,
        int? threads,
        Action<string>? tell = null
    )
    {
        if (dtype == Dtype.Int8)
        {
            throw new InputException("dtype int8 is for measuring only; train in f32 or bf16");
        }

        using ScratchFolder folder = new("memory");
        ModelSpec plan = new TorchEngine(note: tell).Resolve(
            ModelSpec.InFolder(folder.Path, dtype, quantization, "cpu", threads)
        );
        tell?.Invoke($"writing a random model to {folder.Path}");
        RandomModel.Write(folder.Path, config);
        return Measure(plan, batch, tokens, steps, tell);
    }

    private static MemoryResult Measure(ModelSpec plan, int batch, int tokens, int steps, Action<string>? tell)
    {
        GC.Collect();
        long baseline = AnonymousMemory.Now();
        tell?.Invoke($"loading, from {baseline / 1e6:F0} MB on");
        (LanguageModel model, long loading) = AnonymousMemory.PeakOf(() => new TorchEngine().LoadModel(plan));
        using (model)
        {
            long weights = Weights(model).Values.Sum();
            model.AttachAdapter(new LoraConfig(Training.Rank, Training.Alpha, null, "all-linear"), seed: 1);
            model.Checkpointing = Training.GradientCheckpointing;
            using AdamW8Bit optimizer = new(model.AdapterParameters, 0, Path.Combine(plan.Folder, "optimizer.paged"));
            TrainingExample[] examples = [.. Enumerable.Range(0, batch).Select(i => Example(model.Config, tokens, i))];
            (TrainingStep[] done, long training) = AnonymousMemory.PeakOf(() =>
                Enumerable.Range(0, steps).Select(i => Step(model, examples, optimizer, i, steps, tell)).ToArray()
            );
            Dictionary<string, long> parts = Parts(model, baseline, batch * (tokens - 1));
            return new MemoryResult(
                plan.Dtype,
                plan.Quantization,
                batch,
                tokens,
                baseline,
                loading - baseline,
                weights,
                (loading - baseline) / (double)weights,
                training,
                parts,
                parts.Values.Sum(),
                [.. done.Select(s => s.Loss)],
                done.Average(s => s.Seconds)
            );
        }
    }

    private static TrainingStep Step(
        LanguageModel model,
        TrainingExample[] examples,
        AdamW8Bit optimizer,
        int done,
        int steps,
        Action<string>? tell
    )
    {
        TrainingStep step = LoraTrainer.Step(model, Training, examples, optimizer, done, steps, plain: false);
        tell?.Invoke($"step {step.Step} of {step.Steps}: loss {step.Loss:F3}, {step.Seconds:F0} s");
        return step;
    }

    private static TrainingExample Example(ModelConfig config, int tokens, int index)
    {
        RandomStream random = RandomSources.ExampleTokens(index);
        return new TrainingExample(
            $"{index}",
            [.. Enumerable.Range(0, tokens).Select(_ => random.NextInt(config.VocabularySize))],
            [.. Enumerable.Range(0, tokens).Select(t => t > 0)],
            $"{index}"
        );
    }

    private static Dictionary<string, long> Weights(LanguageModel model) =>
        new()
        {
            [model.HeadIsTied ? "embedding, which is the head" : "embedding and head"] =
                Bytes(model.Embedding) + (model.HeadIsTied ? 0 : Bytes(model.Head.Weight)),
            ["projections"] = model
                .Layers.SelectMany(l => l.Projections)
                .Sum(p => (p.Quantized as Nf4Weight)?.Bytes ?? Bytes(p.Weight)),
            ["norms and biases"] =
                Bytes(model.FinalNorm.Weight)
                + model.Layers.Sum(l =>
                    Bytes(l.InputNorm.Weight) + Bytes(l.MiddleNorm.Weight) + l.Projections.Sum(p => Bytes(p.Bias))
                ),
        };

    // The contents of memory at the peak, which is either in a layer's backward pass or at the logits.
    private static Dictionary<string, long> Parts(LanguageModel model, long baseline, long tokens)
    {
        ModelConfig c = model.Config;
        long size = model.Embedding.ElementSize,
            adapter = model.AdapterParameters.Sum(p => Bytes(p.Value)),
            rows = Math.Min(tokens, CompletionLoss.Chunk);
        Dictionary<string, long> parts = new() { ["process before loading"] = baseline };
        foreach ((string name, long bytes) in Weights(model))
        {
            parts.Add(name, bytes);
        }

        parts.Add("adapter and its gradients in float32 (the optimiser's state is mapped)", 2 * adapter);
        parts.Add(
            "buffer that four-bit weights are expanded into",
            model.Projections.Any(p => p.Quantized is not null) ? Nf4Weight.ScratchWeights * size : 0
        );
        parts.Add(
            "buffers of float32 for weights and results, where the processor multiplies 16 bits slower",
            UpcastMatmul.Supports(model.Embedding)
                ? 4 * (Nf4Weight.ScratchWeights + Math.Max(tokens * 2L * c.IntermediateSize, rows * c.VocabularySize))
                : 0
        );
        parts.Add("inputs of all layers, kept", c.Layers * tokens * c.HiddenSize * size);
        // The gated part in the compute type, forward and back, beside the adapters' float32 copies of their inputs; of
        // the head's rows logits in both types and their gradient.
        long layer =
                tokens
                * (
                    (8L * c.IntermediateSize * size)
                    + (4L * 2 * c.IntermediateSize)
                    + (7L * 4 * c.HiddenSize)
                    + (12L * c.HiddenSize * size)
                ),
            logits = rows * c.VocabularySize * (4 + 2 * size);
        parts.Add(
            layer > logits ? "one layer computed again, with its gradients" : $"logits of {rows} rows",
            Math.Max(layer, logits)
        );
        return parts;
    }

    private static long Bytes(Tensor? tensor) => tensor is null ? 0 : tensor.NumberOfElements * tensor.ElementSize;
}
