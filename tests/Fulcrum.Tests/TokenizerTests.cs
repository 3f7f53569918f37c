using System.Diagnostics;
using System.Text.Json.Nodes;
using CsCheck;
using Fulcrum.Tokenization;
using Xunit;

namespace Fulcrum.Tests;

public sealed class TokenizerTests
{
    [Fact]
    public void Qwen2_agrees_with_the_reference_on_every_text()
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Of("data", "qwen2-tokenizer"));
        Agrees(tokenizer, SharedData.Of("golden", "tokenizer", "qwen2.jsonl"));
    }

    [Fact]
    public void Any_ids_decode_as_the_reference_decodes_them()
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Of("data", "qwen2-tokenizer"));
        foreach (JsonNode line in Lines(SharedData.Of("golden", "tokenizer", "qwen2-decode.jsonl")))
        {
            Assert.Equal((string?)line["decoded"], tokenizer.Decode(Ids(line, "ids")));
        }
    }

    [Theory]
    [InlineData("llama2-layout")]
    [InlineData("llama3-layout")]
    [InlineData("smollm-layout")]
    public void Other_layouts_agree_with_the_reference_on_every_text(string layout)
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Of("golden", "tokenizer", layout));
        Agrees(tokenizer, SharedData.Of("golden", "tokenizer", layout, "cases.jsonl"));
    }

    /// <summary>The parts that a <c>tokenizer.json</c> can have, put together at random, and what tokenizers 0.23.2
    /// made of them.</summary>
    [Fact]
    public void Tokenizers_put_together_at_random_agree_with_the_reference()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        int tokenizers = 0;
        foreach (JsonNode line in Lines(SharedData.InProject("tokenizer", "variants.jsonl")))
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Variant(line).ToJsonString());
            Tokenizer tokenizer = Tokenizer.Load(folder);
            foreach (JsonNode? text in line["texts"]!.AsArray())
            {
                Assert.True(
                    Ids(text!, "ids").SequenceEqual(tokenizer.Encode((string)text!["text"]!)),
                    $"{line["change"]}\n{text["text"]!.ToJsonString()}"
                );
                Assert.Equal(
                    Ids(text!, "ids_with_special"),
                    tokenizer.Encode((string)text["text"]!, addSpecialTokens: true)
                );
            }

            foreach (JsonNode? ids in line["decoded"]!.AsArray())
            {
                Assert.Equal((string?)ids!["text"], tokenizer.Decode(Ids(ids, "ids")));
                Assert.Equal(
                    (string?)ids["without_special"],
                    tokenizer.Decode(Ids(ids, "ids"), skipSpecialTokens: true)
                );
            }

            tokenizers++;
        }

        Assert.Equal(120, tokenizers);
        Directory.Delete(folder, recursive: true);
    }

    private static JsonObject Variant(JsonNode line)
    {
        JsonObject json = JsonNode
                .Parse(File.ReadAllText(SharedData.InProject("tokenizer", (string)line["layout"]!, "tokenizer.json")))!
                .AsObject(),
            model = json["model"]!.AsObject();
        foreach ((string name, JsonNode? value) in line["change"]!.AsObject())
        {
            json[name] = value?.DeepClone();
        }

        foreach ((string name, JsonNode? value) in line["model"]!.AsObject())
        {
            model[name] = value?.DeepClone();
        }

        bool pairs = (string?)line["merges"] == "pairs";
        model["merges"] = new JsonArray([
            .. model["merges"]!
                .AsArray()
                .Select(m =>
                    pairs == m is JsonArray ? m!.DeepClone()
                    : pairs ? new JsonArray([.. ((string)m!).Split(' ').Select(p => (JsonNode)p)])
                    : (JsonNode)string.Join(' ', m!.AsArray().Select(p => (string)p!))
                ),
        ]);
        return json;
    }

    [Fact]
    public void A_megabyte_of_one_letter_takes_no_quadratic_time()
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Of("golden", "tokenizer", "llama3-layout"));
        long start = Stopwatch.GetTimestamp();

        int[] ids = tokenizer.Encode(new string('a', 1 << 20));

        Assert.Equal(1 << 20, tokenizer.Decode(ids).Length);
        // linear it takes some seconds of a busy machine, quadratic hours
        Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 150);
    }

    [Fact]
    public void Text_survives_the_way_to_ids_and_back()
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Of("golden", "tokenizer", "llama3-layout"));
        Gen.String.Sample(
            text =>
            {
                string valid = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
                Assert.Equal(valid, tokenizer.Decode(tokenizer.Encode(valid)));
            },
            iter: 500,
            threads: 1
        );
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"a":1},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1},"merges":["a b c"]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1},"merges":[["a","b"]]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1},"merges":[]},"normalizer":{"type":"Unheard"}}""")]
    [InlineData(
        """{"model":{"type":"BPE","vocab":{"a":1},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}}"""
    )]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":"x"},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1,"a":2},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":2147483647},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1},"merges":[null]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1},"merges":[]},"added_tokens":[{"content":"x"}]}""")]
    [InlineData(
        """{"model":{"type":"BPE","vocab":{"a":1},"merges":[]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[null]}}"""
    )]
    [InlineData(
        """{"model":{"type":"BPE","vocab":{"a":1},"merges":[]},"decoder":{"type":"Strip","content":3,"start":0,"stop":0}}"""
    )]
    public void A_tokenizer_that_cannot_be_read_is_refused_in_one_sentence(string json)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);

        InputException refused = Assert.Throws<InputException>(() => Tokenizer.Load(folder));

        Assert.Contains("tokenizer.json", refused.Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_tokenizer_nested_without_end_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(
            Path.Combine(folder, "tokenizer.json"),
            string.Concat(Enumerable.Repeat("{\"pre_tokenizer\":", 100_000))
        );

        Assert.Contains("not valid JSON", Assert.Throws<InputException>(() => Tokenizer.Load(folder)).Message);
        Directory.Delete(folder, recursive: true);
    }

    private static void Agrees(Tokenizer tokenizer, string cases)
    {
        int count = 0;
        foreach (JsonNode line in Lines(cases))
        {
            string text = (string)line["text"]!;
            Assert.Equal(Ids(line, "ids"), tokenizer.Encode(text));
            Assert.Equal((string?)line["decoded"], tokenizer.Decode(Ids(line, "ids")));
            if (line["ids_with_special"] is not null)
            {
                Assert.Equal(Ids(line, "ids_with_special"), tokenizer.Encode(text, addSpecialTokens: true));
                Assert.Equal(
                    (string?)line["decoded_without_special"],
                    tokenizer.Decode(Ids(line, "ids_with_special"), skipSpecialTokens: true)
                );
            }

            count++;
        }

        Assert.True(count >= 40);
    }

    private static IEnumerable<JsonNode> Lines(string path) => File.ReadLines(path).Select(l => JsonNode.Parse(l)!);

    private static int[] Ids(JsonNode line, string name) => [.. line[name]!.AsArray().Select(i => (int)i!)];
}
