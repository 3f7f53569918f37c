using System.Text.Json.Serialization;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>How a task asks: the <c>output_type</c> of a task file.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HarnessOutput>))]
internal enum HarnessOutput
{
    /// <summary>The most likely of several continuations.</summary>
    [JsonStringEnumMemberName("multiple_choice")]
    MultipleChoice,

    /// <summary>The log-likelihood of one continuation.</summary>
    [JsonStringEnumMemberName("loglikelihood")]
    LogLikelihood,

    /// <summary>The log-likelihood of a whole text, in windows of the model's context.</summary>
    [JsonStringEnumMemberName("loglikelihood_rolling")]
    Rolling,

    /// <summary>A written reply.</summary>
    [JsonStringEnumMemberName("generate_until")]
    Written,
}

/// <summary>A task of lm-evaluation-harness' form: every key with its default filled in.</summary>
/// <param name="File">The task file, for messages and for paths relative to it.</param>
/// <param name="Text">A column, a template, or a whole number (several inputs).</param>
/// <param name="Target">A column, a template, a whole number or a list.</param>
/// <param name="Choice">A column, a template, a list or a mapping; null where the task has no choices.</param>
/// <param name="FewShot">What the file says in <c>num_fewshot</c>; null if it says nothing.</param>
/// <param name="Filters">Pipelines by name; the one of a file without <c>filter_list</c> is called <c>none</c>.</param>
/// <param name="ProcessDocs">The rows that count and what they hold; null: as the data has them.</param>
internal sealed record HarnessConfig(
    string File,
    string Name,
    HarnessOutput Output,
    HarnessSource Source,
    HarnessSplits Splits,
    object? Text,
    object? Target,
    object? Choice,
    string Description,
    string TargetDelimiter,
    string ExampleDelimiter,
    HarnessExamples Examples,
    int? FewShot,
    IReadOnlyList<HarnessMetric> Metrics,
    HarnessGeneration Generation,
    int Repeats,
    IReadOnlyList<HarnessPipeline> Filters,
    string? Prefix,
    YamlFunction? ProcessDocs,
    YamlFunction? ProcessResults
)
{
    /// <summary>SHA-256 of every key of the task; empty for a task that was not read.</summary>
    public string Digest { get; init; } = "";

    /// <summary>The split whose rows are asked.</summary>
    /// <exception cref="InputException">The file names neither a test nor a validation split.</exception>
    public string Evaluated =>
        Splits.Test ?? Splits.Validation ?? throw Error("it names neither test_split nor validation_split");

    /// <summary>An error about this task.</summary>
    public InputException Error(string what, Exception? inner = null) => new($"{File}: {what}", inner!);
}

/// <summary>Where a task's rows come from.</summary>
/// <param name="Path"><c>json</c>, <c>csv</c>, <c>parquet</c>, a hub id, or a folder.</param>
/// <param name="Configuration">The configuration of the data set; null for the only one.</param>
/// <param name="Files">Split to files, as the task file names them; null for a hub id or a folder.</param>
/// <param name="Field">Where the rows lie inside a JSON file; null: at the top.</param>
internal sealed record HarnessSource(
    string? Path,
    string? Configuration,
    IReadOnlyDictionary<string, IReadOnlyList<string>>? Files,
    string? Field
);

/// <summary>The names of a task's splits; null if it has none.</summary>
internal sealed record HarnessSplits(string? Training, string? Validation, string? Test);

/// <summary>How examples are drawn and written (<c>fewshot_config</c>); null where the task's own value
/// counts.</summary>
/// <param name="FirstOnes">The first rows of the pool, instead of drawn ones.</param>
/// <param name="Split">The pool's split.</param>
/// <param name="Samples">A pool given in the file.</param>
internal sealed record HarnessExamples(
    bool FirstOnes,
    string? Split,
    IReadOnlyList<TemplateMap>? Samples,
    object? Text,
    object? Target,
    object? Choice,
    string? Prefix,
    string? TargetDelimiter,
    string? ExampleDelimiter
);

/// <summary>How a reply is written.</summary>
/// <param name="Stops">Texts that end it; null: the delimiter between examples.</param>
/// <param name="MaxNewTokens">The most tokens of a reply.</param>
internal sealed record HarnessGeneration(IReadOnlyList<string>? Stops, int MaxNewTokens)
{
    /// <summary>Tokens of a reply where a task names no limit.</summary>
    public const int DefaultTokens = 256;
}

/// <summary>A named sequence of filters.</summary>
internal sealed record HarnessPipeline(string Name, IReadOnlyList<HarnessFilter> Filters);
