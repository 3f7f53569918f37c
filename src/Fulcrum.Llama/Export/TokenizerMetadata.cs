using System.Text.Json.Nodes;
using Fulcrum.Llama.Gguf;
using Fulcrum.Templates;
using Fulcrum.Tokenization;
using static Fulcrum.Llama.Gguf.GgufTokenType;

namespace Fulcrum.Llama.Export;

/// <summary>The tokenizer and the chat template of a model folder as metadata of a GGUF file.</summary>
/// <param name="Keys">Keys and values.</param>
/// <param name="Warnings">One sentence for each case in which llama.cpp tokenises differently.</param>
internal sealed record TokenizerMetadata(
    IReadOnlyList<(string Key, GgufValue Value)> Keys,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>Reads the tokenizer of a folder.</summary>
    /// <exception cref="InputException">The tokenizer is missing or malformed, or GGUF does not support its
    /// kind.</exception>
    public static TokenizerMetadata Read(string folder, ConfigMetadata config)
    {
        JsonFile file = new(Path.Combine(folder, "tokenizer.json"));
        TokenizerSettings settings = TokenizerSettings.Load(folder);
        JsonNode model = file.Root["model"] ?? throw file.Error("there is no model");
        _ = PreTokenizers.Parse(file.Root["pre_tokenizer"], file, out bool bytes);
        if (!bytes && !file.Flag(model, "byte_fallback"))
        {
            throw file.Error(
                "GGUF holds byte-level BPE and SentencePiece vocabularies with byte tokens; this tokenizer is neither"
            );
        }

        List<string> warnings = [];
        (string[] tokens, int[] types) = Vocabulary(file, settings, config.VocabularySize, bytes);
        List<(string, GgufValue)> keys =
        [
            ("tokenizer.ggml.model", GgufValue.Of(bytes ? "gpt2" : "llama")),
            ("tokenizer.ggml.pre", GgufValue.Of(bytes ? PreTokenizerOf(file, warnings) : "default")),
            ("tokenizer.ggml.tokens", GgufValue.Of(tokens)),
        ];
        if (!bytes)
        {
            keys.Add(("tokenizer.ggml.scores", GgufValue.Of(Scores(file, model, tokens, types))));
            CheckSpaces(file, warnings);
            keys.AddRange(PutsSpace(file) ? [] : [("tokenizer.ggml.add_space_prefix", GgufValue.Of(false))]);
        }

        keys.Add(("tokenizer.ggml.token_type", GgufValue.Of(types)));
        if (bytes)
        {
            keys.Add(
                ("tokenizer.ggml.merges", GgufValue.Of([.. file.List(model, "merges").Select(m => Merge(m, file))]))
            );
        }

        keys.AddRange(Special(Tokenizer.Load(folder), settings, config, tokens));
        if (ChatTemplate.TextsIn(folder).Text is { } template)
        {
            keys.Add(("tokenizer.chat_template", GgufValue.Of(template)));
        }

        return new TokenizerMetadata(keys, warnings);
    }

    private static (string[] Tokens, int[] Types) Vocabulary(
        JsonFile file,
        TokenizerSettings settings,
        int size,
        bool bytes
    )
    {
        JsonNode model = file.Root["model"]!;
        Dictionary<string, int> vocabulary = BpeModel.Vocabulary(model, file);
        string[] tokens = [.. Enumerable.Range(0, size).Select(i => $"[PAD{i}]")];
        int[] types = [.. Enumerable.Repeat(Unused, size)];
        string? unknown = model["unk_token"]?.ToString();
        foreach ((string token, int id) in vocabulary)
        {
            int type =
                bytes ? Normal
                : token == unknown ? Unknown
                : IsByte(token) ? SingleByte
                : Normal;
            Put(id, token, type);
        }

        foreach (AddedToken added in settings.Complete(AddedTokens.Parse(file), vocabulary))
        {
            bool isControl = added.Special || LooksSpecial(added.Content);
            string token = isControl ? added.Content : added.Content.Replace('▁', ' ');
            int type =
                added.Content == unknown && !bytes ? Unknown
                : isControl ? Control
                : UserDefined;
            Put(added.Id, token, type);
        }

        return (tokens, types);

        void Put(int id, string token, int type)
        {
            if (id >= size)
            {
                throw file.Error($"the token '{token}' has the id {id}, but config.json names a vocab_size of {size}");
            }

            (tokens[id], types[id]) = (token, type);
        }
    }

    // llama.cpp's conversion writes these as control tokens even if they are not special in tokenizer.json.
    private static bool LooksSpecial(string token) =>
        token is "<pad>" or "<mask>" or "<2mass>" or "[@BOS@]"
        || (token.StartsWith("<|", StringComparison.Ordinal) && token.EndsWith("|>", StringComparison.Ordinal))
        || (token.StartsWith("<｜", StringComparison.Ordinal) && token.EndsWith("｜>", StringComparison.Ordinal))
        || (token.StartsWith("<unused", StringComparison.Ordinal) && token.EndsWith('>'));

    private static bool IsByte(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>';

    private static string PreTokenizerOf(JsonFile file, List<string> warnings)
    {
        (PreTokenizerName nearest, string? difference) = PreTokenizerMatch.Of(file);
        if (difference is not null)
        {
            warnings.Add(
                $"llama.cpp has no pre-tokeniser that cuts texts as {file.Path} does; "
                    + $"'{nearest.Names[0]}' is nearest and differs on {difference}. Where tokens matter, "
                    + "give token ids"
            );
        }

        return nearest.Names[0];
    }

    // llama.cpp merges the token with the highest score first. So tokens get scores in the order of the merges that
    // make them; all others come last.
    private static float[] Scores(JsonFile file, JsonNode model, string[] tokens, int[] types)
    {
        Dictionary<string, int> order = new(StringComparer.Ordinal);
        foreach (JsonNode? merge in file.List(model, "merges"))
        {
            order.TryAdd(string.Concat(Merge(merge, file).Split(' ')), order.Count);
        }

        float[] scores = new float[tokens.Length];
        int next = order.Count;
        for (int i = 0; i < tokens.Length; i++)
        {
            if (types[i] == Normal)
            {
                scores[i] = order.TryGetValue(tokens[i], out int rank) ? -rank : -(float)next++;
            }
        }

        return scores;
    }

    private static string Merge(JsonNode? merge, JsonFile file) =>
        merge switch
        {
            JsonValue v when v.TryGetValue(out string? text) => text,
            JsonArray { Count: 2 } pair => $"{pair[0]} {pair[1]}",
            _ => throw file.Error($"the merge {merge?.ToJsonString() ?? "null"} is not a pair"),
        };

    private static bool PutsSpace(JsonFile file) =>
        PreTokenizerMatch.Steps(file.Root["normalizer"], "normalizers").Any(s => s == "Prepend")
        || PrependScheme(file) is not (null or "never");

    // Where a Metaspace step puts a space; null if the tokenizer has no such step.
    private static string? PrependScheme(JsonFile file) =>
        file.Root["pre_tokenizer"] is { } step && file.Text(step, "type") == "Metaspace"
            ? PreTokenizers.PrependScheme(step, file)
            : null;

    private static void CheckSpaces(JsonFile file, List<string> warnings)
    {
        if (PrependScheme(file) == "first")
        {
            warnings.Add(
                $"{file.Path} puts a space before the first word only; llama.cpp puts one before every text "
                    + "and after every special token, which the file cannot change"
            );
        }
    }

    private static IEnumerable<(string, GgufValue)> Special(
        Tokenizer tokenizer,
        TokenizerSettings settings,
        ConfigMetadata config,
        string[] tokens
    )
    {
        int[] without = tokenizer.Encode("a"),
            with = tokenizer.Encode("a", addSpecialTokens: true);
        bool addsBos = with.Length > without.Length && !with.AsSpan().StartsWith(without);
        bool addsEos = with.Length > without.Length && !with.AsSpan().EndsWith(without);
        (string Key, int? Id)[] ids =
        [
            ("bos", addsBos ? with[0] : Named("bos_token") ?? config.TokenId("bos")),
            ("eos", Named("eos_token") ?? config.TokenId("eos")),
            ("unknown", Named("unk_token")),
            ("padding", Named("pad_token") ?? config.TokenId("pad")),
        ];
        foreach ((string key, int? id) in ids)
        {
            if (id is { } number && number < tokens.Length)
            {
                yield return ($"tokenizer.ggml.{key}_token_id", GgufValue.Count(number));
            }
        }

        yield return ("tokenizer.ggml.add_bos_token", GgufValue.Of(addsBos));
        if (addsEos)
        {
            yield return ("tokenizer.ggml.add_eos_token", GgufValue.Of(true));
        }

        int? Named(string name) => settings.Content(name) is { } content ? tokenizer.TokenId(content) : null;
    }
}
