using Fulcrum.Models;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Cli.Commands;

/// <summary>The tokenizer and the chat template of a model folder.</summary>
internal static class ModelTexts
{
    /// <summary>Whether texts can be read and written; otherwise completions come as ids alone.</summary>
    public static bool AreIn(string folder) => File.Exists(Path.Combine(folder, "tokenizer.json"));

    /// <summary>Loads them; the chat template only once a conversation asks for it.</summary>
    /// <exception cref="InputException">The folder has no tokenizer.</exception>
    public static TextCodec Of(string folder)
    {
        Tokenizer tokenizer = Tokenizer.Load(folder);
        if (tokenizer.Notice is { } notice)
        {
            Console.Error.WriteLine($"fulcrum: {notice}");
        }

        Lazy<ChatTemplate> template = new(() => ChatTemplate.Load(folder));
        return new TextCodec(
            (text, special) => special ? tokenizer.EncodeInput(text) : tokenizer.Encode(text),
            ids => tokenizer.Decode(ids),
            (messages, variables) => template.Value.Render(messages, addGenerationPrompt: true, variables),
            tokenizer.BosId ?? tokenizer.EosId
        );
    }
}
