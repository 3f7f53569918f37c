using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Fulcrum.Tasks;

/// <summary>One line of an answer file: all data of one item from which the report is computed.</summary>
/// <param name="Id">The item's id; answers are paired by it.</param>
/// <param name="Cluster">The item's cluster (database, subject).</param>
/// <param name="Group">The item's group (hardness, category).</param>
/// <param name="Score">From 0 (incorrect) to 1 (correct); null: unscored.</param>
/// <param name="Prediction">The answer that was extracted from the reply.</param>
/// <param name="Target">The reference answer.</param>
/// <param name="Verdict">The kind of outcome, as one word.</param>
/// <param name="Reason">The reason, as a sentence.</param>
/// <param name="Input">The question as text.</param>
/// <param name="Output">The raw text that the model wrote; null for a choice.</param>
/// <param name="LogLikelihoods">Of each continuation of a choice; null for written answers.</param>
/// <param name="Tokens">Number of generated tokens; null for a choice.</param>
/// <param name="Protocol">Hash of everything that can change a score (see <c>docs/method.md</c>).</param>
/// <param name="Stem">The id of the question if it is asked in several forms (rotated options).</param>
/// <param name="Choice">The index of the chosen option in the data; null if none was chosen.</param>
/// <param name="Measures">Additional measures of this answer, by name: <c>parses</c>, <c>brier</c>, <c>parsed</c>, ...
/// (see <c>docs/method.md</c>).</param>
/// <param name="Threshold">The score from which the item counts as a success, if the study states one.</param>
/// <param name="Success">Whether the score reaches the threshold.</param>
/// <param name="Finish"><c>stop</c> or <c>length</c>: why the written answer ended; null for a choice.</param>
/// <param name="Requests">What the model was asked: pairs of prompt and continuation, in the order of
/// <paramref name="LogLikelihoods"/>. For a written answer one pair with an empty continuation, for a whole text one
/// pair with an empty prompt.</param>
/// <param name="Greedy">For each log-likelihood, whether every token of the continuation is the most likely
/// one.</param>
/// <param name="Scores">Every metric of the task by name; several numbers belong to a measure of the whole
/// corpus.</param>
/// <param name="Filtered">The output of each named filter.</param>
/// <param name="Rule">The name of the extraction rule.</param>
/// <param name="Copies">How often the reply was repeated for the grader; with more than one, <c>reply</c> is a
/// list.</param>
/// <param name="Chance">The accuracy of guessing on this task, as a fraction; null: it cannot be guessed.</param>
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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Finish = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyList<IReadOnlyList<string>>? Requests = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<bool>? Greedy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [property: JsonConverter(typeof(MetricsConverter))]
        IReadOnlyDictionary<string, double[]>? Scores = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonObject? Filtered = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Rule = null,
    [property: JsonIgnore] int Copies = 1,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Chance = null
)
{
    /// <summary>Between the right answers where <see cref="Target"/> holds several.</summary>
    internal const string TargetSeparator = " | ";
}

/// <summary>Metrics by name: one number as a number, several as a list.</summary>
internal sealed class MetricsConverter : JsonConverter<IReadOnlyDictionary<string, double[]>>
{
    /// <summary>Returns the metrics of a JSON object.</summary>
    /// <exception cref="FormatException">A value is neither a number nor a list of numbers; names the
    /// metric.</exception>
    public static IReadOnlyDictionary<string, double[]> Of(JsonObject node)
    {
        SortedDictionary<string, double[]> metrics = new(StringComparer.Ordinal);
        // Null is a metric that could not be computed for this item.
        foreach ((string name, JsonNode? value) in node.Where(m => m.Value is not null))
        {
            JsonNode?[] numbers = value is JsonArray list ? [.. list] : [value];
            metrics[name] = numbers.All(n => n is JsonValue v && v.TryGetValue(out double _))
                ? [.. numbers.Select(n => (double)n!)]
                : throw new FormatException($"the metric '{name}' must be a number or a list of numbers");
        }

        return metrics;
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double[]> Read(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    ) => Of(JsonNode.Parse(ref reader) as JsonObject ?? throw new JsonException("expected an object of metrics"));

    /// <inheritdoc/>
    public override void Write(
        Utf8JsonWriter writer,
        IReadOnlyDictionary<string, double[]> value,
        JsonSerializerOptions options
    )
    {
        writer.WriteStartObject();
        foreach ((string name, double[] numbers) in value)
        {
            writer.WritePropertyName(name);
            if (numbers.Length == 1)
            {
                writer.WriteNumberValue(numbers[0]);
            }
            else
            {
                JsonSerializer.Serialize(writer, numbers, options);
            }
        }

        writer.WriteEndObject();
    }
}
