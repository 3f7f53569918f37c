using System.Text.Json.Nodes;
using Fulcrum.Templates;
using Fulcrum.Tokenization;
using static Fulcrum.Llama.Gguf.GgufTokenType;

namespace Fulcrum.Llama.Gguf;

/// <summary>Reads the tokenizer and the chat template in a GGUF file.</summary>
/// <remarks>The tokenizer gives the same tokens as llama.cpp: texts are not normalised to NFC, and with a SentencePiece
/// vocabulary a space is put before every text.</remarks>
internal static class GgufTokenizer
{
    /// <summary>Reads the tokenizer.</summary>
    /// <exception cref="InputException">Its kind is not supported. The message names it.</exception>
    public static Tokenizer Load(GgufFile file)
    {
        string[] tokens = file.List<string>("tokenizer.ggml.tokens") ?? throw file.Error("it has no vocabulary");
        int[] types = file.List<int>("tokenizer.ggml.token_type") ?? [.. tokens.Select(_ => Normal)];
        bool bytes = file.Text("tokenizer.ggml.model") == "gpt2";
        PreTokenizerName? cut = bytes ? CutOf(file) : null;
        JsonObject json = new()
        {
            ["added_tokens"] = new JsonArray([
                .. Enumerable
                    .Range(0, tokens.Length)
                    .Where(i => types[i] is Control or UserDefined or Unknown && tokens[i].Length > 0)
                    .Select(i => Added(i, tokens[i], types[i])),
            ]),
            ["pre_tokenizer"] = cut?.Json(),
            ["post_processor"] = Around(file, tokens),
        };
        return bytes ? ByteLevel(file, json, tokens, cut!) : SentencePiece(file, json, tokens, types);
    }

    /// <summary>Returns whether BOS is put before a text: as the file says, otherwise llama.cpp's default.</summary>
    public static bool AddsBos(GgufFile file) =>
        file.Flag("tokenizer.ggml.add_bos_token")
        ?? (
            file.Text("tokenizer.ggml.model") == "llama"
            || (file.Text("tokenizer.ggml.pre") is { } pre && PreTokenizerName.Find(pre) is { AddsBos: true })
        );

    /// <summary>Returns the tokens that end a completion, as the file declares them.</summary>
    public static IReadOnlyList<int> EndTokens(GgufFile file) =>
        [
            .. ((string[])["eos", "eot", "eom"])
                .Select(n => file.Count($"tokenizer.ggml.{n}_token_id"))
                .Where(id => id is not null)
                .Select(id => (int)id!)
                .Distinct(),
        ];

    /// <summary>Reads the chat template; returns null if the file has none.</summary>
    /// <exception cref="InputException">The template uses something that is not supported.</exception>
    public static ChatTemplate? Template(GgufFile file, TimeProvider? clock = null) =>
        file.Text("tokenizer.chat_template") is { } text ? ChatTemplate.Of(text, Settings(file), clock) : null;

    private static PreTokenizerName CutOf(GgufFile file)
    {
        string name = file.Text("tokenizer.ggml.pre") ?? "default";
        return PreTokenizerName.Find(name)
            ?? throw file.Error(
                $"the pre-tokeniser '{name}' is not supported; name the model's tokenizer folder with "
                    + $"--tokenizer (supported: {string.Join(", ", PreTokenizerName.Known.Select(k => k.Names[0]))})"
            );
    }

    private static JsonObject Settings(GgufFile file)
    {
        string[] tokens = file.List<string>("tokenizer.ggml.tokens") ?? [];
        JsonObject settings = [];
        foreach (
            (string name, string key) in new[]
            {
                ("bos_token", "bos"),
                ("eos_token", "eos"),
                ("unk_token", "unknown"),
                ("pad_token", "padding"),
            }
        )
        {
            if (file.Count($"tokenizer.ggml.{key}_token_id") is { } id && id < tokens.Length)
            {
                settings[name] = tokens[id];
            }
        }

        return settings;
    }

    private static JsonObject Added(int id, string content, int type) =>
        new()
        {
            ["id"] = id,
            ["content"] = content,
            ["normalized"] = false,
            ["special"] = type != UserDefined,
        };

