using Fulcrum.Llama;
using Fulcrum.Models;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Cli;

/// <summary>The tokenizer and the chat template of a model.</summary>
internal static class ModelTexts
{
    /// <summary>Whether texts can be read and written; otherwise completions are ids only.</summary>
    public static bool AreIn(ModelSource source) =>
        source is not ModelSource.Folder folder || File.Exists(Path.Combine(folder.Path, "tokenizer.json"));

    /// <summary>Loads them; the chat template only once a conversation asks for it.</summary>
    /// <exception cref="InputException">The model has no tokenizer.</exception>
    public static TextCodec Of(ModelSource source)
    {
        Tokenizer tokenizer = TokenizerOf(source);
        if (tokenizer.Notice is { } notice)
        {
            Notices.Say(notice);
        }

        Lazy<ChatTemplate> template = new(() => TemplateOf(source));
        return new TextCodec(
            (text, special) => special ? tokenizer.EncodeInput(text) : tokenizer.Encode(text),
            ids => tokenizer.Decode(ids),
            (messages, variables) => template.Value.Render(messages, addGenerationPrompt: true, variables),
            tokenizer.BosId ?? tokenizer.EosId
        );
    }

    /// <summary>The tokens that end a completion.</summary>
    public static IReadOnlyList<int> EndTokensOf(ModelSource source) =>
        source switch
        {
            ModelSource.Folder folder => ModelFolder.EndTokens(folder.Path),
            ModelSource.Gguf gguf => GgufTexts.EndTokensOf(gguf),
            _ => [], // a server ends completions itself
        };

    /// <summary>The tokenizer of a model folder or a GGUF file.</summary>
    public static Tokenizer TokenizerOf(ModelSource source) =>
        source switch
        {
            ModelSource.Folder folder => Tokenizer.Load(folder.Path),
            ModelSource.Gguf gguf => GgufTexts.TokenizerOf(gguf),
            ModelSource.Endpoint { TokenizerFolder: { } folder } => Tokenizer.Load(folder),
            _ => throw new InputException($"{source} has no tokenizer here"),
        };

    /// <summary>The chat template of a model folder or a GGUF file.</summary>
    public static ChatTemplate TemplateOf(ModelSource source) =>
        source switch
        {
            ModelSource.Folder folder => ChatTemplate.Load(folder.Path),
            ModelSource.Gguf gguf => GgufTexts.TemplateOf(gguf)
                ?? throw new InputException($"{gguf.File} has no chat template; give prompts instead of messages"),
            ModelSource.Endpoint { TokenizerFolder: { } folder } => ChatTemplate.Load(folder),
            _ => throw new InputException($"{source} has no chat template here"),
        };
}
