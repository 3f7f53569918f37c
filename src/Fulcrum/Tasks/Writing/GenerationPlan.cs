using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Fulcrum.Data;

namespace Fulcrum.Tasks.Writing;

/// <summary>When a reply matches its target.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Matching>))]
public enum Matching
{
    /// <summary>The same text, white space around it ignored.</summary>
    [JsonStringEnumMemberName("exact")]
    Exact,

    /// <summary>Case, punctuation, articles and white space ignored too.</summary>
    [JsonStringEnumMemberName("normalised")]
    Normalised,

    /// <summary>The last number written.</summary>
    [JsonStringEnumMemberName("number")]
    Number,

    /// <summary>The target is a pattern that must be found.</summary>
    [JsonStringEnumMemberName("regex")]
    Regex,

    /// <summary>The target occurs in the reply.</summary>
    [JsonStringEnumMemberName("contains")]
    Contains,
}

/// <summary>Written answers from a file of one's own, graded by comparing texts: a row is an item.</summary>
/// <param name="File">JSON Lines, CSV with a header, or Parquet, by its ending.</param>
/// <param name="Input">The column of what the model is asked.</param>
/// <param name="Target">The column of the right answer, or of a list of right answers.</param>
/// <param name="Tolerance">Of <see cref="Matching.Number"/>: largest relative difference.</param>
/// <param name="Extract">A pattern whose first group is the answer within the reply; null: the whole reply. A reply
/// without it is unparsable.</param>
/// <param name="RegexTimeLimitSeconds">A pattern that takes longer on a reply finds nothing in it.</param>
/// <param name="Id">The column of the ids; null: the row's number.</param>
/// <param name="Cluster">The column of the clusters: items of one cluster are not independent of each other. Null: all
/// items are independent.</param>
/// <param name="Group">The column by which the report breaks the score down; null: none.</param>
/// <param name="System">The system message of the conversation; in plain text it comes first.</param>
/// <param name="Stops">Texts that end the reply.</param>
public sealed record GenerationPlan(
    string Name = "",
    string File = "",
    TaskRole? Role = null,
    int? Items = null,
    string Input = "prompt",
    string Target = "target",
    Matching Matching = Matching.Exact,
    double Tolerance = 0,
    string? Extract = null,
    double RegexTimeLimitSeconds = 1,
    string? Id = null,
    string? Cluster = null,
    string? Group = null,
    string? System = null,
    PromptForm Prompt = PromptForm.Chat,
    int MaxNewTokens = 64,
    IReadOnlyList<string>? Stops = null,
    DecodingKind Decoding = DecodingKind.Greedy
) : TaskPlan(Name, Role, Items)
{
    /// <inheritdoc/>
    protected override void CheckValues(string source)
    {
        Wanted.That(File.Length > 0, source, $"{Name}.file", "empty", "a file with a row for each item");
        bool tolerable = double.IsFinite(Tolerance) && Tolerance >= 0;
        Wanted.That(tolerable, source, $"{Name}.tolerance", Tolerance, "0 or more");
        bool limited = RegexTimeLimitSeconds is > 0 and <= 60;
        Wanted.That(limited, source, $"{Name}.regexTimeLimitSeconds", RegexTimeLimitSeconds, "above 0, at most 60");
        Wanted.That(MaxNewTokens > 0, source, $"{Name}.maxNewTokens", MaxNewTokens, "1 or more");
        const string Group = "a regular expression with one group, (...), around the answer";
        Wanted.That(Extract is null || HasGroup(Extract), source, $"{Name}.extract", Extract, Group);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths() => [File];

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate) => this with { File = locate(File) };

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) => WritingTask.Open(this, opening.Seed, opening.Decode(Decoding));

    private static bool HasGroup(string pattern)
    {
        try
        {
            return new Regex(pattern).GetGroupNumbers().Length > 1;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
