using Fulcrum.Files;
using Fulcrum.Llama.Gguf;

namespace Fulcrum.Llama.Export;

/// <summary>Ollama's <c>Modelfile</c> for a GGUF file.</summary>
internal static class OllamaModelfile
{
    /// <summary>Writes <c>Modelfile</c> next to the GGUF file, with greedy decoding, the full context and the end
    /// tokens. Ollama reads the chat template from the GGUF file.</summary>
    /// <exception cref="InputException">The file is not a valid GGUF file, or the folder cannot be written.</exception>
    public static void Write(string path, Action<string>? warn = null)
    {
        GgufModel model = GgufModel.Read(path);
        string[] tokens = model.File.List<string>("tokenizer.ggml.tokens")!;
        string[] ends =
        [
            .. GgufTokenizer.EndTokens(model.File).Where(id => id >= 0 && id < tokens.Length).Select(id => tokens[id]),
        ];
        List<string> lines =
        [
            $"FROM ./{Path.GetFileName(path)}",
            "PARAMETER temperature 0",
            $"PARAMETER num_ctx {model.ContextLength}",
            .. ends.Where(IsOneWord).Select(end => $"PARAMETER stop {end}"),
        ];
        if (ends.FirstOrDefault(end => !IsOneWord(end)) is { } other)
        {
            warn?.Invoke($"the end token '{Printable.Short(other)}' cannot stand in a Modelfile and is left out of it");
        }

        if (model.File.Text("tokenizer.chat_template") is null)
        {
            warn?.Invoke("the model has no chat template; Ollama will send messages as plain text");
        }

        AtomicFile.WriteText(
            Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "Modelfile"),
            string.Join('\n', lines) + "\n"
        );
    }

    // The tokens come with the model. A line end in one would add an instruction to the file.
    private static bool IsOneWord(string token) =>
        token.Length > 0 && !token.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '"');
}
