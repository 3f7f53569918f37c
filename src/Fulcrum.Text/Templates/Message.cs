using System.Text.Json.Nodes;

namespace Fulcrum.Templates;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
public sealed record Message(string Role, string Content)
{
    /// <summary>Returns the message as the object that a chat template reads.</summary>
    public JsonObject ToJson() => new() { ["role"] = Role, ["content"] = Content };
}
