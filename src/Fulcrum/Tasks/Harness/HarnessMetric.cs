using System.Text.Json.Serialization;

namespace Fulcrum.Tasks.Harness;

/// <summary>What is computed of an item.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HarnessScore>))]
internal enum HarnessScore
{
    /// <summary>The likeliest choice is right; of one continuation: it is the greedy one.</summary>
    [JsonStringEnumMemberName("acc")]
    Accuracy,

    /// <summary>The same, log-likelihood divided by the choice's characters.</summary>
    [JsonStringEnumMemberName("acc_norm")]
    Normalised,

    /// <summary>The same, divided by its UTF-8 bytes.</summary>
    [JsonStringEnumMemberName("acc_bytes")]
    ByBytes,

    /// <summary>The same, less the log-likelihood with an empty prompt.</summary>
    [JsonStringEnumMemberName("acc_mutual_info")]
    MutualInformation,

    /// <summary>The reply equals the target; of a choice: its right continuation is the greedy one.</summary>
    [JsonStringEnumMemberName("exact_match")]
    ExactMatch,

    /// <summary>F1 of class 1 over all items.</summary>
    [JsonStringEnumMemberName("f1")]
    F1,

    /// <summary>Matthews' correlation over all items.</summary>
    [JsonStringEnumMemberName("mcc")]
    Matthews,

    /// <summary>exp(-mean log-likelihood).</summary>
    [JsonStringEnumMemberName("perplexity")]
    Perplexity,

    /// <summary>exp(-sum of log-likelihoods / words).</summary>
    [JsonStringEnumMemberName("word_perplexity")]
    WordPerplexity,

    /// <summary>exp(-sum of log-likelihoods / bytes).</summary>
    [JsonStringEnumMemberName("byte_perplexity")]
    BytePerplexity,

    /// <summary>-sum of log-likelihoods / (bytes ln 2).</summary>
    [JsonStringEnumMemberName("bits_per_byte")]
    BitsPerByte,
}

/// <summary>A metric of a task and its options.</summary>
/// <param name="Ignored">Patterns removed from both sides before they are compared (<c>exact_match</c>).</param>
internal sealed record HarnessMetric(
    HarnessScore Score,
    IReadOnlyList<string>? Ignored = null,
    bool IgnoreCase = false,
    bool IgnorePunctuation = false,
    bool IgnoreNumbers = false
)
{
    private static readonly Dictionary<string, HarnessScore> Names = Enum.GetValues<HarnessScore>()
        .ToDictionary(s => System.Text.Json.JsonSerializer.SerializeToElement(s).GetString()!, StringComparer.Ordinal);

    /// <summary>The metrics' names.</summary>
    public static IEnumerable<string> Known => Names.Keys;

    /// <summary>Its name in files and answers.</summary>
    public string Name => Names.First(n => n.Value == Score).Key;

    /// <summary>The metric of a name; null if there is none.</summary>
    public static HarnessScore? Find(string name) => Names.TryGetValue(name, out HarnessScore score) ? score : null;

    /// <summary>What is computed of a task that names no metric.</summary>
    public static IReadOnlyList<HarnessMetric> Default(HarnessOutput output) =>
        output switch
        {
            HarnessOutput.MultipleChoice => [new(HarnessScore.Accuracy), new(HarnessScore.Normalised)],
            HarnessOutput.LogLikelihood => [new(HarnessScore.Perplexity), new(HarnessScore.Accuracy)],
            HarnessOutput.Rolling =>
            [
                new(HarnessScore.WordPerplexity),
                new(HarnessScore.BytePerplexity),
                new(HarnessScore.BitsPerByte),
            ],
            _ => [new(HarnessScore.ExactMatch)],
        };

    /// <summary>Whether a task that asks in this way yields this metric.</summary>
    public static bool Fits(HarnessScore score, HarnessOutput output) =>
        output switch
        {
            HarnessOutput.MultipleChoice => score is < HarnessScore.Perplexity,
            HarnessOutput.LogLikelihood => score is HarnessScore.Perplexity or HarnessScore.Accuracy,
            HarnessOutput.Rolling => score is > HarnessScore.Perplexity,
            _ => score is HarnessScore.ExactMatch,
        };

    /// <summary>Returns the name of the aggregation in task files.</summary>
    public static string Aggregation(HarnessScore score) =>
        score switch
        {
            HarnessScore.F1 => "f1",
            HarnessScore.Matthews => "matthews_corrcoef",
            HarnessScore.Perplexity => "perplexity",
            HarnessScore.WordPerplexity or HarnessScore.BytePerplexity => "weighted_perplexity",
            HarnessScore.BitsPerByte => "bits_per_byte",
            _ => "mean",
        };
}
