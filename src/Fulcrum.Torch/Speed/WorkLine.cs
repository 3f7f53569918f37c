using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Models;

namespace Fulcrum.Torch.Speed;

/// <summary>Reads the lines of fixed work. All work is in token ids.</summary>
internal static class WorkLine
{
    /// <summary>Returns the request of a line with a prompt and letters.</summary>
    /// <exception cref="InputException">A field is missing or no list of token ids.</exception>
    public static ScoreRequest Scoring(JsonLine line) =>
        new(Ids(line, "prompt"), [.. Ids(line, "letters").Select(i => new[] { i })]);

    /// <summary>Returns the request of a line with a prompt and the number of new tokens.</summary>
    /// <exception cref="InputException">A field is missing or has another form.</exception>
    public static CompletionRequest Generating(JsonLine line) => new(Ids(line, "prompt"), NewTokens(line), []);

    /// <summary>Returns the number of new tokens.</summary>
    /// <exception cref="InputException">The field is missing or no whole number.</exception>
    public static int NewTokens(JsonLine line) =>
        line.Value["new_tokens"] is JsonValue value && value.TryGetValue(out int count)
            ? count
            : throw line.Error("'new_tokens' must be a whole number");

    /// <summary>Returns the token ids of a field.</summary>
    /// <exception cref="InputException">The field is no list of token ids.</exception>
    public static int[] Ids(JsonLine line, string field) =>
        line.Value[field] is JsonArray list
        && list.All(n => n is JsonValue value && value.TryGetValue(out int id) && id >= 0)
            ? [.. list.Select(n => n!.GetValue<int>())]
            : throw line.Error($"'{field}' must be a list of token ids");

    /// <summary>Returns the database of a line; null for none.</summary>
    /// <exception cref="InputException">The field is no text.</exception>
    public static string? Database(JsonLine line) =>
        line.Value["db_id"] switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out string? name) => name,
            _ => throw line.Error("'db_id' must be a text"),
        };
}
