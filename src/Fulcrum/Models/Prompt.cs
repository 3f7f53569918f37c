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

    /// <summary>The prompt of one question; measuring and training use the same.</summary>
    /// <param name="chat">Whether it is asked as a conversation.</param>
    /// <param name="system">The system message; in plain text it stands first. Null: none.</param>
    /// <param name="examples">Worked examples: earlier turns of the conversation, or paragraphs before the
    /// question.</param>
    public static Prompt Of(
        bool chat,
        string? system,
        string input,
        IReadOnlyList<(string Input, string Target)> examples
    )
    {
        if (chat)
        {
            Message[] begin = system is null ? [] : [new Message("system", system)];
            return After([.. begin, new Message("user", input)], examples);
        }

        string Worked((string Input, string Target) example) =>
            example.Input
            + (example.Input.Length > 0 && char.IsWhiteSpace(example.Input[^1]) ? "" : " ")
            + $"{example.Target}\n\n";
        return new Text($"{(system is null ? "" : $"{system}\n\n")}{string.Concat(examples.Select(Worked))}{input}");
    }

    /// <summary>A conversation with worked examples as its first turns, after its system messages.</summary>
    internal static Chat After(
        IReadOnlyList<Message> messages,
        IReadOnlyList<(string Input, string Target)> examples
    ) =>
        new([
            .. messages.TakeWhile(m => m.Role == "system"),
            .. examples.SelectMany(e => new[] { new Message("user", e.Input), new Message("assistant", e.Target) }),
            .. messages.SkipWhile(m => m.Role == "system"),
        ]);
}
