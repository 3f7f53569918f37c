using System.Text.Json.Serialization;

namespace Fulcrum.Tasks;

/// <summary>One line of an answer file: everything about one item that a number in the report can be traced
/// to.</summary>
/// <param name="Id">The item's id; answers are paired by it.</param>
/// <param name="Cluster">The item's cluster (database, subject).</param>
/// <param name="Group">The item's group (hardness, category).</param>
/// <param name="Score">From 0 (wrong) to 1 (right); null: not scorable.</param>
/// <param name="Prediction">What the reply was read as.</param>
/// <param name="Target">The gold answer.</param>
/// <param name="Verdict">The kind of outcome in one word.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Input">The question in words.</param>
/// <param name="Output">The raw text that the model wrote; null for a choice.</param>
/// <param name="LogLikelihoods">Of each continuation of a choice; null for written answers.</param>
/// <param name="Tokens">Number of generated tokens; null for a choice.</param>
/// <param name="Protocol">Hash of everything that can change a score (see <c>docs/method.md</c>).</param>
/// <param name="Stem">The question that this item is one form of, where a question is asked in several (rotated
/// options).</param>
/// <param name="Choice">The option that was chosen, by its place in the data; null where nothing was chosen.</param>
/// <param name="Measures">Further numbers about this answer, by name: <c>parses</c>, <c>brier</c>, <c>parsed</c>, ...
/// (see <c>docs/method.md</c>).</param>
/// <param name="Threshold">The score from which the item counts as a success, where the study asks for that form of
/// grades.</param>
/// <param name="Success">Whether the score reaches the threshold.</param>
/// <param name="Finish"><c>stop</c> or <c>length</c>: why the written answer ended; null for a choice.</param>
public sealed record Answer(
    string Id,
    string Cluster,
    string Group,
    double? Score,
    string Prediction,
    string Target,
    string Verdict,
    string? Reason = null,
    string? Input = null,
    [property: JsonPropertyName("reply")]
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        string? Output = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyList<double>? LogLikelihoods = null,
    int? Tokens = null,
    string? Protocol = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Stem = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Choice = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyDictionary<string, double>? Measures = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Threshold = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Success = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Finish = null
);
