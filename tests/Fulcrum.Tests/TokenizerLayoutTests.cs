using System.Text.Json.Nodes;
using Fulcrum.Tokenization;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What the parts of a <c>tokenizer.json</c> do, on tokenizers small enough to know the answer.</summary>
public sealed class TokenizerLayoutTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("Removed", false, "the-final--countdown", "the|final|countdown")]
    [InlineData("Isolated", false, "the-final--countdown", "the|-|final|-|-|countdown")]
    [InlineData("MergedWithPrevious", false, "the-final--countdown", "the-|final-|-|countdown")]
    [InlineData("MergedWithNext", false, "the-final--countdown", "the|-final|-|-countdown")]
    [InlineData("Contiguous", false, "the-final--countdown", "the|-|final|--|countdown")]
    [InlineData("Removed", true, "the-final--countdown", "-|-|-")]
    [InlineData("MergedWithPrevious", true, "a-b", "a|-b")]
    public void Split_treats_matches_by_its_behavior(string behavior, bool invert, string text, string pieces) =>
        Cut(
            $$"""{"type":"Split","pattern":{"String":"-"},"behavior":"{{behavior}}","invert":{{(invert ? "true" : "false")}}}""",
            text,
            pieces
        );

    [Theory]
    [InlineData("""{"type":"Whitespace"}""", "Hey friend!  It's 1_a.", "Hey|friend|!|It|'|s|1_a|.")]
    [InlineData("""{"type":"WhitespaceSplit"}""", " Hey friend!  It's\n", "Hey|friend!|It's")]
    [InlineData("""{"type":"Punctuation"}""", "Hey, you! a+b=c", "Hey|,| you|!| a|+|b|=|c")]
    [InlineData("""{"type":"Digits","individual_digits":false}""", "a123b4", "a|123|b|4")]
    [InlineData("""{"type":"Digits","individual_digits":true}""", "a12½", "a|1|2|½")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":","}""", "a,b,,c", "a|b|c")]
    [InlineData(
        """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""",
        "Hey  my",
        "▁Hey|▁|▁my"
    )]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "Hey my", "Hey|▁my")]
    [InlineData(
        """{"type":"Metaspace","replacement":"▁","add_prefix_space":true,"split":false}""",
        "Hey my",
        "▁Hey▁my"
    )]
    [InlineData(
        """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}""",
        "Hey<x>my you",
        "▁Hey|<x>|my|▁you"
    )]
    [InlineData(
        """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""",
        "Hey<x>my you",
        "▁Hey|<x>|▁my|▁you"
    )]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}""", "<x>my", "<x>|my")]
    [InlineData(
        """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}]}""",
        "a b",
        "▁a|b"
    )]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}""", "it's 12 ok", "Ġit|'s|Ġ12|Ġok")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}""", "a  b\n é", "a|Ġ|Ġb|Ċ|ĠÃ©")]
    [InlineData(
        """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false}]}""",
        "ab 12",
        "ab|Ġ|1|2"
    )]
    [InlineData(
        """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[\\r\\n]"},"behavior":"Isolated"},{"type":"Split","pattern":{"Regex":"\\s?\\p{L}+"},"behavior":"Isolated"},{"type":"Split","pattern":{"Regex":"\\s?\\p{P}+"},"behavior":"Isolated"},{"type":"Split","pattern":{"Regex":"[一-龥]+"},"behavior":"Isolated"},{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""",
        "SELECT a, 12\n",
        "SELECT|Ġa|,|Ġ|1|2|Ċ"
    )]
    [InlineData(
        """{"type":"Split","pattern":{"Regex":"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"},"behavior":"Isolated"}""",
        "It's 12345 ??\n\n x",
        "It|'s| |123|45| ??\n\n| x"
    )]
    [InlineData(
        """{"type":"Split","pattern":{"Regex":"\\p{Han}+"},"behavior":"Isolated"}""",
        "ab中文𠀀𐐀",
        "ab|中文𠀀|𐐀"
    )]
    [InlineData(
        """{"type":"Split","pattern":{"Regex":"[一-龥ࠀ-一가-퟿]+"},"behavior":"Isolated"}""",
        "a中文🙂é",
        "a|中文|🙂é"
    )] // the smile stands for itself, not for a sign of the range
    [InlineData(
        """{"type":"Split","pattern":{"Regex":"(?=(\\d{3})+(?!\\d))"},"behavior":"Isolated"}""",
        "1234567",
        "1|234|567"
    )]
    [InlineData("""{"type":"Split","pattern":{"String":""},"behavior":"Isolated"}""", "ab🙂", "a|b|🙂")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\h+"},"behavior":"Isolated"}""", "xyzCAFExyz", "xyz|CAFE|xyz")]
    [InlineData(
        """{"type":"Split","pattern":{"Regex":"[\\p{L}&&[^aeiou]]+"},"behavior":"Isolated"}""",
        "strengths1",
        "str|e|ngths|1"
    )]
    [InlineData("""{"type":"Split","pattern":{"Regex":"[[:punct:]]"},"behavior":"Isolated"}""", "a+b.c", "a|+|b|.|c")]
    [InlineData(
        """{"type":"Split","pattern":{"Regex":"(?i:'s|'t)"},"behavior":"Isolated"}""",
        "it'ſ it'S",
        "it|'ſ| it|'S"
    )]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\w+|[^\\w\\s]+"},"behavior":"Isolated"}""", "Ⅷ² °²", "Ⅷ²| |°²")]
    [InlineData("""{"type":"Split","pattern":{"String":"🙂"},"behavior":"Isolated"}""", "a🙂🙃🙂", "a|🙂|🙃|🙂")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"[𐐀-𐑏]+"},"behavior":"Isolated"}""", "a𐐀𐐨b𞤀", "a|𐐀𐐨|b𞤀")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"[^🙂]+"},"behavior":"Isolated"}""", "a🙃🙂", "a🙃|🙂")]
    [InlineData(
        """{"type":"Split","pattern":{"Regex":"[\\p{L}🙂]+"},"behavior":"Isolated"}""",
        "a🙂\uE000𐐀1",
        "a🙂|\uE000|𐐀|1"
    )]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\x{1f642}"},"behavior":"Isolated"}""", "a🙂b", "a|🙂|b")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"(?m).+"},"behavior":"Isolated"}""", "a\nb", "a\nb")]
    public void A_text_is_split_by_the_pre_tokenizer(string preTokenizer, string text, string pieces) =>
        Cut(preTokenizer, text, pieces);

    [Theory]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":false}""", "  a ", "a ")]
    [InlineData(
        """{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"}]}""",
        "Éa",
        "ea"
    )]
    [InlineData("""{"type":"NFKC"}""", "ﬁ²", "fi2")]
    [InlineData("""{"type":"NFKC"}""", "²\u32FF²", "2\u32FF2")]
    [InlineData("""{"type":"NFC"}""", "e\u0301\uFFFEe\u0301", "é\uFFFEé")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"$1"}""", "a   b", "a$1b")]
    [InlineData(
        """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""",
        "a b",
        "▁a▁b"
    )]
    [InlineData("""{"type":"ByteLevel"}""", "é ", "Ã©Ġ")]
    public void A_text_is_rewritten_by_the_normalizer(string normalizer, string text, string whole) =>
        Cut(null, text, whole, normalizer);

    [Theory]
    [InlineData("x <t>  y", "x|<t>|y", "\"lstrip\":true,\"rstrip\":true")]
    [InlineData("x <t>  y", "x |<t>|  y", "")]
    [InlineData("a<t>b <t> c", "a<t>b |<t>| c", "\"single_word\":true")]
    [InlineData("x<t>y", "▁x<t>y", "\"normalized\":true")]
    // the first takes the space, the second begins behind it
    [InlineData("a<t> <t>b", "a|<t>|<t>|b", "\"lstrip\":true,\"rstrip\":true")]
    public void Added_token_strips_by_its_switches(string text, string pieces, string switches)
    {
        bool normalized = switches.Contains("normalized", StringComparison.Ordinal);
        string flags = string.Join(
            ',',
            new[] { "single_word", "lstrip", "rstrip", "normalized" }.Select(s =>
                $"\"{s}\":{(switches.Contains(s, StringComparison.Ordinal) ? "true" : "false")}"
            )
        );
        string added = $$"""[{"id":900,"content":"<t>",{{flags}},"special":false}]""";

        // a normalized token is looked for as ▁<t>
        Cut(null, text, pieces, normalized ? """{"type":"Prepend","prepend":"▁"}""" : null, added);
    }

    [Theory]
    [InlineData("\"fuse_unk\":true", "axxbx", "a|?|b|?")]
    [InlineData("\"fuse_unk\":false", "axxb", "a|?|?|b")]
    [InlineData("\"byte_fallback\":true", "axb", "a|<0x78>|b")]
    [InlineData("\"byte_fallback\":true", "ayb", "a|?|b")]
    [InlineData("\"byte_fallback\":true,\"fuse_unk\":true", "yxy", "<0x78>|?")]
    public void Unknown_character_becomes_the_unknown_token_or_bytes(string switches, string text, string tokens)
    {
        Tokenizer tokenizer = Load(
            $$"""{"model":{"type":"BPE","unk_token":"?",{{switches}},"vocab":{"a":0,"b":1,"?":2,"<0x78>":3},"merges":[]} }"""
        );

        Assert.Equal(
            tokens,
            string.Join('|', tokenizer.Encode(text).Select(id => new[] { "a", "b", "?", "<0x78>" }[id]))
        );
    }

    [Theory]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "▁▁a|b▁", "ab ")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "▁a|b▁", " ab ")]
    [InlineData(
        """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""",
        "▁a|<0xC3>|<0xA9>|c|<0xFF>|b",
        "aéc�b"
    )]
    [InlineData("""{"type":"Strip","content":"_","start":2,"stop":1}""", "___a__|_", "_a_")]
    [InlineData("""{"type":"BPEDecoder","suffix":"</w>"}""", "a</w>|b</w>", "a b")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"[xy]+"},"content":"-"}""", "axyb|y", "a-b-")]
    [InlineData("""{"type":"ByteLevel"}""", "Ġa|Ã|©|x y", " aéx y")]
    [InlineData("null", "a|b", "a b")]
    public void Tokens_become_text_by_the_decoder(string decoder, string tokens, string text)
    {
        string[] contents = tokens.Split('|');
        JsonObject vocabulary = new(contents.Distinct().Select((c, i) => KeyValuePair.Create(c, (JsonNode?)i)));
        Tokenizer tokenizer = Load(
            $$"""{"model":{"type":"BPE","vocab":{{vocabulary.ToJsonString()}},"merges":[]},"decoder":{{decoder}}}"""
        );

        Assert.Equal(text, tokenizer.Decode([.. contents.Select(c => tokenizer.TokenId(c)!.Value)]));
    }

    [Theory]
    [InlineData("""{"type":"BertProcessing","sep":["b",1],"cls":["c",2]}""", "", "2 0 1")]
    [InlineData(
        """{"type":"RobertaProcessing","sep":["b",1],"cls":["c",2],"trim_offsets":true,"add_prefix_space":true}""",
        "",
        "2 0 1"
    )]
    [InlineData(
        """{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"b","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"b":{"id":"b","ids":[1],"tokens":["b"]}}}]}""",
        "",
        "1 0"
    )]
    [InlineData(
        """{"type":"ByteLevel"}""",
        "\"tokenizer_class\":\"LlamaTokenizer\",\"add_bos_token\":true,\"bos_token\":\"b\",\"add_eos_token\":true,\"eos_token\":{\"content\":\"c\"}",
        "0"
    )]
    [InlineData(
        """{"type":"BertProcessing","sep":["b",1],"cls":["c",2]}""",
        "\"tokenizer_class\":\"LlamaTokenizerFast\",\"add_bos_token\":false",
        "2 0 1"
    )]
    public void A_sequence_gets_the_special_tokens_of_its_post_processor(string processor, string settings, string ids)
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), $"{{{settings}}}");
        Tokenizer tokenizer = Load(
            $$"""{"model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2},"merges":[]},"post_processor":{{processor}}}"""
        );

        Assert.Equal(ids, string.Join(' ', tokenizer.Encode("a", addSpecialTokens: true)));
    }

    [Theory]
    [InlineData("\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"\"}", "Precompiled")]
    [InlineData("\"pre_tokenizer\":{\"type\":\"UnicodeScripts\"}", "UnicodeScripts")]
    [InlineData(
        "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[a&&[b]]\"},\"behavior\":\"Isolated\"}",
        "[a&&[b]]"
    )]
    [InlineData(
        "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"Sideways\"}",
        "Sideways"
    )]
    [InlineData(
        "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?i)🙂\"},\"behavior\":\"Isolated\"}",
        "beyond the basic plane under the flag i"
    )]
    [InlineData("\"decoder\":{\"type\":\"CTC\"}", "CTC")]
    [InlineData("\"post_processor\":{\"type\":\"Unheard\"}", "Unheard")]
    [InlineData("\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[],\"special_tokens\":{}}", "single")]
    [InlineData("\"added_tokens\":[{\"id\":-3,\"content\":\"x\"}]", "-3")]
    public void A_part_that_is_not_supported_is_named(string part, string named) =>
        Assert.Contains(
            named,
            Assert
                .Throws<InputException>(() =>
                    Load($$"""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},{{part}}}""")
                )
                .Message
        );

    public static TheoryData<string, string> Overgrown =>
        new()
        {
            { new string('a', 70_000), "more than 65,536 characters" },
            {
                string.Concat(Enumerable.Repeat('(', 65)) + "a" + new string(')', 65),
                "more than 64 groups within each other"
            },
            {
                string.Concat(Enumerable.Repeat('[', 65)) + "a" + new string(']', 65),
                "more than 64 classes within each other"
            },
            { "[" + string.Concat(Enumerable.Repeat("a&&", 65)) + "a]", "more than 64 intersections" },
            { string.Concat(Enumerable.Repeat("[abcdefgh]", 300)), "more than 2,048 members" },
            {
                string.Concat(Enumerable.Range(0, 65).Select(i => $"[a{(char)(0x4e00 + i)}]")),
                "more than 64 different classes"
            },
            { "a" + string.Concat(Enumerable.Repeat("*+", 65)), "more than 64 repetitions of one part" },
            { "(?x)a b", "the flag x" },
            { "(?i-x:a)", "the flag x" },
        };

    [Theory]
    [MemberData(nameof(Overgrown))]
    public void A_pattern_beyond_the_limits_is_refused_before_it_is_translated(string pattern, string says) =>
        Assert.Contains(
            says,
            Assert
                .Throws<InputException>(() =>
                    Load(
                        $$"""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"{{pattern}}"},"behavior":"Isolated"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]} }"""
                    )
                )
                .Message
        );

    [Fact]
    public void Merges_that_draw_lots_are_refused() =>
        Assert.Contains(
            "dropout",
            Assert
                .Throws<InputException>(() =>
                    Load("""{"model":{"type":"BPE","dropout":0.1,"vocab":{"a":0},"merges":[]}}""")
                )
                .Message
        );

    [Fact]
    public void Lone_surrogate_encodes_as_the_replacement_character()
    {
        Tokenizer tokenizer = Load(
            """{"normalizer":{"type":"NFC"},"model":{"type":"BPE","vocab":{"a":0,"�":1},"merges":[]}}"""
        );

        Assert.Equal([0, 1, 0], tokenizer.Encode("a\ud800a"));
    }

    // Every expected piece is a token by itself, so the ids come out only if the text was cut there.
    private void Cut(
        string? preTokenizer,
        string text,
        string pieces,
        string? normalizer = null,
        string added = """[{"id":900,"content":"<x>","normalized":false,"special":true}]"""
    )
    {
        string[] expected = pieces.Split('|');
        string[] known = [.. expected.Where(p => p is not ("<x>" or "<t>")).Distinct()];
        JsonObject vocabulary = new(known.Select((c, i) => KeyValuePair.Create(c, (JsonNode?)i)));
        Tokenizer tokenizer = Load(
            $$"""
            {"added_tokens":{{added}},"normalizer":{{normalizer ?? "null"}},"pre_tokenizer":{{preTokenizer ?? "null"}},
             "model":{"type":"BPE","ignore_merges":true,"vocab":{{vocabulary.ToJsonString()}},"merges":[]} }
            """
        );

        Assert.Equal(
            expected,
            tokenizer
                .Encode(text)
                .Select(id => id == 900 ? (added.Contains("<x>", StringComparison.Ordinal) ? "<x>" : "<t>") : known[id])
        );
    }

    private Tokenizer Load(string json)
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);
        return Tokenizer.Load(folder);
    }
}
