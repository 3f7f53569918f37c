using System.Text.Json.Nodes;
using Fulcrum.Llama.Gguf;
using Fulcrum.Tokenization;

namespace Fulcrum.Llama.Export;

/// <summary>Finds llama.cpp's name of the pre-tokeniser of a <c>tokenizer.json</c>. It compares how both split probe
/// texts, because the same pattern can be written in many ways.</summary>
internal static class PreTokenizerMatch
{
    private static readonly string[] Probes =
    [
        "Hello world, it's 2019 and I'M fine.",
        "12345678 1,234.56 x12y3 007",
        "  two  spaces\tand\t\ttabs ",
        "line one\nline two\r\n\n\n  indented\n \n",
        "don't DON'T we'll WE'LL 've'd",
        "if (a!=b) { return \"x\"; } // done...\n$100 + 5% = ?",
        "Größe naïve façade señor ÇA",
        "日本語のテキスト、中文字符。한국어",
        "e\u0301 a\u0308 नमस्ते สวัสดี",
        "camelCaseWord HTTPServer snake_case kebab-case",
        "🙂🎉 emoji👍🏽!",
        "½ ² Ⅷ ٣٤٥ ①②",
        "a/b\\c http://x.y/z?q=1&r=2#t",
        "\u00a0non\u00a0breaking \u2003em",
        "(e.g. this) [that] <tag> -- dash—dash",
    ];

    /// <summary>Returns the name whose splits agree on all probe texts, otherwise the nearest one.</summary>
    /// <returns>The name, and the first probe text that is split differently; null if all agree.</returns>
    public static (PreTokenizerName Name, string? Difference) Of(JsonFile file)
    {
        string[][] wanted = Cuts(PreTokenizers.Parse(file.Root["pre_tokenizer"], file, out _));
        (PreTokenizerName Name, int[] Different)[] all =
        [
            .. PreTokenizerName.Known.Select(known =>
            {
                string[][] cuts = Cuts(PreTokenizers.Parse(known.Json(), file, out _));
                return (
                    known,
                    Enumerable.Range(0, Probes.Length).Where(i => !cuts[i].SequenceEqual(wanted[i])).ToArray()
                );
            }),
        ];
        (PreTokenizerName name, int[] different) = all.MinBy(a => a.Different.Length);
        return (
            name,
            different.Length == 0
                ? null
                : $"{different.Length} of {Probes.Length} probe texts, for "
                    + $"example {JsonValue.Create(Probes[different[0]]).ToJsonString()}"
        );
    }

    /// <summary>Returns the first probe text that a folder's tokenizer splits differently from a known pre-tokeniser;
    /// null for none.</summary>
    public static string? Example(string folder, PreTokenizerName? known)
    {
        JsonFile file = new(Path.Combine(folder, "tokenizer.json"));
        if (known is null)
        {
            return null;
        }

        string[][] wanted = Cuts(PreTokenizers.Parse(file.Root["pre_tokenizer"], file, out _)),
            cuts = Cuts(PreTokenizers.Parse(known.Json(), file, out _));
        int at = Enumerable.Range(0, Probes.Length).FirstOrDefault(i => !cuts[i].SequenceEqual(wanted[i]), -1);
        return at < 0 ? null : $"'{Probes[at]}'".ReplaceLineEndings("\\n");
    }

    /// <summary>Returns the types of the steps of a normalizer or pre-tokenizer. A sequence gives several.</summary>
    public static IEnumerable<string> Steps(JsonNode? node, string list) =>
        node is not JsonObject o ? []
        : o[list] is JsonArray steps ? steps.SelectMany(s => Steps(s, list))
        : [o["type"]?.ToString() ?? ""];

    private static string[][] Cuts(PreTokenizer cut) =>
        [
            .. Probes.Select(text =>
            {
                List<Piece> pieces = [];
                cut(new Piece(text, 0, text.Length, First: true), pieces);
                return pieces.Select(p => p.ToString()).ToArray();
            }),
        ];
}
