using System.Text.Json.Nodes;

namespace Fulcrum.Tokenization;

/// <summary>The special tokens that the <c>post_processor</c> of a <c>tokenizer.json</c> adds to a single
/// sequence.</summary>
internal static class SpecialTokens
{
    // Published tokenizers add up to three. An untrusted template may repeat a long list a hundred thousand times.
    private const int MostAdded = 1024;

    /// <summary>Returns the ids before and after the sequence.</summary>
    /// <remarks><c>add_bos_token</c> and <c>add_eos_token</c> of <c>tokenizer_config.json</c> change nothing where
    /// there is a <c>tokenizer.json</c>, as in transformers 5.</remarks>
    /// <exception cref="InputException">The post-processor is malformed or not supported.</exception>
    public static (int[] Prefix, int[] Suffix) Parse(JsonNode? node, JsonFile file) =>
        node is null
            ? ([], [])
            : file.Text(node, "type") switch
            {
                "ByteLevel" => ([], []),
                "TemplateProcessing" => Template(node, file),
                "BertProcessing" or "RobertaProcessing" => ([Pair(node, "cls", file)], [Pair(node, "sep", file)]),
                "Sequence" => file.List(node, "processors")
                    .Select(p => Parse(p, file))
                    .Aggregate(
                        (Prefix: Array.Empty<int>(), Suffix: Array.Empty<int>()),
                        (inner, outer) =>
                            (
                                Few([.. outer.Prefix, .. inner.Prefix], file),
                                Few([.. inner.Suffix, .. outer.Suffix], file)
                            )
                    ),
                string other => throw file.Error($"the post_processor '{other}' is not supported"),
            };

    private static (int[] Prefix, int[] Suffix) Template(JsonNode node, JsonFile file)
    {
        List<int> prefix = [],
            suffix = [];
        bool behind = false;
        foreach (JsonNode? part in file.List(node, "single"))
        {
            if (file.Member(part, "Sequence") is not null)
            {
                behind =
                    !behind && file.Text(file.Member(part, "Sequence"), "id") == "A"
                        ? true
                        : throw file.Error("a template that holds a single sequence more than once is not supported");
                continue;
            }

            JsonNode? token = file.Member(
                file.Member(node, "special_tokens"),
                file.Text(file.Member(part, "SpecialToken"), "id")
            );
            (behind ? suffix : prefix).AddRange(file.List(token, "ids").Select(id => Id(id, file)));
            Few([.. prefix, .. suffix], file);
        }

        return behind
            ? ([.. prefix], [.. suffix])
            : throw file.Error("the template of a single sequence does not hold the sequence");
    }

    private static int Pair(JsonNode node, string name, JsonFile file) =>
        file.Member(node, name) is JsonArray { Count: 2 } pair
            ? Id(pair[1], file)
            : throw file.Error($"'{name}' must be a token and its id");

    private static int Id(JsonNode? node, JsonFile file) =>
        node is JsonValue v && v.TryGetValue(out int id) && id is >= 0 and < BpeModel.LargestVocabulary
            ? id
            : throw file.Error($"the id of a special token is {node?.ToJsonString() ?? "null"}");

    private static int[] Few(int[] ids, JsonFile file) =>
        ids.Length <= MostAdded
            ? ids
            : throw file.Error($"the post_processor adds more than {MostAdded} tokens to a text");
}
