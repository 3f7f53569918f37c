using Fulcrum.Files;
using Fulcrum.Llama.Gguf;
using Fulcrum.Models;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Llama;

/// <summary>Tokenizer, chat template and end tokens of a GGUF file, or of the tokenizer folder that is named with
/// it.</summary>
internal static class GgufTexts
{
    /// <summary>The tokenizer.</summary>
    /// <exception cref="InputException">The vocabulary is of a kind that is not supported, or the folder has none.
    /// </exception>
    public static Tokenizer TokenizerOf(ModelSource.Gguf source) =>
        source.TokenizerFolder is { } folder
            ? Tokenizer.Load(folder)
            : GgufTokenizer.Load(GgufModel.Read(source.File).File);

    /// <summary>The chat template: the folder's where it has one, otherwise the file's; null where neither has one.
    /// </summary>
    /// <exception cref="InputException">The template uses what is not supported.</exception>
    public static ChatTemplate? TemplateOf(ModelSource.Gguf source, TimeProvider? clock = null) =>
        (source.TokenizerFolder is { } folder ? ChatTemplate.TryLoad(folder, clock) : null)
        ?? GgufTokenizer.Template(GgufFile.Read(source.File), clock);

    /// <summary>The tokens that end an answer: those that the file declares.</summary>
    public static IReadOnlyList<int> EndTokensOf(ModelSource.Gguf source) =>
        GgufTokenizer.EndTokens(GgufFile.Read(source.File));

    /// <summary>All three, as measuring needs them.</summary>
    public static PromptEncoding Encoding(ModelSource.Gguf source) =>
        new(TokenizerOf(source), TemplateOf(source, PromptEncoding.Clock), EndTokensOf(source));

    /// <summary>The digest of a folder's tokenizer files.</summary>
    internal static string DigestOf(string folder) =>
        Sha256.OfTexts([
            .. ((string[])["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"])
                .Select(n => Path.Combine(folder, n))
                .Where(File.Exists)
                .Select(Sha256.OfFile),
        ]);
}
