using System.Text.Json.Serialization;
using Fulcrum.Studies;

namespace Fulcrum.Models;

/// <summary>What the experiment needs of the world of tensors: a model to measure, and an adapter trained for
/// it.</summary>
/// <remarks>Implemented by <c>Fulcrum.Torch</c>, and by a scripted model in the tests.</remarks>
public interface IModelRuntime
{
    /// <summary>The name in <see cref="Environment"/> under which a runtime says that it asks models in another form
    /// than the usual; absent otherwise. What one form began no other goes on with.</summary>
    const string Batches = "batches";

    /// <summary>Versions, device and threads, for the manifests: names and values, no time, no path.</summary>
    IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Turns every <c>auto</c> of a model plan into what this machine uses; done once, by the stage
    /// <c>prepare</c>, and stored.</summary>
    ModelPlan Resolve(ModelPlan model);

    /// <summary>Loads a model, with an adapter when <paramref name="serving"/> is given.</summary>
    /// <exception cref="InputException">The folder lacks a file, or holds one that does not fit; or the form is not
    /// supported.</exception>
    ILanguageModel Load(ModelPlan model, Serving? serving = null);

    /// <summary>Trains a LoRA adapter and writes it, in PEFT's format, to <paramref name="outputFolder"/>; resumes from
    /// the last checkpoint found there.</summary>
    /// <param name="examples">Token ids in the order of the data; the trainer shuffles by
    /// <see cref="TrainPlan.Seed"/>.</param>
    /// <param name="progress">Told after every optimiser step.</param>
    void Train(
        ModelPlan model,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples,
        string outputFolder,
        Action<TrainingStep>? progress = null,
        CancellationToken cancellation = default
    );
}

/// <summary>An adapter and how it is applied.</summary>
/// <param name="Adapter">A folder in PEFT's format.</param>
/// <param name="Scale">1 as trained, 0 the base.</param>
/// <param name="Form"><c>beside</c> (the low-rank product is computed next to the base's), <c>merged</c> (added to the
/// base's weights as they compute),
/// <c>unquantized-beside</c> and <c>unquantized-merged</c> (the same over the base in full precision, where it was
/// trained on a quantised one).</param>
public sealed record Serving(string Adapter, double Scale = 1, string Form = "beside");

/// <summary>One example: a sequence and which of its tokens the loss is taken on.</summary>
/// <param name="Id">Names the example in errors (<c>train/17</c>, <c>data.jsonl line 3</c>).</param>
/// <param name="Ids">All tokens, prompt and completion.</param>
/// <param name="Trained">For each token whether the model is trained to produce it; same length as
/// <paramref name="Ids"/>. The first token never is.</param>
/// <param name="Cluster">Examples of one cluster share a beginning (the schema of their database); null:
/// unknown.</param>
public sealed record TrainingExample(string Id, int[] Ids, bool[] Trained, string? Cluster = null);

/// <summary>One line of <c>train.jsonl</c>.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Steps">Number of steps in all.</param>
/// <param name="Loss">Mean over the completion tokens of the effective batch, natural logarithm.</param>
/// <param name="GradNorm">Euclidean norm of the adapter's gradient, before clipping.</param>
/// <param name="ValidationLoss">Mean over the completion tokens of the held-out examples behind this step; absent where
/// it was not measured.</param>
public sealed record TrainingStep(
    int Step,
    int Steps,
    double Loss,
    double GradNorm,
    double LearningRate,
    int CompletionTokens,
    double Seconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidationLoss = null
);
