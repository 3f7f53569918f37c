using System.Text.Json.Nodes;
using Fulcrum.Tasks;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>Bad input through the commands, in this process: one sentence that names what is wrong, exit code 2, and
/// nothing left behind that a later run would take for complete.</summary>
[Collection(nameof(Tool))]
public sealed class BadCommandsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public BadCommandsTests() => TinyStudy.Write(folder, itemsPerSubject: 4);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("model/model.safetensors", null, "no weights")]
    [InlineData("model/config.json", null, "config.json")]
    [InlineData("model/tokenizer.json", null, "tokenizer.json")]
    [InlineData("model/tokenizer.json", "{", "tokenizer.json")]
    [InlineData("model", null, "model")]
    [InlineData("spider/database", null, "database")]
    [InlineData(
        "spider/dev.json",
        "[{\"db_id\": \"nowhere\", \"question\": \"q\", \"query\": \"SELECT 1\"}]",
        "nowhere"
    )]
    [InlineData("spider/dev.json", "[{\"db_id\": ", "dev.json")]
    [InlineData("spider/tables.json", null, "tables.json")]
    [InlineData("mmlu/test/philosophy_test.csv", "What?,1,2,3\n", "philosophy_test.csv line 1")]
    [InlineData("mmlu/test/philosophy_test.csv", "What?,1,2,3,4,E\n", "'E'")]
    [InlineData("mmlu/test/philosophy_test.csv", "\"What?,1,2,3,4,A\n", "philosophy_test.csv")]
    [InlineData("study.json", "{\"name\": \"x\", \"colour\": \"red\"}", "colour")]
    [InlineData(
        "study.json",
        "{\"name\": \"x\", \"candidates\": {\"a\": {\"train\": {\"learningrate\": 1}}}}",
        "learningrate"
    )]
    [InlineData("study.json", "not a study", "study.json")]
    public void A_study_with_bad_input_ends_in_one_sentence_before_anything_is_measured(
        string file,
        string? content,
        string says
    )
    {
        string path = Path.Combine(folder, file);
        if (content is not null)
        {
            File.WriteAllText(path, content);
        }
        else if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }

        Refused(says, "run", Path.Combine(folder, "study.json"), "--output", Path.Combine(folder, "run"));
        Assert.False(
            Directory.Exists(Path.Combine(folder, "run", "manifests"))
                && Directory.EnumerateFiles(Path.Combine(folder, "run", "manifests")).Any()
        );
        Assert.False(
            Directory.Exists(Path.Combine(folder, "run", "base"))
                && Directory.EnumerateFiles(Path.Combine(folder, "run", "base"), "*.jsonl").Any()
        );
    }

    [Theory]
    [InlineData("truncated", "truncated")]
    [InlineData("\"qwen2\"", "unknown architecture 'Qwen2ForCausalLM' (model_type 'gpt9')")]
    [InlineData("\"hidden_size\":32", "'model.embed_tokens.weight' has shape [320, 32]")]
    [InlineData(
        "\"intermediate_size\":64",
        "'model.layers.0.mlp.gate_proj.weight' has shape [64, 32] where config.json asks for [65, 32]"
    )]
    [InlineData("\"num_hidden_layers\":2", "'model.layers.2.input_layernorm.weight'")]
    [InlineData("\"hidden_act\":\"silu\"", "hidden_act 'gelu'")]
    public void A_model_that_does_not_fit_its_files_is_named(string change, string says)
    {
        string config = Model("config.json"),
            text = File.ReadAllText(config);
        if (change == "truncated")
        {
            using FileStream weights = File.OpenWrite(Model("model.safetensors"));
            weights.SetLength(weights.Length - 7);
        }
        else
        {
            Assert.Contains(change, text);
            File.WriteAllText(
                config,
                text.Replace(
                    change,
                    change
                        .Replace("qwen2", "gpt9")
                        .Replace("silu", "gelu")
                        .Replace(":32", ":48")
                        .Replace(":64", ":65")
                        .Replace("s\":2", "s\":3")
                )
            );
        }

        File.WriteAllText(Path.Combine(folder, "in.jsonl"), """{"prompt_ids":[1,2],"continuation_ids":[[3]]}""" + "\n");
        Refused(
            says,
            "score",
            "--model",
            Model(),
            "--input",
            Path.Combine(folder, "in.jsonl"),
            "--output",
            Path.Combine(folder, "out.jsonl")
        );
        Assert.Empty(Directory.EnumerateFiles(folder, "out.jsonl*"));
    }

    [Theory]
    [InlineData("rank", "but this model needs")]
    [InlineData("target", "c_attn")]
    [InlineData("lacks", "lacks the tensor")]
    [InlineData("more", "belongs to no target module")]
    [InlineData("no config", "adapter_config.json")]
    public void An_adapter_that_does_not_fit_the_model_is_refused_whole(string what, string says)
    {
        Adapter(what);
        Refused(
            says,
            "merge",
            "--model",
            Model(),
            "--adapter",
            Path.Combine(folder, "adapter"),
            "--output",
            Path.Combine(folder, "merged")
        );
        Assert.False(
            File.Exists(Path.Combine(folder, "merged", "config.json"))
                || File.Exists(Path.Combine(folder, "merged", "model.safetensors"))
        );
    }

    [Theory]
    [InlineData("rank", "but this model needs")]
    [InlineData("target", "c_attn")]
    [InlineData("more", "belongs to no target module")]
    public void An_adapter_that_does_not_fit_is_refused_before_the_base_is_measured(string what, string says)
    {
        Adapter(what);

        (int code, string error) = Run(Check(Path.Combine(folder, "adapter")));

        Assert.Equal(2, code);
        Assert.Contains("fulcrum: candidates.adapter: ", error);
        Assert.Contains(says, error);
        Assert.DoesNotContain("estimate:", error);
        Assert.False(Directory.Exists(Path.Combine(folder, "run", "base")));
    }

    [Fact]
    public void A_model_that_does_not_fit_its_configuration_is_refused_before_the_base_is_measured()
    {
        TinyStudy.WriteModel(Path.Combine(folder, "tuned"));
        string config = Path.Combine(folder, "tuned", "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"vocab_size\":320", "\"vocab_size\":321"));

        (int code, string error) = Run([.. Check(null), "--model", Path.Combine(folder, "tuned")]);

        Assert.Equal(2, code);
        Assert.Contains("fulcrum: candidates.tuned: ", error);
        Assert.False(Directory.Exists(Path.Combine(folder, "run", "base")));
    }

    [Fact]
    public void That_an_adapter_names_another_base_is_said_once_in_a_run()
    {
        Adapter("another base");

        (int code, string error) = Run([.. Check(Path.Combine(folder, "adapter")), "--override-guards", "all"]);

        Assert.Equal(0, code);
        Assert.Single(error.Split('\n'), l => l.Contains("another-base", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_base_under_another_folder_name_is_recognised_by_its_configuration_and_no_path_is_opened(bool origin)
    {
        Adapter("another base");
        string config = Model("config.json");
        if (origin)
        {
            File.WriteAllText(config, File.ReadAllText(config).Replace("{", "{\"_name_or_path\":\"x/another-base\","));
        }
        else
        {
            string trained = Path.Combine(folder, "original"),
                own = Path.Combine(folder, "adapter", "adapter_config.json");
            Directory.CreateDirectory(trained);
            Directory.GetFiles(Model()).ToList().ForEach(f => File.Copy(f, Path.Combine(trained, Path.GetFileName(f))));
            File.WriteAllText(own, File.ReadAllText(own).Replace("somebody/another-base", trained));
        }

        (int code, string error) = Run(Merge);

        Assert.Equal(0, code);
        Assert.Equal(origin, !error.Contains("warning", StringComparison.Ordinal));
    }

    [Fact]
    public void Measure_prints_the_score_with_its_interval_the_count_and_the_lowest_group()
    {
        string[] measure =
        [
            "measure",
            "--model",
            Model(),
            "--dtype",
            "f32",
            "--task",
            $"mmlu={Path.Combine(folder, "mmlu")}",
            "--output",
            Path.Combine(folder, "measured"),
        ];

        (int code, string table, _) = Tool.Run(measure);
        (_, string json, _) = Tool.Run([.. measure, "--json"]);
        (_, string quiet, _) = Tool.Run([.. measure, "--quiet"]);

        Assert.Equal(0, code);
        Assert.Matches(@"│ mmlu +│ +8 │ +0 │ +\d+\.\d% \(\d+\.\d% to \d+\.\d%\) │", table);
        Assert.Contains(" (lowest)", table);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "measured", "measure.json")), json);
        Assert.Equal("", quiet);
    }

    [Fact]
    public void Of_many_groups_measure_prints_the_score_of_the_lowest_without_an_interval()
    {
        foreach (string split in (string[])["dev", "test"])
        {
            string SubjectFile(string subject) => Path.Combine(folder, "mmlu", split, $"{subject}_{split}.csv");
            string rows = File.ReadAllText(SubjectFile("philosophy"));
            File.Delete(SubjectFile("econometrics"));
            foreach (
                string subject in (string[])
                    [
                        "formal_logic",
                        "international_law",
                        "jurisprudence",
                        "logical_fallacies",
                        "moral_disputes",
                        "moral_scenarios",
                        "prehistory",
                        "world_religions",
                    ]
            )
            {
                File.WriteAllText(SubjectFile(subject), rows.Replace("philosophy", subject));
            }
        }

        (int code, string table, string error) = Tool.Run(
            "measure",
            "--model",
            Model(),
            "--dtype",
            "f32",
            "--task",
            $"mmlu={Path.Combine(folder, "mmlu")}",
            "--output",
            Path.Combine(folder, "measured")
        );

        Assert.True(code == 0, error);
        Assert.Matches(@"│ +\w+ \(lowest of 9\) +│ +4 │ +0 │ +\d+\.\d% +│", table);
    }

    private string[] Check(string? adapter) =>
        [
            "check",
            "--base",
            Model(),
            .. adapter is null ? (string[])[] : ["--adapter", adapter],
            "--target",
            $"mmlu={Path.Combine(folder, "mmlu")}",
            "--dtype",
            "f32",
            "--output",
            Path.Combine(folder, "run"),
        ];

    [Fact]
    public void A_merge_replaces_what_a_merge_wrote_and_no_other_weights()
    {
        Adapter("another base");
        string[] merge = [.. Merge];
        string weights = Path.Combine(folder, "merged", "model.safetensors");

        Assert.Equal(0, Run(merge).Code);
        Assert.Equal(0, Run(merge).Code);
        File.Copy(Path.Combine(Model(), "model.safetensors"), weights, overwrite: true);
        byte[] own = File.ReadAllBytes(weights);

        Refused("does not say that 'fulcrum merge' wrote it", merge);
        Assert.Equal(own, File.ReadAllBytes(weights));
        File.WriteAllText(weights, "notes");
        Refused("does not say that 'fulcrum merge' wrote it", merge);
    }

    [Fact]
    public void Only_the_name_of_another_base_is_a_warning()
    {
        Adapter("another base");

        (int code, string error) = Run(Merge);

        Assert.Equal(0, code);
        Assert.Contains("warning", error);
        Assert.Contains("another-base", error);
        Assert.True(File.Exists(Path.Combine(folder, "merged", "config.json")));
    }

    [Theory]
    [InlineData("run", "study.json", "--output", "study.json/run")]
    [InlineData("score", "--model", "model", "--input", "in.jsonl", "--output", "study.json/out.jsonl")]
    [InlineData("tokenize", "--model", "model", "--input", "texts.jsonl", "--output", "study.json/out.jsonl")]
    [InlineData("sql", "--databases", "spider/database", "--input", "sql.jsonl", "--output", "study.json/out.jsonl")]
    [InlineData("train", "--model", "model", "--data", "train.jsonl", "--output", "study.json/adapter")]
    [InlineData("merge", "--model", "model", "--adapter", "adapter", "--output", "study.json/merged")]
    public void An_output_that_cannot_be_written_is_named(params string[] arguments)
    {
        Adapter("fits");
        File.WriteAllText(Path.Combine(folder, "in.jsonl"), """{"prompt_ids":[1,2],"continuation_ids":[[3]]}""" + "\n");
        File.WriteAllText(Path.Combine(folder, "texts.jsonl"), """{"text":"a"}""" + "\n");
        File.WriteAllText(
            Path.Combine(folder, "sql.jsonl"),
            """{"db_id":"shop","gold":"SELECT 1","predicted":"SELECT 1"}""" + "\n"
        );
        File.WriteAllText(Path.Combine(folder, "train.jsonl"), """{"prompt_ids":[1,2],"completion_ids":[3]}""" + "\n");

        Refused(
            "study.json",
            [.. arguments.Select((a, i) => i > 0 && !a.StartsWith('-') ? Path.Combine(folder, a) : a)]
        );
    }

    [Theory]
    [InlineData("score", """{"prompt_ids":[],"continuation_ids":[[3]]}""", "line 2: the prompt is empty")]
    [InlineData("score", """{"prompt_ids":[1],"continuation_ids":[[320]]}""", "line 2: token id 320 is outside")]
    [InlineData(
        "score",
        """{"prompt":"a","continuations":["b"],"temperature":1}""",
        "line 2: unknown field 'temperature'"
    )]
    [InlineData("score", """{"prompt":"a","continuations":"b"}""", "line 2: 'continuations' must be a list")]
    [InlineData("score", """{"prompt":"a","continuations":[3]}""", "line 2: 'continuations' must be text")]
    [InlineData("score", """["prompt"]""", "line 2: expected a JSON object")]
    [InlineData("generate", """{"prompt":"a","messages":[]}""", "line 2: expected one of")]
    [InlineData("generate", """{"prompt":"a","prompt":"b"}""", "line 2: not valid JSON")]
    [InlineData("generate", "{\"prompt\":\"\\ud800\"", "line 2: not valid JSON")]
    [InlineData("tokenize", """{"text":"a","ids":[1]}""", "line 2: expected a text, a list of ids, or messages")]
    [InlineData("tokenize", """{"ids":[1.5]}""", "line 2: expected a text")]
    [InlineData(
        "tokenize",
        """{"messages":[{"role":"user","content":"x"}],"add_generation_prompt":3}""",
        "line 2: 'add_generation_prompt' must be true or false"
    )]
    [InlineData(
        "sql",
        """{"db_id":"../shop","gold":"SELECT 1","predicted":"SELECT 1"}""",
        "line 2: the db_id '../shop'"
    )]
    [InlineData("sql", """{"db_id":"shop","gold":"SELECT 1"}""", "line 2: 'predicted' must be a text")]
    public void A_bad_line_ends_the_command_and_is_named(string verb, string line, string says)
    {
        string first = verb switch
        {
            "tokenize" => """{"text":"a"}""",
            "sql" => """{"db_id":"shop","gold":"SELECT 1","predicted":"SELECT 1"}""",
            "score" => """{"prompt":"a","continuations":["b"]}""",
            _ => """{"prompt":"a"}""",
        };
        File.WriteAllText(Path.Combine(folder, "in.jsonl"), $"{first}\n{line}\n");
        string[] arguments =
            verb == "sql"
                ? ["--databases", Path.Combine(folder, "spider", "database")]
                : ["--model", Model(), .. verb == "generate" ? ["--max-new-tokens", "2"] : Array.Empty<string>()];

        Refused(
            says,
            [
                verb,
                .. arguments,
                "--input",
                Path.Combine(folder, "in.jsonl"),
                "--output",
                Path.Combine(folder, "out.jsonl"),
            ]
        );
        Assert.Empty(Directory.EnumerateFiles(folder, "out.jsonl*"));
    }

    [Theory]
    [InlineData("there is no verb 'runn'; did you mean 'run'? (see fulcrum --help)", "runn")]
    [InlineData("there is no verb 'evaluate'; there are run, check, ", "evaluate")]
    [InlineData("no verb was given; there are run, check, ")]
    [InlineData(
        "there is no option '--untill'; did you mean '--until'? (see fulcrum run --help)",
        "run",
        "--untill",
        "prepare"
    )]
    [InlineData("--language: 'pt' is none of en, pt-BR (see fulcrum run --help)", "run", "--language", "pt")]
    [InlineData("Option '--output' is required", "merge", "--model", "m")]
    [InlineData("(see fulcrum bench score --help)", "bench", "score", "--bogus")]
    [InlineData("there is no study nosuch: no such file, and the built-in studies are embedded, ", "run", "nosuch")]
    [InlineData(
        "--require names 'spidr', but the study's tasks are spider, mmlu",
        "run",
        "embedded",
        "--require",
        "spidr>=5"
    )]
    [InlineData("there is no file and no run folder nowhere", "compare", "nowhere", "elsewhere")]
    [InlineData("--model: there is no folder nowhere", "score", "--model", "nowhere", "--input", "-", "--output", "-")]
    public void Wrong_command_line_gets_one_sentence_with_the_likely_command(string says, params string[] arguments) =>
        Refused(says, arguments);

    [Fact]
    public void Folders_with_the_same_answers_are_called_identical()
    {
        string first = Folder("first", "1"),
            same = Folder("same", "1"),
            other = Folder("other", "2");

        Assert.Contains("All answers of both sides are identical", Tool.Run("compare", first, same).Output);
        Assert.DoesNotContain("identical", Tool.Run("compare", first, other).Output);
        Assert.Contains("own: no item has another score than before", Tool.Run("compare", first, other).Output);

        string Folder(string name, string reply)
        {
            string made = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            Answer[] answers = [.. Enumerable.Range(0, 4).Select(i => new Answer($"{i}", "", "", 0, reply, "9", ""))];
            File.WriteAllText(Path.Combine(made, "own.jsonl"), AnswerFile.Print(answers));
            return made;
        }
    }

    [Fact]
    public void A_comparison_without_a_study_names_no_verdict_and_no_lowest_cluster_of_equal_ones()
    {
        string Side(string name, int lost)
        {
            string path = Path.Combine(folder, name + ".jsonl");
            Answer[] answers =
            [
                .. Enumerable
                    .Range(0, 60)
                    .Select(i => new Answer($"{i}", $"c{i % 6}", "", i < lost ? 0 : 1, "", "", "")),
            ];
            File.WriteAllText(path, AnswerFile.Print(answers));
            return path;
        }

        string before = Side("before", 0),
            same = Tool.Run("compare", before, Side("same", 0)).Output,
            even = Tool.Run("compare", before, Side("even", 12)).Output,
            uneven = Tool.Run("compare", before, Side("uneven", 13)).Output;

        Assert.Contains("All answers of both sides are identical. No item changed", same);
        Assert.All(
            (string[])[same, even],
            said =>
            {
                Assert.Contains("(shown in the table)", said);
                Assert.DoesNotContain("verdict", said);
                Assert.DoesNotContain("Lowest", said);
            }
        );
        Assert.Contains("Lowest cluster: c0", uneven);
    }

    [Fact]
    public void A_file_without_answers_is_no_side_of_a_comparison()
    {
        string empty = Path.Combine(folder, "empty.jsonl");
        File.WriteAllText(empty, "\n");

        Refused("empty.jsonl holds no answer", "compare", empty, empty);
        Refused("empty.jsonl holds no answer", "compare", empty, empty, empty);
    }

    [Fact]
    public void A_measure_of_the_corpus_is_printed_beside_the_table()
    {
        string Side(string name, int right)
        {
            string path = Path.Combine(folder, name + ".jsonl");
            Answer Given(int i, string said) =>
                new($"{i}", $"c{i % 8}", "", said == $"{i % 2}" ? 1 : 0, said, $"{i % 2}", "");
            IEnumerable<Answer> answers = Enumerable.Range(0, 40).Select(i => Given(i, i < right ? $"{i % 2}" : "0"));
            File.WriteAllText(path, AnswerFile.Print(answers));
            return path;
        }

        string before = Side("before", 20),
            after = Side("after", 40);

        Assert.Contains("before: macro-F1", Tool.Run("compare", before, after, "--measure", "macro-f1").Output);
        Refused("--measure: name two answer files", "compare", before, after, after, "--measure", "macro-f1");
    }

    [Theory]
    [InlineData("")]
    [InlineData("run")]
    [InlineData("score")]
    [InlineData("generate")]
    [InlineData("tokenize")]
    [InlineData("sql")]
    [InlineData("train")]
    [InlineData("merge")]
    [InlineData("compare")]
    [InlineData("report")]
    [InlineData("view")]
    [InlineData("schema")]
    [InlineData("bench")]
    [InlineData("bench score")]
    [InlineData("bench generate")]
    [InlineData("bench train")]
    [InlineData("bench memory")]
    [InlineData("bench engines")]
    [InlineData("stats")]
    [InlineData("stats boundaries")]
    [InlineData("stats holm")]
    [InlineData("stats pass-at-k")]
    [InlineData("doctor")]
    [InlineData("check")]
    [InlineData("export")]
    [InlineData("trace")]
    public void Every_help_has_an_example_that_needs_no_file_outside_the_repository(string verb)
    {
        string help = Help(verb.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Contains($"fulcrum {verb}".TrimEnd(), help[help.IndexOf("Examples:", StringComparison.Ordinal)..]);
        Assert.DoesNotContain("smoke", help);
        Assert.DoesNotContain("models/qwen", help);
    }

    [Fact]
    public void Help_marks_required_and_optional_options()
    {
        Assert.Contains("  run [STUDY]  ", Help());
        Assert.Contains("--output <output> (REQUIRED)", Help("merge"));
        Assert.DoesNotContain("--adapter <adapter> (REQUIRED)", Help("merge"));
    }

    private static string Help(params string[] verb)
    {
        (int code, string help, _) = Tool.Run([.. verb, "--help"]);
        Assert.Equal(0, code);
        return help;
    }

    [Fact]
    public void A_prompt_beyond_the_context_is_named()
    {
        File.WriteAllText(
            Path.Combine(folder, "in.jsonl"),
            new JsonObject { ["prompt"] = new string('a', 5000), ["continuations"] = new JsonArray("b") }.ToJsonString()
                + "\n"
        );

        Refused(
            "line 1: 5001 tokens are more than the model's context of 4096",
            "score",
            "--model",
            Model(),
            "--input",
            Path.Combine(folder, "in.jsonl"),
            "--output",
            "-"
        );
    }

    [Theory]
    [InlineData("", "there is no work in it")]
    [InlineData("{\"prompt\":[1],\"new_tokens\":0}", "line 1: a prompt and something behind it are needed")]
    [InlineData("{\"prompt\":[1],\"new_tokens\":100000}", "more than the model's context of 4096")]
    [InlineData("{\"prompt\":[1],\"new_tokens\":1.5}", "line 1: 'new_tokens' must be a whole number")]
    [InlineData("{\"prompt\":[-1],\"new_tokens\":1}", "line 1: 'prompt' must be a list of token ids")]
    [InlineData("{\"prompt\":[320],\"new_tokens\":1}", "'prompt' holds the token id 320; the vocabulary has 320")]
    public void Work_that_cannot_be_timed_is_refused_before_the_model_is_made(string line, string says)
    {
        File.WriteAllText(Path.Combine(folder, "work.jsonl"), line);

        Refused(
            says,
            "bench",
            "generate",
            "--dtype",
            "f32",
            "--config",
            Model("config.json"),
            "--input",
            Path.Combine(folder, "work.jsonl")
        );
    }

    // Merges the adapter of the test into the model.
    private string[] Merge =>
        [
            "merge",
            "--model",
            Model(),
            "--adapter",
            Path.Combine(folder, "adapter"),
            "--dtype",
            "f32",
            "--output",
            Path.Combine(folder, "merged"),
        ];

    private string Model(string file = "") => Path.Combine(folder, "model", file);

    private void Adapter(string what)
    {
        string adapter = Path.Combine(folder, "adapter");
        Directory.CreateDirectory(adapter);
        using DisposeScope scope = NewDisposeScope();
        int rank = what == "rank" ? 3 : 2;
        Dictionary<string, Tensor> tensors = Enumerable
            .Range(
                0,
                what == "more" ? 3
                    : what == "lacks" ? 1
                    : 2
            )
            .SelectMany(layer =>
                new[] { ("lora_A", ones(rank, 32)), ("lora_B", ones(32, rank)) }.Select(t =>
                    ($"base_model.model.model.layers.{layer}.self_attn.q_proj.{t.Item1}.weight", t.Item2)
                )
            )
            .ToDictionary();
        SafetensorsFile.Write(Path.Combine(adapter, "adapter_model.safetensors"), tensors);
        if (what != "no config")
        {
            File.WriteAllText(
                Path.Combine(adapter, "adapter_config.json"),
                new JsonObject
                {
                    ["peft_type"] = "LORA",
                    ["r"] = 2,
                    ["lora_alpha"] = 2,
                    ["target_modules"] = new JsonArray(what == "target" ? "c_attn" : "q_proj"),
                    ["base_model_name_or_path"] = what == "another base" ? "somebody/another-base" : "model",
                }.ToJsonString()
            );
        }
    }

    private static void Refused(string says, params string[] arguments)
    {
        (int code, string error) = Run(arguments);

        Assert.Contains(says, error);
        Assert.Equal(2, code);
        Assert.DoesNotContain("   at ", error);
        Assert.Single(
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            l =>
                l.StartsWith("fulcrum: ", StringComparison.Ordinal)
                && !l.Contains(" in f32 on ", StringComparison.Ordinal)
                && !l.Contains("dtype auto", StringComparison.Ordinal)
                && !l.Contains("training data: ", StringComparison.Ordinal)
                && !l.Contains("warning", StringComparison.Ordinal)
        );
    }

    private static (int Code, string Error) Run(params string[] arguments)
    {
        (int code, _, string error) = Tool.Run(arguments);
        return (code, error);
    }
}
