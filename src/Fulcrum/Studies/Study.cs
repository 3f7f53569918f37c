using System.Text.Json;
using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;

namespace Fulcrum.Studies;

/// <summary>What is to be found out: one base, any number of candidates, and tasks. Everything that can change a result
/// is in here and nowhere else.</summary>
/// <param name="Base">The model with which every candidate is compared.</param>
/// <param name="Tasks">What is measured, by name; at least one.</param>
/// <param name="Candidates">What is compared with the base, by name; at least one.</param>
/// <param name="Name">Names the run in reports; null: <c>study</c>.</param>
/// <param name="TrainingData">What candidates are trained on; needed where one is trained.</param>
/// <param name="Derive">Candidates that follow from others; null: none.</param>
/// <param name="Seed">Every random choice derives from it and from the purpose of the choice, except the adapter's
/// first weights, which depend only on the seed. 0 is a seed like any other.</param>
/// <param name="Margin">The loss, in percentage points, that is accepted on a general task (non-inferiority
/// margin).</param>
/// <param name="OverrideGuards">Names of guards that may not stop this study; the report shows them.</param>
/// <param name="Replay">General data mixed into the training data; null: none.</param>
/// <param name="NeutralText">Text on which the predictions of adapted models are compared with the base's; null:
/// none.</param>
/// <param name="RelativeTable">Caption of an additional table in the report, with the change in percent of the value
/// before; null: no such table.</param>
/// <param name="General">A preset of general tasks; null: none. In a file a text stands for a plan with that
/// preset.</param>
/// <param name="TemplateVariables">Variables of the chat template, such as <c>enable_thinking</c>, in training and
/// measuring alike; null: none.</param>
/// <param name="Decide">Whether each task is asked only until its decision is made (group-sequential looks).</param>
/// <param name="Select">Whether one candidate is selected on one half of the items and judged on the other
/// half.</param>
/// <param name="Vary">By key, as <c>train.rank</c>, values to try: a candidate for every combination takes the place of
/// each candidate with <c>train</c>. Null: none.</param>
/// <param name="Sample">By key, a range or a list to draw from, and under <c>count</c> the number of combinations.
/// Null: none.</param>
/// <param name="Seek">How the candidates that are trained are searched; includes a selection. Null: all are trained in
/// full.</param>
public sealed record Study(
    BasePlan Base,
    IReadOnlyDictionary<string, TaskPlan> Tasks,
    IReadOnlyDictionary<string, CandidatePlan> Candidates,
    string? Name = null,
    TrainingDataPlan? TrainingData = null,
    DerivePlan? Derive = null,
    int Seed = 42,
    double Margin = 2,
    IReadOnlyList<string>? OverrideGuards = null,
    ReplayPlan? Replay = null,
    NeutralTextPlan? NeutralText = null,
    string? RelativeTable = null,
    GeneralPlan? General = null,
    IReadOnlyDictionary<string, JsonElement>? TemplateVariables = null,
    bool Decide = false,
    bool Select = false,
    IReadOnlyDictionary<string, IReadOnlyList<JsonElement>>? Vary = null,
    IReadOnlyDictionary<string, JsonElement>? Sample = null,
    SeekPlan? Seek = null
)
{
    /// <summary>Whether one candidate is selected on one half of the items.</summary>
    [JsonIgnore]
    internal bool Selects => Select || Seek is not null;

    /// <summary>Names on the hub, each with its commit, by the absolute paths that they led to; null: none. A printed
    /// study holds these names instead of the paths.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string>? HubNames { get; init; }

    /// <summary>How messages name its settings.</summary>
    [JsonIgnore]
    internal SettingNames Named => NamedBy ?? SettingNames.Keys;

    /// <summary>How messages name its settings; null: by the keys of a study file.</summary>
    [JsonIgnore]
    internal SettingNames? NamedBy { get; init; }

    /// <summary>The tasks with their names, in the study's order.</summary>
    [JsonIgnore]
    public IReadOnlyList<TaskPlan> NamedTasks => [.. Tasks.Select(t => t.Value with { Name = t.Key })];

    /// <summary>Names of the target tasks, never empty: those with the role, otherwise the first task without
    /// one.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Targets
    {
        get
        {
            string[] named = [.. Tasks.Where(t => t.Value.Role == TaskRole.Target).Select(t => t.Key)];
            return named.Length > 0 ? named : [.. Tasks.Where(t => t.Value.Role is null).Take(1).Select(t => t.Key)];
        }
    }

    /// <summary>What the run is called.</summary>
    [JsonIgnore]
    public string Title => Name ?? "study";

    /// <summary>The part of the study on which the answers of the base depend. The candidates have digests of their
    /// own, and the rest judges what was found: both may change between two invocations. With an early decision or a
    /// selection the rest decides what is asked, so it may not change.</summary>
    [JsonIgnore]
    public Study Core =>
        this with
        {
            Candidates = new Dictionary<string, CandidatePlan>(),
            Derive = null,
            Vary = null,
            Sample = null,
            Margin = Decide || Selects ? Margin : 0,
            OverrideGuards = null,
            RelativeTable = null,
            General = null,
            Tasks = Tasks.ToDictionary(
                t => t.Key,
                t => Decide || Selects ? t.Value : t.Value with { Role = null, Estimand = null }
            ),
        };

    /// <summary>Returns the study with the tasks of its preset; a task of the study takes the place of the preset's
    /// task of that name.</summary>
    internal Study WithPreset() =>
        General is null
            ? this
            : this with
            {
                Tasks = Tasks
                    .Concat(Presets.Tasks(General).Where(t => !Tasks.ContainsKey(t.Key)))
                    .ToDictionary(StringComparer.Ordinal),
            };

    /// <summary>Returns the candidate from which a candidate is derived in the end; a candidate that is not derived
    /// itself.</summary>
    internal CandidatePlan RootOf(CandidatePlan plan) => plan.From is { } from ? RootOf(Candidates[from]) : plan;

    /// <summary>Returns the name on the hub, with its commit, that led to a path; null for any other path.</summary>
    public string? HubNameOf(string? path) => path is null ? null : HubNames?.GetValueOrDefault(path);

    /// <summary>Returns the names on the hub, with their commits, of a task's data.</summary>
    public IReadOnlyList<string> HubNamesOf(TaskPlan task)
    {
        List<string> names = [];
        _ = task.Located(path =>
        {
            names.AddRange(new[] { HubNameOf(path) }.OfType<string>());
            return path;
        });
        return names;
    }

    /// <summary>Checks every value.</summary>
    /// <param name="source">The study's file, for messages; empty where the study was built in code.</param>
    /// <exception cref="InputException">A value is outside its range; names the key.</exception>
    public void Check(string source = "") => StudyChecks.Check(this, source);

    /// <summary>Returns the study with its paths resolved.</summary>
    public Study Located(Func<string, string> locate) =>
        this with
        {
            Base = Base.Located(locate),
            Tasks = Tasks.ToDictionary(t => t.Key, t => t.Value.Located(locate)),
            Candidates = Candidates.ToDictionary(c => c.Key, c => c.Value.Located(locate)),
            TrainingData = TrainingData?.Located(locate),
            NeutralText = NeutralText is { } text ? text with { File = locate(text.File) } : null,
            General = General?.Located(locate),
            Replay = Replay is { } replay ? replay with { Source = locate(replay.Source) } : null,
        };
}

