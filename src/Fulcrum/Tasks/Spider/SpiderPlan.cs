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
/// <param name="Data">A folder in Spider's layout.</param>
/// <param name="Items">The number of dev examples; null: all.</param>
/// <param name="PromptBefore">Another prompt for the base model only. Then base and candidates are not comparable, and
/// the guard that says so must be overridden. Null: the same prompt.</param>
/// <param name="Threshold">Answers state this threshold and whether their score reaches it; null: they do not.</param>
public sealed record SpiderPlan(
    string Name = "",
    string Data = "",
    TaskRole? Role = null,
    int? Items = null,
    SqlSemantics Semantics = SqlSemantics.Official,
    int MaxNewTokens = 128,
    double TimeLimitSeconds = 5,
    SpiderPromptForm Prompt = SpiderPromptForm.Chat,
    SpiderPromptForm? PromptBefore = null,
    SpiderReading Reading = SpiderReading.Query,
    DecodingKind Decoding = DecodingKind.Greedy,
    SpiderSample Sample = SpiderSample.Stratified,
    double? Threshold = null
) : TaskPlan(Name, Role, Items)
{
    /// <inheritdoc/>
    protected override void CheckValues(string source)
    {
        Wanted.That(Data.Length > 0, source, $"{Name}.data", "empty", "a folder in Spider's layout");
        Wanted.That(MaxNewTokens > 0, source, $"{Name}.maxNewTokens", MaxNewTokens, "1 or more");
        bool limited = TimeLimitSeconds is > 0 and <= 3600;
        Wanted.That(limited, source, $"{Name}.timeLimitSeconds", TimeLimitSeconds, "above 0, at most 3,600");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths() => [Data];

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate) => this with { Data = locate(Data) };

    /// <inheritdoc/>
    public override void RequireFiles(string source)
    {
        base.RequireFiles(source);
        if (!Directory.Exists(Path.Combine(Data, "database")))
        {
            throw new InputException(
                $"{source}: tasks.{Name}.data: there is no folder 'database' with DB/DB.sqlite files in {Data}"
            );
        }
    }

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) =>
        SpiderTask.Open(
            this,
            opening.Seed,
            opening.SqlGrader(Semantics, new SqlLimits(TimeLimitSeconds)),
            opening.Decode(Decoding)
        );

    /// <inheritdoc/>
    public override TaskPlan ForBase() => PromptBefore is { } prompt ? this with { Prompt = prompt } : this;

    /// <inheritdoc/>
    public override bool LeaksWithinCluster() => true;

    /// <inheritdoc/>
    public override TaskNouns Nouns() =>
        new(("database", "banco de dados"), ("hardness", "dificuldade"), SpiderHardness.Levels, "execution accuracy");
}
