using System.Text.Json.Serialization;
using Fulcrum.Data;

namespace Fulcrum.Tasks.Choice;

/// <summary>The answer-scoring methods of multiple choice (key <c>reading</c>).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AnswerScoring>))]
public enum AnswerScoring
{
    /// <summary>The letter with the highest log-likelihood.</summary>
    [JsonStringEnumMemberName("letter")]
    Letter,

    /// <summary>The text of an option with the highest log-likelihood; the options are not shown.</summary>
    [JsonStringEnumMemberName("cloze")]
    Cloze,

    /// <summary>The text of an option with the highest log-likelihood per byte; the options are not shown.</summary>
    [JsonStringEnumMemberName("cloze-normalised")]
    ClozeNormalised,

    /// <summary>The letter that the rules find in the model's reply.</summary>
    [JsonStringEnumMemberName("generated")]
    Generated,

    /// <summary>The last character of prompt and reply.</summary>
    [JsonStringEnumMemberName("last-character")]
    LastCharacter,
}

/// <summary>What the column of the right answer holds.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AnswerForm>))]
public enum AnswerForm
{
    /// <summary>A, B, ...</summary>
    [JsonStringEnumMemberName("letter")]
    Letter,

    /// <summary>0, 1, ...</summary>
    [JsonStringEnumMemberName("index")]
    Index,

    /// <summary>1, 2, ...</summary>
    [JsonStringEnumMemberName("index-from-1")]
    IndexFromOne,

    /// <summary>One of the row's own labels, which stand in the column <c>labels</c>.</summary>
    [JsonStringEnumMemberName("label")]
    Label,

    /// <summary>The text of the right option.</summary>
    [JsonStringEnumMemberName("text")]
    Text,
}

/// <summary>Checks that MMLU and custom multiple choice share.</summary>
internal static class AnswerScorings
{
    /// <summary>Whether the model writes a reply.</summary>
    public static bool IsWritten(this AnswerScoring scoring) =>
        scoring is AnswerScoring.Generated or AnswerScoring.LastCharacter;

    /// <summary>Whether the options are part of the prompt.</summary>
    public static bool ShowsOptions(this AnswerScoring scoring) =>
        scoring is not (AnswerScoring.Cloze or AnswerScoring.ClozeNormalised);

    /// <summary>Returns the keys that are set and change nothing: those of written replies where none is
    /// written.</summary>
    /// <param name="limited">Whether <c>maxNewTokens</c> is set.</param>
    public static IEnumerable<(string Key, string Why)> UnusedKeys(
        AnswerScoring scoring,
        bool limited,
        DecodingKind decoding
    )
    {
        string why = $"the reading {EnumNames.Of(scoring)} compares likelihoods, and no reply is written";
        return scoring.IsWritten()
            ? []
            :
            [
                .. limited ? [("maxNewTokens", why)] : Array.Empty<(string, string)>(),
                .. decoding == DecodingKind.Greedy ? Array.Empty<(string, string)>() : [("decoding", why)],
            ];
    }

    /// <summary>Checks the keys that belong together.</summary>
    /// <exception cref="InputException">A value is outside its range.</exception>
    public static void Check(string source, string name, AnswerScoring scoring, int rotations, int maxNewTokens)
    {
        const string Turns = "0 to one less than the number of options";
        Wanted.That(rotations is >= 0 and <= 25, source, $"{name}.rotations", rotations, Turns);
        bool shown = rotations == 0 || scoring.ShowsOptions();
        Wanted.That(shown, source, $"{name}.rotations", rotations, "0 where the options are not shown");
        Wanted.That(maxNewTokens > 0, source, $"{name}.maxNewTokens", maxNewTokens, "1 or more");
    }
}
