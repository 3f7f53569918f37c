using System.Text.Json.Nodes;

namespace Fulcrum.Llama.Gguf;

/// <summary>A pre-tokeniser of llama.cpp (<c>tokenizer.ggml.pre</c>), which splits texts before byte-pair
/// encoding.</summary>
/// <param name="Names">Its names. A written file gets the first.</param>
/// <param name="Split">The equivalent <c>pre_tokenizer</c> of a tokenizer.json.</param>
/// <param name="IgnoreMerges">Whether a piece that is itself a token is not split further.</param>
/// <param name="AddsBos">llama.cpp's default if <c>tokenizer.ggml.add_bos_token</c> is absent.</param>
internal sealed record PreTokenizerName(string[] Names, string Split, bool IgnoreMerges = false, bool AddsBos = false)
{
    private const string Words =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\\\p{L}+| ?\\\\p{N}+| ?[^\\\\s\\\\p{L}\\\\p{N}]+|\\\\s+(?!\\\\S)|\\\\s+";

    /// <summary>The known pre-tokenisers (llama.cpp, src/llama-vocab.cpp).</summary>
    public static readonly PreTokenizerName[] Known =
    [
        new(["qwen2", "deepseek-r1-qwen", "megrez", "hunyuan-dense"], Cut(Gpt4("\\\\p{N}"))),
        new(
            ["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "dbrx", "smaug-bpe", "chatglm-bpe"],
            Cut(Gpt4("\\\\p{N}{1,3}")),
            IgnoreMerges: true,
            AddsBos: true
        ),
        new(
            [
                "gpt-2",
                "phi-2",
                "jina-es",
                "jina-de",
                "gigachat",
                "jina-v2-es",
                "jina-v2-de",
                "a.x-4.0",
                "mellum",
                "olmo",
                "mpt",
                "roberta-bpe",
            ],
            Cut(Words)
        ),
        new(
            ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
            Cut("\\\\p{N}", Words)
        ),
        new(
            ["tekken"],
            Cut(
                "[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?"
                    + "[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+|"
                    + "[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?"
                    + "[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*|"
                    + "\\\\p{N}| "
                    + "?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n/]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"
            ),
            IgnoreMerges: true,
            AddsBos: true
        ),
        new(["default"], Cut("[\\\\p{P}\\\\$\\\\+<=>\\\\^~\\\\|]+", Words, "\\\\p{N}+", "[0-9][0-9][0-9]")),
    ];

    /// <summary>Returns the pre-tokeniser of a name; null if the name is unknown.</summary>
    public static PreTokenizerName? Find(string name) => Known.FirstOrDefault(k => k.Names.Contains(name));

    /// <summary>Returns <see cref="Split"/> as a new JSON object.</summary>
    public JsonNode Json() => JsonNode.Parse(Split)!;

    private static string Gpt4(string digits) =>
        $"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{{L}}\\\\p{{N}}]?\\\\p{{L}}+|{digits}| "
        + $"?[^\\\\s\\\\p{{L}}\\\\p{{N}}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+";

    private static string Cut(params string[] patterns)
    {
        IEnumerable<string> steps = patterns.Select(p =>
            $$"""{"type":"Split","pattern":{"Regex":"{{p}}"},"behavior":"Isolated","invert":false}"""
        );
        return $$"""
            {"type":"Sequence","pretokenizers":[{{string.Join(',', steps)}},
            {"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}
            """;
    }
}
