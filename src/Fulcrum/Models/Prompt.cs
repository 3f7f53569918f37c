using Fulcrum.Templates;

namespace Fulcrum.Models;

/// <summary>What a model is given: plain text, or a conversation that its own chat template turns into text.</summary>
public abstract record Prompt
{
    /// <summary>Plain text; gets the special tokens that the model's tokenizer adds (BOS of Llama).</summary>
    public sealed record Text(string Value) : Prompt;

    /// <summary>A conversation, rendered by the model's chat template with the generation prompt; gets no further
    /// special tokens.</summary>
    /// <param name="ContinuesLast">The last message is a begun reply: the text ends with it, and there is no generation
    /// prompt.</param>
    /// <param name="SystemIsOptional">A template that refuses the system message is given the others only.</param>
    public sealed record Chat(
        IReadOnlyList<Message> Messages,
        bool ContinuesLast = false,
        bool SystemIsOptional = false
    ) : Prompt;
}