    // Returns the tokens before and after a text as the post-processor of a tokenizer.json.
    private static JsonObject? Around(GgufFile file, string[] tokens)
    {
        int? bos = AddsBos(file) ? (int?)file.Count("tokenizer.ggml.bos_token_id") : null;
        int? eos =
            file.Flag("tokenizer.ggml.add_eos_token") == true ? (int?)file.Count("tokenizer.ggml.eos_token_id") : null;
        JsonArray single = [];
        JsonObject special = [];
        void Token(int? id)
        {
            if (id is { } number)
            {
                single.Add(new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = $"{number}" } });
                special[$"{number}"] = new JsonObject { ["ids"] = new JsonArray(number) };
            }
        }

        Token(bos);
        single.Add(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A" } });
        Token(eos);
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = single,
            ["special_tokens"] = special,
        };
    }

    private static Tokenizer ByteLevel(GgufFile file, JsonObject json, string[] tokens, PreTokenizerName cut)
    {
        string[] merges =
            file.List<string>("tokenizer.ggml.merges") ?? throw file.Error("it lacks the key 'tokenizer.ggml.merges'");
        json["decoder"] = new JsonObject { ["type"] = "ByteLevel" };
        json["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["vocab"] = Vocabulary(tokens),
            ["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)m)]),
            ["ignore_merges"] = cut.IgnoreMerges,
        };
        return Tokenizer.Of(json, Settings(file), file.Path);
    }

    private static Tokenizer SentencePiece(GgufFile file, JsonObject json, string[] tokens, int[] types)
    {
        float[] scores =
            file.List<float>("tokenizer.ggml.scores") ?? throw file.Error("it lacks the key 'tokenizer.ggml.scores'");
        JsonArray marks =
        [
            new JsonObject
            {
                ["type"] = "Replace",
                ["pattern"] = new JsonObject { ["String"] = " " },
                ["content"] = "▁",
            },
        ];
        if (file.Flag("tokenizer.ggml.add_space_prefix") != false)
        {
            marks.Insert(0, new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" });
        }

        json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = marks };
        json["decoder"] = JsonNode.Parse(
            """
            {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},
            {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
            """
        );
        (JsonArray merges, List<int> ranks) = MergesOf(file, tokens, types, scores);
        int unknown = Array.IndexOf(types, Unknown);
        json["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["vocab"] = Vocabulary(tokens),
            ["merges"] = merges,
            ["byte_fallback"] = types.Contains(SingleByte),
            ["fuse_unk"] = true,
            ["unk_token"] = unknown >= 0 ? tokens[unknown] : null,
        };
        return Tokenizer.Of(json, Settings(file), file.Path, ranks);
    }

    // Each cut of each token is looked up, and a look-up reads the token. Published vocabularies need less than a tenth
    // of this; one token of megabytes would take hours.
    private const long MostCharactersOfCuts = 1L << 28;

    // Merges produce the first of several tokens with the same text.
    private static JsonObject Vocabulary(string[] tokens)
    {
        Dictionary<string, int> first = new(tokens.Length, StringComparer.Ordinal);
        for (int i = 0; i < tokens.Length; i++)
        {
            first.TryAdd(tokens[i], i);
        }

        return new JsonObject(first.Select(t => KeyValuePair.Create(t.Key, (JsonNode?)t.Value)));
    }

    /// <summary>Returns the merges of a vocabulary with scores: any two tokens whose joined text is a token may merge,
    /// and the merge into the token with the highest score comes first.</summary>
    /// <exception cref="InputException">The tokens are too long.</exception>
    private static (JsonArray Merges, List<int> Ranks) MergesOf(
        GgufFile file,
        string[] tokens,
        int[] types,
        float[] scores
    )
    {
        Dictionary<string, int> ids = Mergeable(tokens, types);
        if (ids.Keys.Sum(t => (long)t.Length * t.Length) > MostCharactersOfCuts)
        {
            throw file.Error("the tokens of its vocabulary are too long to be merged from shorter ones");
        }

        Dictionary<float, int> rankOf = scores
            .Distinct()
            .OrderDescending()
            .Select((s, i) => (s, i))
            .ToDictionary(p => p.s, p => p.i);
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> parts = ids.GetAlternateLookup<
            ReadOnlySpan<char>
        >();
        JsonArray merges = [];
        List<int> ranks = [];
        foreach ((string token, int id) in ids)
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (
                    parts.TryGetValue(token.AsSpan(0, cut), out int left)
                    && parts.TryGetValue(token.AsSpan(cut), out int right)
                )
                {
                    merges.Add(new JsonArray(tokens[left], tokens[right]));
                    ranks.Add(rankOf[scores[id]]);
                }
            }
        }

        return (merges, ranks);
    }

    private static Dictionary<string, int> Mergeable(string[] tokens, int[] types)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int i = 0; i < tokens.Length; i++)
        {
            if (types[i] is Normal or UserDefined)
            {
                ids.TryAdd(tokens[i], i);
            }
        }

        return ids;
    }
}
