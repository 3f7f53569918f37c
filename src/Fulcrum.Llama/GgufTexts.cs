using Fulcrum.Files;
using Fulcrum.Llama.Gguf;
using Fulcrum.Models;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Llama;

/// <summary>Tokenizer, chat template and end tokens of a GGUF file, or of the tokenizer folder that was given with
/// it.</summary>
internal static class GgufTexts
{
    /// <summary>Reads the tokenizer.</summary>
    /// <exception cref="InputException">The kind of vocabulary is not supported, or the folder has no
    /// tokenizer.</exception>
    public static Tokenizer TokenizerOf(ModelSource.Gguf source) =>
        source.TokenizerFolder is { } folder
            ? Tokenizer.Load(folder)
            : GgufTokenizer.Load(GgufModel.Read(source.File).File);

    /// <summary>Reads the chat template of the folder, otherwise of the file; returns null if neither has
    /// one.</summary>
    /// <exception cref="InputException">The template uses something that is not supported.</exception>
    public static ChatTemplate? TemplateOf(ModelSource.Gguf source, TimeProvider? clock = null) =>
        (source.TokenizerFolder is { } folder ? ChatTemplate.TryLoad(folder, clock) : null)
        ?? GgufTokenizer.Template(GgufFile.Read(source.File), clock);

    /// <summary>Returns the tokens that end a completion, as the file declares them.</summary>
    public static IReadOnlyList<int> EndTokensOf(ModelSource.Gguf source) =>
        GgufTokenizer.EndTokens(GgufFile.Read(source.File));

    /// <summary>Returns all three as a prompt encoding.</summary>
    public static PromptEncoding Encoding(ModelSource.Gguf source) =>
        new(TokenizerOf(source), TemplateOf(source, PromptEncoding.Clock), EndTokensOf(source));

    /// <summary>Returns the digest of a folder's tokenizer files.</summary>
    internal static string DigestOf(string folder) =>
        Sha256.OfTexts([
            .. ((string[])["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"])
                .Select(n => Path.Combine(folder, n))
                .Where(File.Exists)
                .Select(Sha256.OfFile),
        ]);
}
