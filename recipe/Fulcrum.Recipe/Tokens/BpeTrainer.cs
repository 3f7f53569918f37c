using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fulcrum.Recipe.Tokens;

/// <summary>Trains a byte-level BPE (Sennrich et al., ACL 2016, on bytes) and writes it as a
/// <c>tokenizer.json</c>.</summary>
internal static partial class BpeTrainer
{
    /// <summary>Special tokens, in the order of their ids behind the vocabulary.</summary>
    public static readonly IReadOnlyList<string> Special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

    private const string Pattern = @" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The tokenizer of a text: merges until every piece of it is one token, or until there are
    /// <paramref name="size"/> tokens.</summary>
    public static JsonObject Train(IEnumerable<string> texts, int size)
    {
        (List<string> Parts, long Count)[] words =
        [
            .. Count(texts).OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => (Letters(w.Key), w.Value)),
        ];
        Dictionary<string, int> vocabulary = [];
        for (int b = 0; b < 256; b++)
        {
            vocabulary.Add(Letter((byte)b), vocabulary.Count);
        }

        List<(string, string)> merges = [];
        while (vocabulary.Count < size - Special.Count && MostFrequent(words) is { } pair)
        {
            merges.Add(pair);
            vocabulary.TryAdd(pair.Item1 + pair.Item2, vocabulary.Count);
            foreach ((List<string> parts, _) in words)
            {
                Merge(parts, pair);
            }
        }

        return Json(vocabulary, merges);
    }

    /// <summary>The file's text.</summary>
    public static string Print(JsonObject tokenizer) =>
        tokenizer.ToJsonString(
            new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
        ) + "\n";

    private static Dictionary<string, long> Count(IEnumerable<string> texts)
    {
        Dictionary<string, long> counts = new(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            foreach (Match match in Piece().Matches(text))
            {
                counts[match.Value] = counts.GetValueOrDefault(match.Value) + 1;
            }
        }

        return counts;
    }

    private static (string, string)? MostFrequent((List<string> Parts, long Count)[] words)
    {
        Dictionary<(string, string), long> pairs = [];
        foreach ((List<string> parts, long count) in words)
        {
            for (int i = 1; i < parts.Count; i++)
            {
                pairs[(parts[i - 1], parts[i])] = pairs.GetValueOrDefault((parts[i - 1], parts[i])) + count;
            }
        }

        return pairs.Count == 0
            ? null
            : pairs.MaxBy(p => (p.Value, Order: -string.CompareOrdinal(p.Key.Item1 + p.Key.Item2, ""))).Key;
    }

    private static void Merge(List<string> parts, (string Left, string Right) pair)
    {
        for (int i = parts.Count - 1; i > 0; i--)
        {
            if (parts[i - 1] == pair.Left && parts[i] == pair.Right)
            {
                parts[i - 1] += parts[i];
                parts.RemoveAt(i);
            }
        }
    }

    private static List<string> Letters(string word) => [.. Encoding.UTF8.GetBytes(word).Select(Letter)];

    // GPT-2's alphabet: printable bytes stand for themselves, the others for the characters from 256 on.
    private static string Letter(byte b)
    {
        static bool Printable(int x) => x is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        return ((char)(Printable(b) ? b : 256 + Enumerable.Range(0, b).Count(x => !Printable(x)))).ToString();
    }

    private static JsonObject Json(Dictionary<string, int> vocabulary, List<(string Left, string Right)> merges) =>
        new()
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([
                .. Special.Select(
                    (s, i) =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["id"] = vocabulary.Count + i,
                                ["content"] = s,
                                ["single_word"] = false,
                                ["lstrip"] = false,
                                ["rstrip"] = false,
                                ["normalized"] = false,
                                ["special"] = true,
                            }
                ),
            ]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject
                    {
                        ["type"] = "Split",
                        ["pattern"] = new JsonObject { ["Regex"] = Pattern },
                        ["behavior"] = "Isolated",
                        ["invert"] = false,
                    },
                    new JsonObject
                    {
                        ["type"] = "ByteLevel",
                        ["add_prefix_space"] = false,
                        ["trim_offsets"] = false,
                        ["use_regex"] = false,
                    }
                ),
            },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject
            {
                ["type"] = "ByteLevel",
                ["add_prefix_space"] = false,
                ["trim_offsets"] = false,
                ["use_regex"] = false,
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = "",
                ["end_of_word_suffix"] = "",
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = new JsonObject(vocabulary.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value))),
                ["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)new JsonArray(m.Left, m.Right))]),
            },
        };

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant, 10000)]
    private static partial Regex Piece();
}
