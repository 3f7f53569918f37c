using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Models;

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

/// <summary>Written answers from a custom file, graded by comparing texts. A row is an item.</summary>
/// <param name="File">JSON Lines, a JSON array, CSV, TSV or Parquet, by its ending, also with <c>.gz</c>; or a split of
/// a data set, <c>FOLDER:CONFIG/SPLIT</c>.</param>
/// <param name="Input">The column of what the model is asked; null: the layout is recognised from the columns.</param>
/// <param name="Target">The column of the right answer, or of a list of right answers; null: recognised from the
/// columns.</param>
/// <param name="Tolerance">Of <see cref="Matching.Number"/>: largest relative difference.</param>
/// <param name="Extract">A pattern whose first group is the answer within the reply; null: the whole reply. A reply
/// without it is unparsable.</param>
/// <param name="ExtractTarget">The same for the targets; empty: the whole target. Null: <paramref name="Extract"/> if
/// every target contains it, and the whole target if none does.</param>
/// <param name="RegexTimeLimitSeconds">A pattern that takes longer on a reply finds nothing in it.</param>
/// <param name="Id">The column of the ids; null: the row's number.</param>
/// <param name="Cluster">The column of the clusters: items of one cluster are not independent of each other. Null: all
/// items are independent.</param>
/// <param name="Group">The column by which the report breaks the score down; null: none.</param>
/// <param name="System">The system message of the conversation; in plain text it comes first.</param>
/// <param name="Stops">Texts that end the reply.</param>
/// <param name="Template">A Jinja template over the columns that makes the question, instead of
/// <paramref name="Input"/>; null: none.</param>
/// <param name="ExamplesFile">Worked examples: a file with the same columns; needed where <paramref name="Fewshot"/> is
/// above 0.</param>
/// <param name="Fewshot">The number of its first rows that come before the question.</param>
/// <param name="MaxNewTokens">The most tokens of a reply.</param>
/// <param name="Data">In place of <paramref name="File"/>: a split of a data set.</param>
public sealed record GenerationPlan(
    string Name = "",
    string File = "",
    TaskRole? Role = null,
    int? Items = null,
    string? Input = null,
    string? Target = null,
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
    DecodingKind Decoding = DecodingKind.Greedy,
    string? ExtractTarget = null,
    string? Template = null,
    string? ExamplesFile = null,
    int Fewshot = 0,
    string? Data = null
) : TaskPlan(Name, Role, Items)
{
    /// <inheritdoc/>
    protected override void CheckValues(string source)
    {
        Files.Check(source, Name, "item");
        bool tolerable = double.IsFinite(Tolerance) && Tolerance >= 0;
        Wanted.That(tolerable, source, $"{Name}.tolerance", Tolerance, "0 or more");
        bool limited = RegexTimeLimitSeconds is > 0 and <= 60;
        Wanted.That(limited, source, $"{Name}.regexTimeLimitSeconds", RegexTimeLimitSeconds, "above 0, at most 60");
        Wanted.That(MaxNewTokens > 0, source, $"{Name}.maxNewTokens", MaxNewTokens, "1 or more");
        const string Group = "a regular expression with one group, (...), around the answer";
        Wanted.That(Extract is null || HasGroup(Extract), source, $"{Name}.extract", Extract, Group);
        bool target = ExtractTarget is null or "" || HasGroup(ExtractTarget);
        Wanted.That(target, source, $"{Name}.extractTarget", ExtractTarget, Group + ", or empty");
        bool once = Input is null || Template is null;
        Wanted.That(once, source, $"{Name}.template", Template, "either input or template");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths() => Files.Paths();

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate)
    {
        OwnFiles files = Files.Located(locate);
        return this with { File = files.File, Data = files.Data, ExamplesFile = files.Examples };
    }

    /// <summary>The file, or the split of a data set.</summary>
    internal string Place => Files.Place;

    private OwnFiles Files => new(File, Data, ExamplesFile, Fewshot);

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) => WritingTask.Open(this, opening.Seed, opening.Decode(Decoding));

    internal override IEnumerable<(string Key, string Why)> UnusedKeys()
    {
        if (Tolerance > 0 && Matching != Matching.Number)
        {
            yield return ("tolerance", $"matching is {EnumNames.Of(Matching)}, and only number has a tolerance");
        }

        if (ExtractTarget is not null && Matching == Matching.Regex)
        {
            yield return ("extractTarget", "matching is regex, and targets are patterns");
        }

        foreach ((string Key, string Why) unused in Files.UnusedKeys())
        {
            yield return unused;
        }
    }

    internal override string LeaveOut(Func<string, string> named) => Files.LeaveOut(numbered: Id is null);

    internal override bool HasFewshot => Fewshot > 0;

    internal override TaskPlan? WithFewshot(int count) =>
        count == 0 ? this with { Fewshot = 0, ExamplesFile = null }
        : ExamplesFile is null ? null
        : this with { Fewshot = count };

    internal override TaskPlan WithMaxNewTokens(int count) => this with { MaxNewTokens = count };

    /// <summary>The columns of the file, and the form of its questions.</summary>
    internal ExampleColumns Columns =>
        new(
            Input,
            Target,
            Template,
            System,
            Prompt == PromptForm.Chat,
            [.. new[] { Id, Cluster, Group }.OfType<string>()],
            ExampleColumns.OfTask
        );

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
