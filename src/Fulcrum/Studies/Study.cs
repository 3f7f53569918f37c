using System.Text.Json;
using System.Text.Json.Serialization;
using Fulcrum.Models;
using Fulcrum.Tasks;

namespace Fulcrum.Studies;

/// <summary>One experiment, complete: which model, which data, how it is measured and how it is trained. What can
/// change a result is in here and nowhere else.</summary>
/// <param name="Name">Names the run in reports.</param>
/// <param name="Model">The model to specialise.</param>
/// <param name="Benchmarks">What is measured, before and after; at least one.</param>
/// <param name="TrainingData">What it is specialised on.</param>
/// <param name="Train">How it is specialised.</param>
/// <param name="Seed">Every random choice derives from it and from the purpose of the choice; 0 is a seed like any
/// other.</param>
/// <param name="Margin">The loss, in points, that is accepted on a benchmark that is not the task (non-inferiority
/// margin).</param>
/// <param name="OverrideGuards">Names of guards that may not stop this study; the report shows them.</param>
/// <param name="Tasks">Names of the benchmarks that the model is specialised for; all others are general. Null: the
/// first benchmark.</param>
/// <param name="Curve">Further points between base and adapter; null: none.</param>
/// <param name="ServingForms">Further forms in which the adapter is measured: <c>merged</c>, <c>unquantized-beside</c>,
/// <c>unquantized-merged</c>; null: none.</param>
/// <param name="Seeds">Training seeds; the first is the study's adapter, each other one is trained and measured as
/// well. Null: one seed.</param>
/// <param name="Replay">General data mixed into the training data; null: none.</param>
/// <param name="LoraConfigurations">Adapters to choose from, by name; null: <paramref name="Train"/> alone says what is
/// trained.</param>
/// <param name="Lora">The name of the chosen one, whose values replace those of <paramref name="Train"/>; needed where
/// there are configurations.</param>
/// <param name="AfterForm">The form in which the trained adapter is measured as <c>after</c>: <c>beside</c> (the form
/// it was trained in), or one of <paramref name="ServingForms"/>,
/// which makes before and after incomparable.</param>
/// <param name="NeutralText">Text on which the adapted model's predictions are compared with the base's; null:
/// none.</param>
/// <param name="RelativeTable">Caption of a further table in the report, with the change in percent of the value
/// before; null: no such table.</param>
public sealed record Study(
    string Name,
    ModelPlan Model,
    IReadOnlyList<TaskPlan> Benchmarks,
    TrainingDataPlan TrainingData,
    TrainPlan Train,
    int Seed = 42,
    double Margin = 2,
    IReadOnlyList<string>? OverrideGuards = null,
    IReadOnlyList<string>? Tasks = null,
    CurvePlan? Curve = null,
    IReadOnlyList<ServingForm>? ServingForms = null,
    IReadOnlyList<int>? Seeds = null,
    ReplayPlan? Replay = null,
    IReadOnlyDictionary<string, LoraPlan>? LoraConfigurations = null,
    string? Lora = null,
    ServingForm AfterForm = ServingForm.Attached,
    NeutralTextPlan? NeutralText = null,
    string? RelativeTable = null
)
{
    /// <summary>Names of the benchmarks that the model is specialised for, never empty.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> TaskNames => Tasks ?? [Benchmarks[0].Name];

    /// <summary>The part of the study that before, training and after depend on. The rest asks for further points or
    /// judges what was found, and may change between two starts of a run.</summary>
    [JsonIgnore]
    public Study Core =>
        this with
        {
            Train = Train with { Seed = TrainingSeeds[0] },
            Margin = 0,
            OverrideGuards = null,
            Tasks = null,
            Curve = null,
            ServingForms = null,
            Seeds = null,
            RelativeTable = null,
        };

    /// <summary>The training seeds, never empty; the first is that of the study's adapter.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> TrainingSeeds => Seeds ?? [Train.Seed ?? Seed];
}

/// <summary>The trade-off curve of one training: the adapter in parts (arXiv:2109.01903), and the checkpoints on the
/// way.</summary>
/// <param name="Lambdas">Scales of the adapter, 0 to 2; 0 (the base) and 1 (as trained) are measured anyway. Null: 0,
/// 0.25, 0.5, 0.75, 1.</param>
/// <param name="Checkpoints">Every lambda at every checkpoint (<see cref="TrainPlan.CheckpointEvery"/>), not at the
/// finished adapter alone.</param>
public sealed record CurvePlan(IReadOnlyList<double>? Lambdas = null, bool Checkpoints = false);

/// <summary>Replay: general examples among those of the task, so that less is forgotten.</summary>
/// <param name="Share">Of the training examples, how large a part is general: above 0, below 1; examples of the task
/// are all kept.</param>
/// <param name="Source">A folder in MMLU's layout (its <c>dev/</c> questions with their letters) or a JSON Lines file
/// with <c>prompt</c> and <c>completion</c>; relative to the study's file.</param>
public sealed record ReplayPlan(double Share, string Source);

/// <summary>Text that has nothing to do with the task.</summary>
/// <param name="File"><c>.txt</c>: paragraphs, a blank line between them; or rows as in benchmarks of one's own.
/// Relative to the study's file.</param>
/// <param name="Column">The column of the text where the file has rows.</param>
/// <param name="Texts">How many of the texts, drawn by the seed; null: all.</param>
/// <param name="MaxTokens">A text is read to this many tokens.</param>
public sealed record NeutralTextPlan(string File, string Column = "text", int? Texts = null, int MaxTokens = 256);

/// <summary>The shape of an adapter; the meanings and defaults of <see cref="TrainPlan"/>.</summary>
public sealed record LoraPlan(
    int Rank = 8,
    double Alpha = 16,
    double Dropout = 0,
    IReadOnlyList<string>? TargetModules = null
);

/// <summary>A model and the form in which it computes.</summary>
/// <param name="Folder">A folder in Hugging Face format; relative to the study's file.</param>
/// <param name="Dtype"><c>auto</c>, <c>f32</c>, <c>bf16</c> or <c>f16</c>.</param>
/// <param name="Quantization"><c>none</c>, <c>nf4</c> or <c>nf4-double</c>.</param>
/// <param name="Device"><c>auto</c>, <c>cpu</c> or <c>cuda[:N]</c>.</param>
/// <param name="Threads">Null: as many as there are cores available.</param>
public sealed record ModelPlan(
    string Folder,
    Dtype Dtype = Dtype.Auto,
    Quantization Quantization = Quantization.None,
    string Device = "auto",
    int? Threads = null
)
{
    /// <summary>The model that can be opened.</summary>
    [JsonIgnore]
    public ModelSpec Spec => ModelSpec.InFolder(Folder, Dtype, Quantization, Device, Threads);
}

/// <summary>Strict JSON for studies: an unknown, duplicate, missing or null key is an error that names it.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Strict,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    AllowOutOfOrderMetadataProperties = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(Study))]
[JsonSerializable(typeof(TrainPlan))]
public sealed partial class StudyJson : JsonSerializerContext;