/// <summary>The base and the form in which it computes. In a file a text stands for a plan with that model.</summary>
/// <param name="Model">A folder in Hugging Face format, or a GGUF file.</param>
/// <param name="Device"><c>auto</c>, <c>cpu</c> or <c>cuda[:N]</c>.</param>
/// <param name="Threads">Null: as many as there are cores available.</param>
/// <param name="Links">Whether symbolic links out of model folders are followed.</param>
public sealed record BasePlan(
    string Model,
    Dtype Dtype = Dtype.Auto,
    Quantization Quantization = Quantization.None,
    string Device = "auto",
    int? Threads = null,
    bool Links = true
)
{
    /// <summary>The model that can be opened.</summary>
    [JsonIgnore]
    public ModelSpec Spec => new(SourceOf(Model), Dtype, Quantization, Device, Threads, Links);

    /// <summary>Whether it computes on a GPU, as far as <see cref="Device"/> says.</summary>
    [JsonIgnore]
    internal bool NamesGpu => Device.StartsWith("cuda", StringComparison.Ordinal);

    /// <summary>Returns another model in the same numeric form.</summary>
    internal ModelSpec SpecOf(string model) => Spec with { Source = SourceOf(model) };

    internal BasePlan Located(Func<string, string> locate) => this with { Model = locate(Model) };

    private static ModelSource SourceOf(string model) =>
        model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            ? new ModelSource.Gguf(model)
            : new ModelSource.Folder(model);
}

/// <summary>Candidates that follow from others. They are expanded into named candidates before anything runs.</summary>
/// <param name="Lambda">Parts of each adapter (arXiv:2109.01903); 0 is the base and 1 the adapter itself.</param>
/// <param name="Checkpoints">Every checkpoint of each training here, at every lambda of
/// <paramref name="Lambda"/>.</param>
/// <param name="Seeds">Other training seeds of each training here.</param>
/// <param name="Forms">Other serving forms of each adapter.</param>
/// <param name="Gguf">Types of GGUF files that are made from each model.</param>
public sealed record DerivePlan(
    IReadOnlyList<double>? Lambda = null,
    bool Checkpoints = false,
    IReadOnlyList<int>? Seeds = null,
    IReadOnlyList<ServingForm>? Forms = null,
    IReadOnlyList<GgufFileType>? Gguf = null
);

/// <summary>Replay: general examples among those of the task, so that less is forgotten.</summary>
/// <param name="Share">The share of general examples in the training data: from 0, no replay, to below 1. Examples of
/// the task are all kept.</param>
/// <param name="Source">A folder in MMLU's layout (its <c>dev/</c> questions with their letters) or a JSON Lines file
/// with <c>prompt</c> and <c>completion</c>.</param>
public sealed record ReplayPlan(double Share, string Source)
{
    internal void Check(string source, string place) =>
        Wanted.That(Share is >= 0 and < 1, source, $"{place}.share", Share, "0 or more and below 1");
}

/// <summary>Text that has nothing to do with the task.</summary>
/// <param name="File"><c>.txt</c>: paragraphs, a blank line between them; or rows as in custom tasks.</param>
/// <param name="Column">The column of the text where the file has rows.</param>
/// <param name="Texts">The number of texts, drawn by the seed; null: all.</param>
/// <param name="MaxTokens">A text is read to this many tokens.</param>
public sealed record NeutralTextPlan(string File, string Column = "text", int? Texts = null, int MaxTokens = 256);

/// <summary>Strict JSON for studies: an unknown, duplicate, missing or null key is an error that names it.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Strict,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    AllowOutOfOrderMetadataProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n"
)]
[JsonSerializable(typeof(Study))]
[JsonSerializable(typeof(TrainPlan))]
[JsonSerializable(typeof(TaskPlan))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class StudyJson : JsonSerializerContext;
