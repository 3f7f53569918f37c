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
        List<string> lines =
        [
            $"FROM ./{Path.GetFileName(path)}",
            "PARAMETER temperature 0",
            $"PARAMETER num_ctx {model.ContextLength}",
            .. GgufTokenizer.EndTokens(model.File).Select(id => $"PARAMETER stop {tokens[id]}"),
        ];
        if (model.File.Text("tokenizer.chat_template") is null)
        {
            warn?.Invoke("the model has no chat template; Ollama will send messages as plain text");
        }

        AtomicFile.WriteText(
            Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "Modelfile"),
            string.Join('\n', lines) + "\n"
        );
    }
}
