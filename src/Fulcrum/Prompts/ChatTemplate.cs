using System.Text.Json.Nodes;

namespace Fulcrum.Prompts;

/// <summary>The chat template of a model folder.</summary>
public sealed class ChatTemplate
{
    private ChatTemplate()
    {
    }

    /// <summary>Reads the template of a model folder.</summary>
    /// <exception cref="InputException">The folder has none.</exception>
    public static ChatTemplate Load(string modelFolder) => throw new InputException($"the chat template of {modelFolder} cannot be evaluated by this build; give prompts instead of messages");

    /// <summary>The same; null when the folder has no template.</summary>
    public static ChatTemplate? TryLoad(string modelFolder) => null;

    /// <summary>A conversation as text.</summary>
    public string Render(JsonArray messages, bool addGenerationPrompt, IReadOnlyDictionary<string, JsonNode?>? variables = null) => throw new InputException("no template");

    /// <summary>A conversation as text.</summary>
    public string Render(IReadOnlyList<Message> messages, bool addGenerationPrompt) => throw new InputException("no template");
}
