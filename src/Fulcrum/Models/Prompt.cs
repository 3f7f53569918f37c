using Fulcrum.Templates;

namespace Fulcrum.Models;

/// <summary>The input of a model: plain text, or a conversation that the model's chat template renders.</summary>
public abstract record Prompt
{
    /// <summary>Plain text. It gets the special tokens that the model's tokenizer adds, such as Llama's BOS.</summary>
    public sealed record Text(string Value) : Prompt;

    /// <summary>A conversation, rendered by the model's chat template with the generation prompt. The tokenizer adds no
    /// special tokens.</summary>
    /// <param name="ContinuesLast">Whether the last message is the beginning of the reply. The rendered text then ends
    /// with it, without a generation prompt.</param>
    /// <param name="SystemIsOptional">Whether the system message is left out for a template that refuses it.</param>
    public sealed record Chat(
        IReadOnlyList<Message> Messages,
        bool ContinuesLast = false,
        bool SystemIsOptional = false
    ) : Prompt;

    /// <summary>Returns the prompt of one question, for evaluation and training.</summary>
    /// <param name="chat">Whether it is a conversation.</param>
    /// <param name="system">The system message. In plain text it comes first. Null: none.</param>
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

    /// <summary>Returns a conversation with worked examples as its first turns, after its system messages.</summary>
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
