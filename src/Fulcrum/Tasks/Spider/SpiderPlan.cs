using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Tasks.Spider;

/// <summary>The prompt of a text-to-SQL question.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SpiderPromptForm>))]
public enum SpiderPromptForm
{
    /// <summary>The model's chat template.</summary>
    [JsonStringEnumMemberName("chat")]
    Chat,

    /// <summary>Plain text with three worked examples.</summary>
    [JsonStringEnumMemberName("raw3")]
    Raw3,

    /// <summary>Plain text.</summary>
    [JsonStringEnumMemberName("plain")]
    Plain,
}

/// <summary>How the query is found in the reply.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SpiderReading>))]
public enum SpiderReading
{
    /// <summary>By the rules of the SQL extractor.</summary>
    [JsonStringEnumMemberName("query")]
    Query,

    /// <summary>Everything after the last <c>SQL:</c> of prompt and reply together; in a conversation, of the reply.
    /// </summary>
    [JsonStringEnumMemberName("after-marker")]
    AfterMarker,
}

/// <summary>Which of the dev examples are taken.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SpiderSample>))]
public enum SpiderSample
{
    /// <summary>Equal shares of every database, drawn by the seed.</summary>
    [JsonStringEnumMemberName("stratified")]
    Stratified,

    /// <summary>The first of the file.</summary>
    [JsonStringEnumMemberName("first")]
    First,
}

/// <summary>Text to SQL, graded by execution.</summary>
/// <param name="Data">A folder in Spider's layout, or only the questions, as <c>xlangai/spider</c> on the hub has
/// them.</param>
/// <param name="Items">The number of dev examples; null: all.</param>
/// <param name="MaxNewTokens">The most tokens of a reply.</param>
/// <param name="TimeLimitSeconds">The processor time of one query.</param>
/// <param name="PromptBefore">Another prompt for the base model only. Then base and candidates are not comparable, and
/// the guard that says so must be overridden. Null: the same prompt.</param>
/// <param name="Semantics">Null: <c>bird</c> for BIRD's layout, otherwise <c>official</c>.</param>
/// <param name="Schema">How the prompt shows the tables.</param>
/// <param name="ForeignKeys">Whether the prompt shows foreign keys; null: as the style does.</param>
/// <param name="Template">A Jinja template of the prompt over <c>schema</c>, <c>question</c>, <c>evidence</c> and
/// <c>db_id</c>; null: the usual prompt.</param>
/// <param name="Threshold">Answers state this threshold and whether their score reaches it; null: they do not.</param>
/// <param name="Databases">The databases where <paramref name="Data"/> has none: a folder with <c>tables.json</c> and
/// <c>database/</c>, or Spider's archive (<c>.zip</c>); null: in <paramref name="Data"/>.</param>
public sealed record SpiderPlan(
    string Name = "",
    string Data = "",
    TaskRole? Role = null,
    int? Items = null,
    SqlSemantics? Semantics = null,
    int MaxNewTokens = 128,
    double TimeLimitSeconds = 5,
    SpiderPromptForm Prompt = SpiderPromptForm.Chat,
    SpiderPromptForm? PromptBefore = null,
    SpiderReading Reading = SpiderReading.Query,
    DecodingKind Decoding = DecodingKind.Greedy,
    SpiderSample Sample = SpiderSample.Stratified,
    double? Threshold = null,
    SchemaStyle Schema = SchemaStyle.Described,
    bool? ForeignKeys = null,
    string? Template = null,
    string? Databases = null
) : TaskPlan(Name, Role, Items)
{
    /// <inheritdoc/>
    protected override void CheckValues(string source)
    {
        Wanted.That(Data.Length > 0, source, $"{Name}.data", "empty", "a folder in Spider's layout");
        Wanted.That(MaxNewTokens > 0, source, $"{Name}.maxNewTokens", MaxNewTokens, "1 or more");
        bool limited = TimeLimitSeconds is > 0 and <= 3600;
        bool shown = Schema == SchemaStyle.Described && ForeignKeys is null && Template is null;
        const string Fixed = "none of schema, foreignKeys and template: this prompt is fixed";
        bool free = Prompt != SpiderPromptForm.Raw3 && PromptBefore is not SpiderPromptForm.Raw3;
        Wanted.That(free || shown, source, $"{Name}.prompt", "raw3", Fixed);
        Wanted.That(limited, source, $"{Name}.timeLimitSeconds", TimeLimitSeconds, "above 0, at most 3,600");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths() => SpiderFolder.Paths(Data, Databases);

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate) =>
        this with
        {
            Data = locate(Data),
            Databases = Databases is { } databases ? locate(databases) : null,
        };

    /// <summary>Returns the plan whose prompts a model is trained with: the prompts that it will be evaluated with. The
    /// notebook's raw form is for base models only, so conversations replace it.</summary>
    internal SpiderPlan ForTraining() =>
        Prompt == SpiderPromptForm.Raw3 ? this with { Prompt = SpiderPromptForm.Chat } : this;

    /// <inheritdoc/>
    public override void CheckDataset(IReadOnlyList<string> paths, string name)
    {
        if (Databases is null && !paths.Any(p => p.StartsWith("database/", StringComparison.Ordinal)))
        {
            throw new InputException($"{name} has Spider's questions without the databases. {SpiderFolder.Advice}");
        }
    }

    /// <inheritdoc/>
    public override void RequireFiles(string source)
    {
        base.RequireFiles(source);
        try
        {
            SpiderFolder.RequireDatabases(Data, Databases);
        }
        catch (InputException e)
        {
            throw new InputException($"{source}: tasks.{Name}.data: {e.Message}", e);
        }
    }

    /// <summary>The semantics by which results are compared.</summary>
    internal SqlSemantics Compared =>
        Semantics ?? (SpiderQuestions.IsBird(Databases ?? Data) ? SqlSemantics.Bird : SqlSemantics.Official);

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) =>
        SpiderTask.Open(
            this,
            opening.Seed,
            opening.SqlGrader(Compared, new SqlLimits(TimeLimitSeconds)),
            opening.Decode(Decoding)
        );

    internal override TaskPlan WithMaxNewTokens(int count) => this with { MaxNewTokens = count };

    /// <inheritdoc/>
    public override TaskPlan ForBase() => PromptBefore is { } prompt ? this with { Prompt = prompt } : this;

    /// <inheritdoc/>
    public override bool LeaksWithinCluster() => true;

    /// <inheritdoc/>
    public override TaskNouns Nouns() =>
        new(
            ("database", "banco de dados"),
            ("hardness", "dificuldade"),
            [.. SpiderHardness.Levels, .. SpiderQuestions.Difficulties],
            "execution accuracy"
        );
}
