namespace Fulcrum.Llama.Gguf;

/// <summary>A language model in the header of a GGUF file, checked before llama.cpp reads the file.</summary>
/// <remarks>
/// llama.cpp ends the process on some damaged headers and accepts others without an error, for example a rope base of
/// 0. The tensors of qwen2, qwen3 and llama are checked by name and shape here, those of other architectures by
/// llama.cpp only.
/// </remarks>
/// <param name="File">The header.</param>
/// <param name="Layers">Number of decoder layers.</param>
/// <param name="Heads">Attention heads per layer.</param>
/// <param name="ContextLength">The context length in the file, in tokens.</param>
/// <param name="VocabularySize">Number of tokens.</param>
internal sealed record GgufModel(GgufFile File, int Layers, int Heads, int ContextLength, int VocabularySize)
{
    private const int MostLayers = 1024,
        MostHeads = 1 << 12,
        MostWidth = 1 << 20,
        MostContext = 1 << 27,
        MostTokens = 1 << 20; // the largest published vocabulary has 0.9 million

    /// <summary>Bytes of the KV cache per token, in float32; at least 1. The counts of an architecture that is not
    /// checked here may be any.</summary>
    public long CacheBytesPerToken
    {
        get
        {
            string a = File.Architecture;
            long width = File.Count($"{a}.embedding_length") ?? 0,
                head = width / Heads;
            long keyValueHeads =
                File.Metadata.TryGetValue($"{a}.attention.head_count_kv", out GgufValue? value)
                && value.Content is uint count
                    ? count
                    : Heads;
            long components =
                (File.Count($"{a}.attention.key_length") ?? head) + (File.Count($"{a}.attention.value_length") ?? head);
            Int128 bytes = (Int128)Layers * keyValueHeads * components * sizeof(float);
            return (long)Int128.Clamp(bytes, 1, long.MaxValue / MostContext);
        }
    }

    /// <summary>Reads and checks the header of a model.</summary>
    /// <exception cref="InputException">The file is not a valid GGUF model. The message names the file and the wrong
    /// key or tensor.</exception>
    public static GgufModel Read(string path) => Of(GgufFile.Read(path));

    /// <summary>Checks a header that was read already.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public static GgufModel Of(GgufFile file)
    {
        string a = file.Architecture;
        if (file.Metadata.TryGetValue("split.count", out GgufValue? parts) && parts.Content is ushort and > 1)
        {
            throw file.Error($"it is one of {parts.Content} parts; join them first (llama-gguf-split --merge)");
        }

        int layers = Count(file, $"{a}.block_count", MostLayers),
            width = Count(file, $"{a}.embedding_length", MostWidth),
            context = Count(file, $"{a}.context_length", MostContext),
            vocabulary = CheckedVocabulary(file);
        int heads = HeadCount(file, $"{a}.attention.head_count");
        Positive(file, $"{a}.attention.layer_norm_rms_epsilon", least: 0, most: 1);
        Positive(file, $"{a}.rope.freq_base", least: float.Epsilon, most: 1e12f);
        Positive(file, $"{a}.rope.scaling.factor", least: float.Epsilon, most: 1e6f);
        GgufModel model = new(file, layers, heads, context, vocabulary);
        if (a is "qwen2" or "qwen3" or "llama")
        {
            DecoderTensors.Check(model, width);
        }

        return model;
    }

    /// <summary>Returns the value of a required count from 1 to <paramref name="most"/>.</summary>
    internal static int Count(GgufFile file, string key, int most) =>
        file.Count(key) switch
        {
            null => throw file.Error($"it lacks the key '{key}'"),
            uint count when count >= 1 && count <= most => (int)count,
            uint other => throw file.Error($"'{key}' is {other}; 1 to {most} are possible"),
        };

    // Some architectures have an array with one number per layer; llama.cpp checks those.
    private static int HeadCount(GgufFile file, string key) =>
        file.Metadata.TryGetValue(key, out GgufValue? value) && value.IsArray ? 1 : Count(file, key, MostHeads);

    private static void Positive(GgufFile file, string key, float least, float most)
    {
        if (file.Number(key) is { } number && !(number >= least && number <= most))
        {
            throw file.Error($"'{key}' is {number}, which is not possible");
        }
    }

    private static int CheckedVocabulary(GgufFile file)
    {
        string[] tokens =
            file.List<string>("tokenizer.ggml.tokens") ?? throw file.Error("it lacks the key 'tokenizer.ggml.tokens'");
        RequireOnePerToken("tokenizer.ggml.token_type", file.List<int>("tokenizer.ggml.token_type")?.Length);
        RequireOnePerToken("tokenizer.ggml.scores", file.List<float>("tokenizer.ggml.scores")?.Length);
        string kind = file.Text("tokenizer.ggml.model") ?? throw file.Error("it lacks the key 'tokenizer.ggml.model'");
        if (kind is not ("gpt2" or "llama"))
        {
            throw file.Error(
                $"the tokenizer model '{kind}' is not supported; supported are gpt2 (byte-level BPE) and "
                    + "llama (SentencePiece)"
            );
        }

        foreach (string name in (string[])["bos", "eos", "unknown", "padding"])
        {
            RequireToken($"tokenizer.ggml.{name}_token_id");
        }

        return tokens.Length is > 0 and <= MostTokens
            ? tokens.Length
            : throw file.Error($"its vocabulary has {tokens.Length} tokens; 1 to {MostTokens} are possible");

        void RequireOnePerToken(string key, int? count)
        {
            if (count is { } n && n != tokens.Length)
            {
                throw file.Error($"'{key}' has {n} values for {tokens.Length} tokens");
            }
        }

        void RequireToken(string key)
        {
            if (file.Count(key) is { } id && id >= tokens.Length)
            {
                throw file.Error($"'{key}' is {id}, but the vocabulary has {tokens.Length} tokens");
            }
        }
    }
}
