using System.Text.RegularExpressions;
using Fulcrum.Patterns;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;
using Fulcrum.Templates;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What tasks of lm-evaluation-harness' form rest on: Python's draws, patterns and literals, YAML's scalars,
/// means.</summary>
public sealed class HarnessPartsTests
{
    [Theory]
    [InlineData(7473, 5, "6374 3610 957 61 742 7462 6610 4769 286 5501")]
    [InlineData(30, 5, "24 14 3 0 2 29 25 18 1 21")]
    [InlineData(21, 5, "14 3 0 2 1 2 3 11 7 0")]
    [InlineData(22, 5, "14 3 0 2 18 1 21 2 3 11")]
    [InlineData(20, 8, "14 3 0 2 1 10 11 15 3 11 7 0 16 12 15 5")]
    [InlineData(5, 5, "3 0 4 2 1 0 4 1 3 2")]
    public void Draws_are_those_of_CPython_with_seed_1234(int pool, int count, string drawn)
    {
        PythonRandom random = new(1234);
        Assert.Equal(
            drawn.Split(' ').Select(int.Parse),
            [.. random.Sample(pool, count), .. random.Sample(pool, count)]
        );
    }

    [Theory]
    [InlineData(@"(?P<a>x)(?P=a)", "xx xy", "x")]
    [InlineData(@"(-?[$0-9.,]{2,})|(-?[0-9]+)", "7 or $18.", "|7;$18.|")]
    [InlineData(@"^(.)", "\U0001F642b", "\U0001F642")]
    [InlineData(@"[^a]", "a\U0001F642a", "\U0001F642")]
    [InlineData(@"[\U0001F600-\U0001F64F]", "x\U0001F642", "\U0001F642")]
    [InlineData(@"a{,2}b", "aaab", "aab")]
    [InlineData(@"\w+", "don't x_y", "don;t;x_y")]
    [InlineData(@"(?i)no\Z", "NO", "NO")]
    [InlineData(@"a*", "baac", ";aa;;")]
    [InlineData(@"[]x]+", "]x", "]x")]
    [InlineData(@"[^\W\d_]+", "ab1_c", "ab;c")]
    [InlineData(@"a}+", "a}}}", "a}}}")]
    [InlineData(@"x1}+", "x1}}", "x1}}")]
    public void A_pattern_finds_what_Python_finds(string pattern, string text, string found) =>
        Assert.Equal(
            found,
            string.Join(';', new PythonPattern(pattern).FindAll(text).Select(m => string.Join('|', m)))
        );

    [Theory]
    [InlineData(@"(\w),(\w)", "a,b a,b", @"\2-\g<1>", 0, "b-a b-a")]
    [InlineData("", "ab", "-", 0, "-a-b-")]
    [InlineData("a", "a.a.b", "x", 5, "x.x.b")]
    [InlineData("a", "a.a", "x", 1, "x.a")]
    public void A_replacement_may_name_groups(string pattern, string text, string by, int count, string expected) =>
        Assert.Equal(expected, new PythonPattern(pattern).Replace(text, by, count));

    [Theory]
    [InlineData("}+")]
    [InlineData("(a)")]
    [InlineData("(?P<a>b)(?P=a)")]
    public void A_pattern_of_sixty_thousand_characters_is_read_in_linear_time(string part)
    {
        int times = 60_000 / part.Length;
        string pattern = string.Concat(
            Enumerable.Range(0, times).Select(i => part.Replace("<a>", $"<a{i}>").Replace("=a", $"=a{i}"))
        );

        Assert.NotEqual(0, PythonPatternTranslation.Of(pattern, pattern.Length).Text.Length);
    }

    [Theory]
    [InlineData('(', ')')]
    [InlineData('"', '"')]
    [InlineData('[', ']')]
    public void Marks_of_data_are_tightened_and_brackets_removed_as_by_patterns(char open, char close)
    {
        (string o, string c) = (Regex.Escape($"{open}"), Regex.Escape($"{close}").Replace("]", @"\]"));
        string characters = $"{open}{close} \nab\x1d";
        Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            string text = string.Concat(random.GetItems(characters.ToCharArray(), random.Next(14)));
            string tight = Regex.Replace(text, $@"{o}[\s\x1c-\x1f]*([^{c}]*?)[\s\x1c-\x1f]*{c}", $"{open}$1{close}");

            Assert.Equal(tight, HarnessFunctions.Tightened(text, open, close));
            Assert.Equal(Regex.Replace(text, @"\[[^\n]*?\]", ""), HarnessFunctions.Unbracketed(text));
        }

