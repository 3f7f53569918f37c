using System.Text.Json.Nodes;
using Fulcrum.Templates;
using Xunit;

namespace Fulcrum.Tests;

public sealed class ChatTemplateTests
{
    [Fact]
    public void Qwen2_renders_every_conversation_as_the_reference_does()
    {
        ChatTemplate template = ChatTemplate.Load(SharedData.Of("data", "qwen2-tokenizer"));
        foreach (
            JsonNode line in File.ReadLines(SharedData.Of("golden", "chat", "qwen2.jsonl"))
                .Select(l => JsonNode.Parse(l)!)
        )
        {
            Assert.Equal(
                (string?)line["text"],
                template.Render(line["messages"]!.AsArray(), (bool)line["add_generation_prompt"]!)
            );
        }
    }

    [Theory]
    [InlineData("header-blocks")]
    [InlineData("inst-pairs")]
    [InlineData("macro-turns")]
    [InlineData("pipes")]
    [InlineData("thinking")]
    public void Templates_of_other_families_render_or_refuse_as_the_reference_does(string name)
    {
        ChatTemplate template = Template(
            File.ReadAllText(SharedData.Of("golden", "chat", "templates", name + ".jinja"))
        );
        foreach (
            JsonNode line in File.ReadLines(SharedData.Of("golden", "chat", "templates", name + ".jsonl"))
                .Select(l => JsonNode.Parse(l)!)
        )
        {
            Dictionary<string, JsonNode?> variables = line.AsObject()
                .Where(p => p.Key is "date_string" or "enable_thinking")
                .ToDictionary(p => p.Key, p => p.Value);
            string Render() =>
                template.Render(line["messages"]!.AsArray(), (bool)line["add_generation_prompt"]!, variables);
            if (line["error"] is { } error)
            {
                Assert.Contains((string)error!, Assert.Throws<InputException>(Render).Message);
            }
            else
            {
                Assert.Equal((string?)line["text"], Render());
            }
        }
    }

    /// <summary>Random programs over the language of templates; what jinja2 3.1.6, set up as transformers sets it up,
    /// made of them.</summary>
    [Fact]
    public void Random_templates_render_or_fail_as_in_Jinja()
    {
        JsonObject variables = JsonNode
            .Parse(File.ReadAllText(SharedData.InProject("chat", "jinja-variables.json")))!
            .AsObject();
        // As a variable the messages reach the template as they are: keys without a value are not left out.
        Dictionary<string, JsonNode?> all = variables.ToDictionary(v => v.Key, v => v.Value);
        int rendered = 0,
            refused = 0;
        string folder = Directory.CreateTempSubdirectory().FullName;
        foreach (
            JsonNode line in File.ReadLines(SharedData.InProject("chat", "jinja.jsonl")).Select(l => JsonNode.Parse(l)!)
        )
        {
            string Render() => Template((string)line["template"]!, folder).RenderAny([], false, all);
            if ((string?)line["text"] is { } text)
            {
                Assert.True(text == Render(), $"{line["template"]}\n--- should be\n{text}\n--- but is\n{Render()}");
                rendered++;
            }
            else
            {
                Assert.Contains((string)line["error"]!, Assert.Throws<InputException>(Render).Message);
                refused++;
            }
        }

        Assert.Equal((401, 478), (rendered, refused));
    }

    [Theory]
    [InlineData("{{ messages | frobnicate }}", "frobnicate")]
    [InlineData("{% include 'x' %}", "include")]
    [InlineData("{% for m in messages %}", "")]
    [InlineData("a\n{{ 1 + }}", "line 2")]
    public void What_is_not_supported_is_named(string template, string says) =>
        Assert.Contains(says, Assert.Throws<InputException>(() => Template(template).RenderAny([], false)).Message);

