using System.Text.Json.Nodes;

namespace Fulcrum.Models;

/// <summary>One training example before it is tokenised.</summary>
/// <param name="Id">Names it in reports: <c>train/17</c>.</param>
/// <param name="Cluster">Examples of one cluster share the beginning of their prompt.</param>
/// <param name="Prompt">The prompt; of a conversation the messages before its last reply.</param>
/// <param name="Completion">The reply; of a conversation the last one.</param>
/// <param name="Conversation">All messages. The loss is taken on every reply of the assistant. Null: it is taken on
/// <paramref name="Completion"/>.</param>
/// <param name="Place">File and line, for errors; null: errors name <paramref name="Id"/>.</param>
public sealed record TrainingText(
    string Id,
    string Cluster,
    Prompt Prompt,
    string Completion,
    JsonArray? Conversation = null,
    string? Place = null
)
{
    /// <summary>Token ids that are used as they are; null: the texts are tokenised.</summary>
    internal TrainingIds? Ids { get; init; }

    /// <summary>Returns an error about this example.</summary>
    internal InputException Error(string what) => new($"{Place ?? Id}: {what}");

    /// <summary>The replies that are trained, each with the messages before it.</summary>
    internal IEnumerable<TrainingText> Replies()
    {
        if (Conversation is null)
        {
            return [this];
        }

        (string Role, string Content)[] turns =
        [
            .. Conversation
                .OfType<JsonObject>()
                .Select(m => (m["role"]?.ToString() ?? "", m["content"] is JsonValue text ? text.ToString() : "")),
        ];
        return turns
            .Select(
                (turn, i) =>
                    turn.Role != "assistant"
                        ? null
                        : new TrainingText(
                            Id,
                            Cluster,
                            new Prompt.Chat([.. turns[..i].Select(t => new Templates.Message(t.Role, t.Content))]),
                            turn.Content
                        )
            )
            .OfType<TrainingText>();
    }
}

/// <summary>Token ids of a training example.</summary>
internal sealed record TrainingIds(int[] Prompt, int[] Completion);
