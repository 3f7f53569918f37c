using System.Text;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Studies;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Logs;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tokenization;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Files of strangers that a reader could be held up or ended by: one sentence, little memory, little
/// time.</summary>
public sealed class HostileFilesTests : IDisposable
{
    private const long MostAllocated = 1L << 30;
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("""{"type": "Metaspace", "replacement": "", "prepend_scheme": "first"}""", "one character")]
    [InlineData("""{"type": "Metaspace", "replacement": "ab", "prepend_scheme": "first"}""", "one character")]
    [InlineData("""{"type": "Sequence", "decoders": [null]}""", "type")]
    public void A_decoder_that_means_nothing_is_refused(string decoder, string says) =>
        Assert.Contains(says, Refused(() => Loaded(decoder: decoder)));

    [Fact]
    public void A_decoder_without_steps_joins_the_tokens() =>
        Assert.Equal("aab", Loaded(decoder: """{"type": "Sequence", "decoders": []}""").Decode([0, 2]));

    [Fact]
    public void A_decoder_that_doubles_every_token_is_refused()
    {
        string step = """{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""";
        Tokenizer tokenizer = Loaded(
            decoder: $$"""{"type": "Sequence", "decoders": [{{string.Join(", ", Enumerable.Repeat(step, 16))}}]}"""
        );

        Assert.Contains("decoder", Refused(() => tokenizer.Decode([.. Enumerable.Repeat(0, 1000)])));
    }

    [Fact]
    public void A_normaliser_that_makes_every_added_token_grow_is_refused()
    {
        string step = """{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""";
        IEnumerable<string> tokens = Enumerable
            .Range(3, 1000)
            .Select(i => $$"""{"id": {{i}}, "content": "a{{i}}", "normalized": true, "special": false}""");

        string said = Refused(() =>
            Loaded(
                added: string.Join(", ", tokens),
                normaliser: $$"""{"type": "Sequence", "normalizers": [{{string.Join(", ", Enumerable.Repeat(step, 16))}}]}"""
            )
        );

        Assert.Contains("added tokens", said);
    }

    [Theory]
    [InlineData("2147483647")]
    [InlineData("4194304")]
    [InlineData("-1")]
    public void An_added_token_with_an_impossible_id_is_refused(string id) =>
        Assert.Contains("id", Refused(() => Loaded(added: $$"""{"id": {{id}}, "content": "<x>"}""")));

    [Fact]
    public void A_hundred_thousand_tokens_of_the_settings_are_read_at_once()
    {
        Written(
            "tokenizer_config.json",
            new JsonObject
            {
                ["additional_special_tokens"] = new JsonArray([
                    .. Enumerable.Range(0, 100_000).Select(i => (JsonNode)$"<{i}>"),
                ]),
            }.ToJsonString()
        );

        Assert.Equal([0, 100_002, 0], Loaded().Encode("a<99999>a"));
    }

    [Fact]
    public void A_post_processor_that_adds_tokens_without_end_is_refused()
    {
        string many = string.Join(", ", Enumerable.Repeat("""{"SpecialToken": {"id": "a"}}""", 2000));

        string said = Refused(() =>
            Loaded(
                post: $$$$"""{"type": "TemplateProcessing", "single": [{{{{many}}}}, {"Sequence": {"id": "A"}}], "special_tokens": {"a": {"ids": [0]}}}"""
            )
        );

        Assert.Contains("post_processor", said);
    }

    [Theory]
    [InlineData("? &a [*a]\n: 1\n")]
    [InlineData("? &a {b: *a}\n: 1\n")]
    [InlineData("a: &a [1]\n? *a\n: 1\n")]
    [InlineData("{[1, 2]: 3}\n")]
    public void A_YAML_key_that_is_no_text_is_refused_before_it_is_hashed(string text) =>
        Assert.Contains("a key must be a text", Refused(() => YamlFile.Load(Written("key.yaml", text))));

    [Fact]
    public void YAML_keys_after_lists_and_mappings_are_still_keys()
    {
        string path = Written("task.yaml", "a: [1, {b: c}]\nd: {e: [f], g: h}\n? i\n: - j\n  - k: l\n");

        Assert.Equal(["a", "d", "i"], YamlFile.Load(path).Keys);
    }

    [Theory]
    [InlineData("0x", "f")]
    [InlineData("", "9")]
    public void A_YAML_number_of_a_million_digits_stays_a_text(string start, string digit) =>
        Assert.IsType<string>(YamlScalar.Of(start + string.Concat(Enumerable.Repeat(digit, 1_000_000))));

    [Fact]
    public void A_text_with_the_character_0_is_refused_where_it_may_be_a_path()
    {
        string study = """{"base": "a\u0000b", "tasks": {"t": {"kind": "mmlu", "data": "x"}}, "candidates": {}}""";

        Assert.Contains("U+0000", Refused(() => StudyFile.Load(Written("study.json", study))));
        Assert.Contains("U+0000", Refused(() => YamlFile.Load(Written("t.yaml", "include: \"a\\0b\"\n"))));
    }

    [Fact]
    public void A_number_beyond_all_bounds_is_refused_in_a_study()
    {
        string study =
            """{"base": "x", "margin": 1e999, "tasks": {"t": {"kind": "mmlu", "data": "x"}}, "candidates": {}}""";

        Assert.Contains("finite number", Refused(() => StudyFile.Load(Written("study.json", study))));
    }

    [Fact]
    public void A_row_of_many_values_inside_each_other_is_refused()
    {
        string inner = string.Concat(Enumerable.Repeat("[[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]],", 200_000));

        Assert.Contains("values", Refused(() => Table.Read(Written("rows.jsonl", $$"""{"a": [{{inner}}0]}"""))));
    }

    [Theory]
    [InlineData("{}", 1)]
    [InlineData("""{"a": [1, {"b": null}], "c": "d,e"}""", 6)]
    public void Values_are_counted_at_every_depth(string text, int values) =>
        Assert.Equal(values, StrictJson.Values(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Files_that_are_small_by_themselves_are_counted_together()
    {
        TableBudget budget = new();
        budget.Add("a.jsonl", TableBudget.MostCells / 2, 1);
        budget.Add("b.jsonl", TableBudget.MostCells / 2, 1);

        Assert.Contains("c.jsonl", Refused(() => budget.Add("c.jsonl", 1, 1)));
    }

    // Headers of data pages of version 1, with the encodings PLAIN and RLE_DICTIONARY.
    [Theory]
    [InlineData("1500150615062C15061500150615060000", false)]
    [InlineData("1500150615062C15061510150615060000", true)]
    public void A_page_of_Parquet_that_needs_a_dictionary_is_recognised(string header, bool needs) =>
        Assert.Equal(needs, PageHead.Read(Convert.FromHexString(header)).NeedsDictionary);

    [Fact]
    public void Too_many_shards_are_refused_with_what_to_do()
    {
        TableBudget budget = new();
        budget.Add("0.parquet", ParquetBudget.MostCells, ParquetBudget.MostBytes);
        budget.Add("1.parquet", ParquetBudget.MostCells, ParquetBudget.MostBytes);

        Assert.Contains("a file of your own", Refused(() => budget.Add("2.parquet", ParquetBudget.MostCells, 0)));
    }

    [Fact]
    public void JSON_Lines_that_are_called_json_are_counted_once()
    {
        TableBudget budget = new();
        string path = Written("rows.json", "{\"a\": 1}\n{\"a\": 2}\n");

        Table.Read(path, budget);

        budget.Add("rest", TableBudget.MostCells - 4, 0);
        Refused(() => budget.Add("one more", 1, 0));
    }

    [Fact]
    public void Rows_that_all_have_other_columns_are_refused()
    {
        string rows = string.Concat(Enumerable.Range(0, 4000).Select(i => $$"""{"c{{i}}": 1}""" + "\n"));
        Written("rows.jsonl", rows);
        string task = Written(
            "task.yaml",
            "task: t\ndataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\ntest_split: test\n"
                + "output_type: generate_until\ndoc_to_text: a\ndoc_to_target: b\n"
        );
        HarnessConfig config = HarnessConfigReader.Read(task, YamlFile.Load(task));

        Assert.Contains("columns", Refused(() => HarnessRows.Open(config, null, _ => "").Split("test")));
    }

    [Fact]
    public void A_log_with_a_metric_for_every_item_is_refused()
    {
        IEnumerable<string> samples = Enumerable
            .Range(0, 2000)
            .Select(i => $$$$$"""{"id": {{{{{i}}}}}, "scores": {"m": {"value": {"p{{{{{i}}}}}": 1}}}}""");
        string log = $$"""{"version": 2, "eval": {"task": "t"}, "samples": [{{string.Join(", ", samples)}}]}""";

        Assert.Contains("measures", Refused(() => OtherLogs.Read(Written("log.json", log))));
    }

    [Fact]
    public void A_database_that_is_a_named_pipe_is_refused_without_opening_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "named pipes are no files there");
        string pipe = Path.Combine(folder, "pipe.sqlite");
        using System.Diagnostics.Process made = System.Diagnostics.Process.Start("mkfifo", [pipe]);
        made.WaitForExit();

        Assert.Contains("no database file", Refused(() => SqliteSchema.Read("pipe", pipe)));
    }

    private Tokenizer Loaded(
        string decoder = "null",
        string normaliser = "null",
        string post = "null",
        string added = ""
    )
    {
        Written(
            "tokenizer.json",
            $$$"""
            {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}, "decoder": {{{decoder}}},
            "normalizer": {{{normaliser}}}, "post_processor": {{{post}}}, "added_tokens": [{{{added}}}]}
            """
        );
        return Tokenizer.Load(folder);
    }

    private string Written(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Refused(Action act)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        InputException refusal = Assert.Throws<InputException>(act);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
        Assert.InRange(refusal.Message.Length, 1, 600);
        return refusal.Message;
    }
}