        string unclosed = new(open, 300_001);
        Assert.NotEmpty(HarnessFunctions.Tightened(unclosed, open, close));
        Assert.NotEmpty(HarnessFunctions.Unbracketed(unclosed));
    }

    [Fact]
    public void A_pattern_that_explodes_is_refused_by_name() =>
        Assert.Contains(
            "(a+)+b",
            Assert.Throws<InputException>(() => new PythonPattern("(a+)+b").IsFound(new string('a', 60))).Message
        );

    [Theory]
    [InlineData("['a', \"it's\", 'b\\n']", "['a', \"it's\", 'b\\n']")]
    [InlineData("('x' 'y', 1, -2.5, None, True)", "('xy', 1, -2.5, None, True)")]
    [InlineData("{'k': [1, {}]}", "{'k': [1, {}]}")]
    [InlineData("('only')", "'only'")]
    public void A_literal_means_what_it_means_in_Python(string text, string repr) =>
        Assert.Equal(repr, TemplateValues.Repr(PythonLiteral.Parse(text)));

    [Theory]
    [InlineData("[1, 2")]
    [InlineData("['a'] x")]
    [InlineData("name")]
    [InlineData("01")]
    [InlineData("")]
    public void What_is_no_literal_is_refused(string text) =>
        Assert.Throws<FormatException>(() => PythonLiteral.Parse(text));

    [Theory]
    [InlineData("no", false)]
    [InlineData("On", true)]
    [InlineData("010", 8L)]
    [InlineData("0x1F", 31L)]
    [InlineData("1_000", 1000L)]
    [InlineData("1:30", 90L)]
    [InlineData("1e3", "1e3")]
    [InlineData("1.0e+3", 1000.0)]
    [InlineData("~", null)]
    [InlineData("y", "y")]
    public void An_unquoted_text_means_what_PyYAML_reads(string text, object? value) =>
        Assert.Equal(value, YamlScalar.Of(text));

    [Theory]
    [InlineData("{{ missing }}")]
    [InlineData("{% if missing %}x{% endif %}")]
    [InlineData("{{ row.missing }}")]
    [InlineData("{% for x in missing %}{% endfor %}")]
    [InlineData("{{ missing == 1 }}")]
    public void A_name_without_a_value_is_an_error_in_a_task_template(string template) =>
        Assert.Contains("missing", Assert.Throws<InputException>(() => Rendered(template)).Message);

    [Theory]
    [InlineData("{{ missing is defined }}", "False")]
    [InlineData("{{ missing | default('x') }}", "x")]
    [InlineData("{{ 'x' if false }}", "")]
    [InlineData("a\n{% if true %}\nb\n{% endif %}\n", "a\n\nb\n\n")]
    [InlineData("{{ 'a1b2' | regex_replace('[0-9]', '-', 1) }}", "a-b2")]
    public void Task_templates_keep_white_space_and_know_regex_replace(string template, string text) =>
        Assert.Equal(text, Rendered(template));

    [Fact]
    public void The_error_of_a_group_is_pooled_by_size_or_plain()
    {
        (MeasuredValue, int)[] tasks = [(new(0.5, 0.1), 10), (new(0.25, 0.2), 30)];
        MeasuredValue sized = HarnessMeans.Group(tasks, bySize: true),
            plain = HarnessMeans.Group(tasks, bySize: false);
        Assert.Equal((0.5 * 10 + 0.25 * 30) / 40, sized.Value, 12);
        Assert.Equal(Math.Sqrt((9 * 10 * 0.01 + 29 * 30 * 0.04) / 38 / 40), sized.StandardError!.Value, 12);
        Assert.Equal(0.375, plain.Value, 12);
        Assert.Equal(Math.Sqrt(0.01 + 0.04) / 2, plain.StandardError!.Value, 12);
    }

    [Fact]
    public void F1_and_correlation_of_two_classes_have_their_closed_forms()
    {
        double[][] items =
        [
            [1, 1],
            [1, 1],
            [1, 0],
            [0, 1],
            [0, 0],
        ];
        Assert.Equal(2 * 2 / (2 * 2 + 1 + 1.0), HarnessMeans.Of(HarnessScore.F1, items).Value, 12);
        Assert.Equal(
            (2 * 1 - 1 * 1) / Math.Sqrt(3 * 3 * 2 * 2),
            HarnessMeans.Of(HarnessScore.Matthews, items).Value,
            12
        );
    }

    private static string Rendered(string template) =>
        new TextTemplate(template).Render(TemplateValues.Map([KeyValuePair.Create("row", (object?)new TemplateMap())]));
}