    [Theory]
    [InlineData("{% for i in range(90000) %}{% for j in range(90000) %}x{% endfor %}{% endfor %}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{{ 'x' * 100000000 }}")]
    [InlineData("{{ 10 ** 100000 }}")]
    [InlineData("{{ [0] * 100000000 }}")]
    [InlineData("{{ range(1000000000) }}")]
    [InlineData("{{ 'a'.ljust(1000000000) }}")]
    [InlineData("{{ '%1000000000d' % 1 }}")]
    [InlineData("{{ ('a' * 1000000).replace('', 'b' * 1000) }}")]
    [InlineData("{{ ('a' * 1000000) | regex_replace('a', 'b' * 1000) }}")]
    [InlineData("{% set a = 'a' * 1000000 %}{{ (a ~ 'b' ~ a) in (a ~ a ~ a ~ a) }}")]
    [InlineData("{% set a = 'a' * 1000000 %}{{ (a ~ a ~ a ~ a).find(a ~ 'b' ~ a) }}")]
    [InlineData(
        "{% set ns = namespace(x=[1]) %}{% for i in range(60000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}"
    )]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(90) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}")]
    [InlineData("{% for x in [[[]]] recursive %}{{ loop([[[]]]) }}{% endfor %}")]
    public void A_template_without_end_is_stopped(string template) =>
        Assert.Throws<InputException>(() => Template(template).RenderAny([], false));

    [Theory]
    [InlineData(
        "{{ 'a<\"b\"' | e }} {{ \"it's\" | escape }} {{ 'a/b &ä' | urlencode }}",
        "a&lt;&#34;b&#34; it&#39;s a/b%20%26%C3%A4"
    )]
    [InlineData("{{ {'a b': 1, 'c': '&'} | urlencode }}", "a+b=1&c=%26")]
    [InlineData(
        "{{ '0x1A' | int(0, 16) }} {{ '-0b11' | int(0, 2) }} {{ '0x1f' | int(7) }} {{ '1_000' | int }}",
        "26 -3 7 1000"
    )]
    [InlineData(
        "{{ '12' | int(0, 8) }} {{ 'zz' | int(5, 36) }} {{ '9' | int(4, 8) }} {{ '0o17' | int(0, 0) }}",
        "10 1295 9 15"
    )]
    [InlineData(
        "{{ 1234.567 | round(-2) }} {{ 1250 | round(-2) }} {{ 1350 | round(-2) }} {{ 1201 | round(-2, 'ceil') }}",
        "1200.0 1200 1400 1300.0"
    )]
    [InlineData("{{ -1250.5 | round(-2) }} {{ 50.0 | round(-2) }} {{ 150.0 | round(-2) }}", "-1300.0 0.0 200.0")]
    [InlineData(
        "{{ 'ΑΣ ΣΑ Σ ΑΣ.Α' | lower }} {{ 'ß ﬁ ŉ' | upper }} {{ 'ﬁn' | capitalize }} {{ 'ǆa' | capitalize }}",
        "ας σα σ ασ.α SS FI ʼN Fin ǅa"
    )]
    [InlineData(
        "{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% for (a, b) in [[4, 5]] %}{{ a }}{{ b }}{% endfor %}",
        "12345"
    )]
    [InlineData("{% set a, (b, c) = 1, (2, 3) %}{{ a }}{{ b }}{{ c }}", "123")]
    [InlineData(
        "{% macro m(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1, *[2], **{'c': 3}) }}{{ 'b-a' | replace(*['-', '+']) }}",
        "123b+a"
    )]
    [InlineData("{{ [1, 2.5, 'a', none, true] }}", "[1, 2.5, 'a', None, True]")]
    [InlineData("{{ 'abcdef'[::-1] }}{{ 'abc'[1:] }}{{ [1,2,3][-1] }}", "fedcbabc3")]
    [InlineData(
        "{% set ns = namespace(n=0) %}{% for i in [1,2,3] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
        "6"
    )]
    [InlineData("{{ {'a': 1, 'b': 'ä'} | tojson }}", "{\"a\": 1, \"b\": \"ä\"}")]
    [InlineData("{{ ('a' * 1000000).strip('b' * 1000000 ~ 'a') }}|{{ 'xay'.strip('yx') }}", "|a")]
    [InlineData("{{ x is defined }}{{ x | default('d') }}{{ 7 // 2 }}{{ -7 % 3 }}", "Falsed32")]
    public void Expressions_have_the_values_of_Jinja(string template, string text) =>
        Assert.Equal(text, Template(template).RenderAny([], false));

    private static ChatTemplate Template(string template, string? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"bos_token":"<s>","eos_token":"</s>"}""");
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), template);
        return ChatTemplate.Load(folder);
    }
}
