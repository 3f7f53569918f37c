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
    public void A_completion_begins_with_the_first_token_behind_the_prompts_and_ends_with_the_end_token()
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
    [InlineData("""{"prompt":"a"}""", "'completion' must be a text")]
    [InlineData("""{"prompt_ids":[1,"x"],"completion_ids":[1]}""", "'prompt_ids' must be a list of token ids")]
    [InlineData("""{"prompt_ids":[1],"completion_ids":[]}""", "no token")]
    [InlineData("""{"text":"a"}""", "unknown field 'text'")]
    [InlineData("not json", "not valid JSON")]
    public void A_line_that_cannot_be_trained_on_is_named(string line, string says)
    {
        Model(Pipes, "llama3-layout", "<|eot|>");

        Assert.Contains(says, Assert.Throws<InputException>(() => Read(line)).Message);
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
