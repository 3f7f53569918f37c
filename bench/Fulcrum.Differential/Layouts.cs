using System.Text.Json.Nodes;

namespace Fulcrum.Differential;

/// <summary>Eight layouts of <c>tokenizer.json</c> as published models have them, over the vocabularies of
/// <c>tests/reference/tokenizer</c>.</summary>
internal static class Layouts
{
    private const string Llama2 = "llama2-layout",
        Llama3 = "llama3-layout",
        SmolLm = "smollm-layout";

    private const string Qwen2 =
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private const string O200k =
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static readonly string[] DeepSeek = ["[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+"];

    /// <summary>Each layout by its name.</summary>
    /// <param name="folder">Holds the three vocabularies.</param>
    public static IEnumerable<(string Name, JsonObject Layout)> All(string folder)
    {
        yield return ("llama2", Read(folder, Llama2));
        yield return ("llama3", Read(folder, Llama3));
        yield return ("smollm", Read(folder, SmolLm));
        yield return ("qwen2", Of(folder, Llama3, Type("NFC"), Sequence([Split(Qwen2), Bytes()])));
        yield return ("o200k", Of(folder, Llama3, null, Sequence([Split(O200k), Bytes()])));
        yield return ("deepseek", Of(folder, SmolLm, null, Sequence([.. DeepSeek.Select(Split), Digits(), Bytes()])));
        yield return ("gemma", Of(folder, Llama2, Spaces(), Words()));
        yield return ("metaspace", AddedTokens(Of(folder, Llama2, Type("NFKC"), Metaspace())));
    }

    private static JsonObject Read(string folder, string name) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name, "tokenizer.json")))!.AsObject();

    private static JsonObject Of(string folder, string name, JsonNode? normalizer, JsonNode preTokenizer)
    {
        JsonObject layout = Read(folder, name);
        layout["normalizer"] = normalizer;
        layout["pre_tokenizer"] = preTokenizer;
        return layout;
    }

    private static JsonObject Type(string type) => new() { ["type"] = type };

    private static JsonObject Sequence(JsonNode[] parts) =>
        new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(parts) };

    private static JsonNode Split(string pattern) =>
        new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = pattern },
            ["behavior"] = "Isolated",
            ["invert"] = false,
        };

    private static JsonNode Bytes() =>
        new JsonObject
        {
            ["type"] = "ByteLevel",
            ["add_prefix_space"] = false,
            ["trim_offsets"] = true,
            ["use_regex"] = false,
        };

    private static JsonNode Digits() => new JsonObject { ["type"] = "Digits", ["individual_digits"] = true };

    private static JsonObject Spaces() =>
        new()
        {
            ["type"] = "Replace",
            ["pattern"] = new JsonObject { ["String"] = " " },
            ["content"] = "▁",
        };

    private static JsonObject Words() =>
        new()
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["String"] = " " },
            ["behavior"] = "MergedWithPrevious",
            ["invert"] = false,
        };

    private static JsonObject Metaspace() =>
        new()
        {
            ["type"] = "Metaspace",
            ["replacement"] = "▁",
            ["prepend_scheme"] = "first",
            ["split"] = true,
        };

    // Added tokens with every combination of the flags that change where they match.
    private static JsonObject AddedTokens(JsonObject layout)
    {
        JsonArray tokens = layout["added_tokens"]!.AsArray();
        for (int flags = 0; flags < 16; flags++)
        {
            tokens.Add(
                new JsonObject
                {
                    ["id"] = 2500 + flags,
                    ["content"] = flags % 2 == 0 ? $"<x{flags}>" : $"word{flags}",
                    ["single_word"] = (flags & 1) != 0,
                    ["lstrip"] = (flags & 2) != 0,
                    ["rstrip"] = (flags & 4) != 0,
                    ["normalized"] = (flags & 8) != 0,
                    ["special"] = flags % 3 == 0,
                }
            );
        }

        return layout;
    }
}
