using System.Text.Json.Nodes;

namespace Fulcrum.Prompts;

/// <summary>What a model is given: plain text, or a conversation that its own chat template turns into text.</summary>
public abstract record Prompt
{
    /// <summary>Plain text; gets the special tokens that the model's tokenizer adds (BOS of Llama).</summary>
    public sealed record Text(string Value) : Prompt;

    /// <summary>A conversation, rendered by the model's chat template with the generation prompt; gets no further
    /// special tokens.</summary>
    public sealed record Chat(IReadOnlyList<Message> Messages) : Prompt;
}

/// <summary>One turn of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
public sealed record Message(string Role, string Content)
{
    /// <summary>The open object that a chat template sees.</summary>
    public JsonObject ToJson() => new() { ["role"] = Role, ["content"] = Content };
}
