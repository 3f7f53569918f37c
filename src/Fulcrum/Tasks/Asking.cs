using System.Text.Json.Serialization;

namespace Fulcrum.Tasks;

/// <summary>The form in which a question reaches the model.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PromptForm>))]
public enum PromptForm
{
    /// <summary>Plain text.</summary>
    [JsonStringEnumMemberName("plain")]
    Plain,

    /// <summary>A conversation, rendered by the model's chat template.</summary>
    [JsonStringEnumMemberName("chat")]
    Chat,
}

/// <summary>How written replies are decoded.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DecodingKind>))]
public enum DecodingKind
{
    /// <summary>The most likely token at each place.</summary>
    [JsonStringEnumMemberName("greedy")]
    Greedy,

    /// <summary>Drawn as the model's <c>generation_config.json</c> says, by a seed of each item.</summary>
    [JsonStringEnumMemberName("generation-config")]
    GenerationConfig,
}
