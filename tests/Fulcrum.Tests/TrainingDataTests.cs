using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Tokenization;
using Xunit;

namespace Fulcrum.Tests;

public sealed class TrainingDataTests : IDisposable
{
    private const string Pipes =
        "{% for m in messages %}{{ '<|start|>' + m.role + '\n' + m.content + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}";
    private const string Pairs =
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}{% else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}";
    private const string LastSystem =
        "{% set turns = messages[1:] %}{% for m in turns %}{% if m.role == 'user' %}{{ '[INST] ' ~ (messages[0].content ~ '\n' if loop.last else '') ~ m.content ~ ' [/INST]' }}{% else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}";
    private const string Thinking =
        "{% for m in messages %}{{ '<|start|>' + m.role + '\n' }}{% if m.role == 'assistant' and loop.last %}{{ '<t>\n\n</t>\n\n' }}{% endif %}{{ m.content + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}";

    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(Pipes, "llama3-layout", "Hello<|eot|>Bye now<|eot|>")]
    [InlineData(Pairs, "llama3-layout", " Hello<|eot|> Bye now<|eot|>")]
    [InlineData(LastSystem, "llama3-layout", " Hello<|eot|> Bye now<|eot|>")]
    [InlineData(Thinking, "llama3-layout", "Hello<|eot|><t>\n\n</t>\n\nBye now<|eot|>")]
    public void Every_turn_of_the_assistant_is_trained_with_its_end_token(
        string template,
        string layout,
        string trained
    )
    {
        Tokenizer tokenizer = Model(template, layout, "<|eot|>");

        TrainingExample example = Read(
            """{"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},{"role":"user","content":"Go"},{"role":"assistant","content":"Bye now"}]}"""
        );

        Assert.Equal(trained, tokenizer.Decode([.. example.Ids.Where((_, i) => example.Trained[i])]));
        Assert.Equal(template is LastSystem ? 0 : 1, tokenizer.Decode(example.Ids).Split("Be kind.").Length - 1);
    }

    [Fact]
    public void A_turn_that_ends_by_another_token_than_the_tokenizers_ends_by_the_models()
    {
        Tokenizer tokenizer = Model(
            Pipes.Replace("eos_token", "'<|end|>'", StringComparison.Ordinal),
            "llama3-layout",
            "<|eot|>"
        );
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{"eos_token_id":[3001,3003]}""");

        TrainingExample example = Read(
            """{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]}"""
        );

        Assert.Equal("Hello<|end|>", tokenizer.Decode([.. example.Ids.Where((_, i) => example.Trained[i])]));
    }

    [Fact]
    public void Completion_starts_after_the_prompt_and_ends_at_the_end_token()
    {
        Tokenizer tokenizer = Model(Pipes, "llama3-layout", "<|eot|>");

        TrainingExample example = Read("""{"prompt":"SELECT","completion":" name FROM t"}""");

        Assert.Equal(
            [.. tokenizer.Encode("SELECT name FROM t", addSpecialTokens: true), tokenizer.TokenId("<|eot|>")!.Value],
            example.Ids
        );
        Assert.Equal(" name FROM t<|eot|>", tokenizer.Decode([.. example.Ids.Where((_, i) => example.Trained[i])]));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Hi"}]}""", "line 1: no token")]
    [InlineData("""{"messages":"Hi"}""", "'messages' must be a list")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "line 1")]
    [InlineData("""{"prompt":"a"}""", "no known layout")]
    [InlineData("""{"prompt":"a","completion":1}""", "'completion' must be a text")]
    [InlineData("""{"prompt":"a","completion":"b","note":"c"}""", "unknown field 'note'")]
    [InlineData("""{"prompt_ids":[1,"x"],"completion_ids":[1]}""", "'prompt_ids' must be a list of token ids")]
    [InlineData("""{"prompt_ids":[1],"completion_ids":[]}""", "no token")]
    [InlineData("""{"text":"a"}""", "no known layout")]
    [InlineData("not json", "not valid JSON")]
    public void A_line_that_cannot_be_trained_on_is_named(string line, string says)
    {
        Model(Pipes, "llama3-layout", "<|eot|>");

        Assert.Contains(says, Assert.Throws<InputException>(() => Read(line)).Message);
    }

    private const string Lines = """
        {"prompt":"say 0","completion":" 00"}
        {"prompt":"say, \"1\"","completion":" 11"}
        {"prompt":"say\n2","completion":" 22"}
        """;

    [Theory]
    [InlineData("d.jsonl", Lines)]
    [InlineData("d.jsonl", "\n" + Lines + "\n\n")]
    [InlineData("d.jsonl.gz", Lines)]
    [InlineData("d.txt", Lines)]
    [InlineData(
        "d.json",
        """
            [{"prompt":"say 0","completion":" 00"},{"prompt":"say, \"1\"","completion":" 11"},
             {"prompt":"say\n2","completion":" 22"}]
            """
    )]
    [InlineData("d.csv", "prompt,completion\nsay 0, 00\n\n\"say, \"\"1\"\"\", 11\n\"say\n2\", 22\n\n")]
    [InlineData("d.tsv", "prompt\tcompletion\nsay 0\t 00\n\"say, \"\"1\"\"\"\t 11\n\"say\n2\"\t 22\n")]
    [InlineData("d.tsv.gz", "question\tanswer\nsay 0\t 00\n\"say, \"\"1\"\"\"\t 11\n\"say\n2\"\t 22\n")]
    public void Every_file_format_gives_the_same_examples(string file, string content)
    {
        Model(Pipes, "llama3-layout", "<|eot|>");
        string plain = Path.Combine(folder, "plain.jsonl");
        File.WriteAllText(plain, Lines);

        IReadOnlyList<TrainingExample> examples = TrainingData.Read(Written(file, content), folder);

        Assert.Equal(TrainingData.Read(plain, folder).Select(e => e.Ids), examples.Select(e => e.Ids));
        Assert.Equal(3, examples.Count);
    }

    [Theory]
    [InlineData(
        """{"conversations":[{"from":"system","value":"S"},{"from":"human","value":"Hi"},{"from":"gpt","value":"Yo"}]}"""
    )]
    [InlineData(
        """{"system":"S","conversations":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yo"}]}"""
    )]
    [InlineData("""{"system":"S","instruction":"Hi","input":"","output":"Yo","source":"x"}""")]
    [InlineData(
        """{"prompt":[{"role":"system","content":"S"},{"role":"user","content":"Hi"}],"completion":[{"role":"assistant","content":"Yo"}]}"""
    )]
    public void Every_layout_of_a_conversation_gives_the_same_example(string line)
    {
        Model(Pipes, "llama3-layout", "<|eot|>");
        TrainingExample messages = Read(
            """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"Hi"},{"role":"assistant","content":"Yo"}]}"""
        );

        TrainingExample other = Read(line);

        Assert.Equal(messages.Ids, other.Ids);
        Assert.Equal(messages.Trained, other.Trained);
    }

    [Fact]
    public void A_column_that_is_not_used_is_named_and_refused_if_it_tells_rows_apart()
    {
        Model(Pipes, "llama3-layout", "<|eot|>");
        List<string> notes = [];
        string data = Written("d.csv", "instruction,output,context\nSum up,ok,one\nAdd,fine,two\n");

        TrainingData.Read(data, folder, notes.Add);
        string refused = Assert
            .Throws<InputException>(() =>
                TrainingData.Read(
                    Written("e.csv", "instruction,output,context\nSum up,ok,one\nSum up,ok,two\n"),
                    folder
                )
            )
            .Message;

        Assert.Contains("not used: context", Assert.Single(notes));
        Assert.Contains("line 3", refused);
        Assert.Contains("'context'", refused);
    }

    [Fact]
    public void Training_that_ends_or_begins_elsewhere_than_generation_is_a_warning()
    {
        const string opens =
            "{% for m in messages %}{{ '<|start|>' + m.role + '\n' + m.content + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant\n<t>\n' }}{% endif %}";
        Model(opens, "llama3-layout", "<|eot|>");
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{"eos_token_id":[0]}""");
        List<string> warnings = [];
        string data = Written(
            "d.jsonl",
            """{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yo"}]}"""
        );

        TrainingData.Read(data, folder, warn: warnings.Add);

        Assert.Collection(
            warnings,
            w => Assert.Contains("'<|eot|>', which is no end token", w),
            w => Assert.Contains("training and generation begin differently", w)
        );
    }

    private string Written(string name, string content)
    {
        string path = Path.Combine(folder, name);
        using Stream file = File.Create(path);
        using Stream stream = name.EndsWith(".gz") ? new GZipStream(file, CompressionMode.Compress) : file;
        stream.Write(Encoding.UTF8.GetBytes(content));
        return path;
    }

    private TrainingExample Read(string line)
    {
        string data = Path.Combine(folder, "data.jsonl");
        File.WriteAllText(data, line + "\n");
        return Assert.Single(TrainingData.Read(data, folder));
    }

    private Tokenizer Model(string template, string layout, string end)
    {
        File.Copy(SharedData.InProject("tokenizer", layout, "tokenizer.json"), Path.Combine(folder, "tokenizer.json"));
        File.WriteAllText(
            Path.Combine(folder, "tokenizer_config.json"),
            new JsonObject
            {
                ["eos_token"] = end,
                ["bos_token"] = "<|begin|>",
                ["chat_template"] = template,
            }.ToJsonString()
        );
        return Tokenizer.Load(folder);
    }
}
