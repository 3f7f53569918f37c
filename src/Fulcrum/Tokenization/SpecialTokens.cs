using System.Text.Json.Nodes;

namespace Fulcrum.Tokenization;

/// <summary>What the <c>post_processor</c> of a <c>tokenizer.json</c> puts around a single sequence.</summary>
internal static class SpecialTokens
{
    /// <summary>The ids before and behind the sequence.</summary>
    public static (int[] Prefix, int[] Suffix) Parse(JsonNode? node, JsonFile file) => node is null ? ([], []) : file.Text(node, "type") switch
    {
        "ByteLevel" => ([], []),
        "TemplateProcessing" => Template(node, file),
        "Sequence" => file.List(node, "processors").Select(p => Parse(p, file)).Aggregate(
            (Prefix: Array.Empty<int>(), Suffix: Array.Empty<int>()), (inner, outer) => ([.. outer.Prefix, .. inner.Prefix], [.. inner.Suffix, .. outer.Suffix])),
        string other => throw file.Error($"the post_processor '{other}' is not supported"),
    };

    private static (int[] Prefix, int[] Suffix) Template(JsonNode node, JsonFile file)
    {
        List<int> prefix = [], suffix = [];
        bool behind = false;
        foreach (JsonNode? part in file.List(node, "single"))
        {
            if (file.Member(part, "Sequence") is not null)
            {
                behind = true;
                continue;
            }

            JsonNode? token = file.Member(file.Member(node, "special_tokens"), file.Text(file.Member(part, "SpecialToken"), "id"));
            IEnumerable<int> ids = file.List(token, "ids").Select(id => id is JsonValue v && v.TryGetValue(out int number) ? number : throw file.Error("a special token's id is not a number"));
            (behind ? suffix : prefix).AddRange(ids);
        }

        return ([.. prefix], [.. suffix]);
    }
}
