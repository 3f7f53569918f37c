using System.Text;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;
using Fulcrum.Tokenization;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Small files of others that stand for much memory or time are refused with a sentence.</summary>
/// <remarks>Every case runs under a limit of what the thread allocates: what a parser held can never have been
/// more.</remarks>
public sealed class BudgetTests : IDisposable
{
    private const long MostAllocated = 1L << 30;
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(
        "{% set ns = namespace(l=[], s='x' * 16000000) %}{% for i in range(400) %}{% set ns.l = ns.l + [ns.s ~ i] %}{% endfor %}"
    )]
    [InlineData(
        "{% set s = 'x' * 15000000 %}{% macro m(n) %}{% set x = s ~ n %}{% if n < 60 %}{{ m(n + 1) }}{% endif %}{{ x | length }}{% endmacro %}{{ m(0) }}"
    )]
    [InlineData(
        "{% set a = ('a ' * 8000000).split(' ') %}{% set b = ('b ' * 8000000).split(' ') %}{{ (a + b) | join('-----') | length }}"
    )]
    public void A_template_whose_values_need_too_much_is_refused(string template)
    {
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), template);
        ChatTemplate loaded = ChatTemplate.Load(folder);

        Refused(() => loaded.Render(new JsonArray(), addGenerationPrompt: false));
    }

    [Theory]
    [InlineData("""{"String": "a"}""", "aa", 60)]
    [InlineData("""{"Regex": "."}""", "0123456789", 14)]
    public void A_normaliser_that_makes_a_text_grow_without_end_is_refused(string pattern, string content, int times)
    {
        string step = $$"""{"type": "Replace", "pattern": {{pattern}}, "content": "{{content}}"}""";
        string path = Path.Combine(folder, "tokenizer.json");
        File.WriteAllText(
            path,
            $$$"""{"normalizer": {"type": "Sequence", "normalizers": [{{{string.Join(
                ", ",
                Enumerable.Repeat(step, times)
            )}}}]}}"""
        );
        JsonFile file = new(path);
        Func<string, string> normalise = Normalizers.Parse(file.Root["normalizer"], file);

        Refused(() => normalise("a banana"));
    }

    [Theory]
    [InlineData("#### ", "9", 1_000_000)]
    [InlineData("", "\\boxed{", 140_000)]
    [InlineData("", "\\boxed{a}", 100_000)]
    [InlineData("\\boxed{", "{}", 500_000)]
    public void A_reply_of_a_million_characters_is_graded_in_a_second_or_so(string start, string text, int times)
    {
        string reply = start + string.Concat(Enumerable.Repeat(text, times));
        long before = GC.GetAllocatedBytesForCurrentThread();

        ReplyGrade[] grades = [Gsm8kGrader.Grade(reply, ["#### 1"]), NumberGrader.Grade(reply, ["1"])];

        Assert.All(grades, g => Assert.Equal(0, g.Score));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated / 4);
    }

    [Fact]
    public void A_Parquet_file_whose_footer_does_not_end_is_refused()
    {
        const string File64 =
            "UEFSMRUAFTAVOiwVBhUAFQYVBgAAH4sIAAAAAAACA2NhYGCoAAIWNBoA5MdEYBgAAAAVABUwFTosFQYVABUGFQYAAB+LCAAA"
            + "AAAAAgNjYWBgqAACFjQaAOTHRGAYAAAAFQAVMBU6LBUGFQAVBhUGAAAfiwgAAAAAAAIDY2FgYKgAAhY0GgDkx0RgGAAAABUC"
            + "GUxIBHJvd3MVBgAVDCUAGAhxdWVzdGlvbiUAABUMJQAYB29wdGlvbnMlAAAVDCUAGAZhbnN3vXIlAAAWBhkcGTwmCBwVDBk1"
            + "AAYQGRgIcXVlc3Rpb24VBBYGFlwWXCYIAAAmZBwVDBk1AAYQGRgHb3B0aW9ucxUEFgYWXBZcJmQAACbAARwVDBk1AAYQGRgG"
            + "YW5zd2VyFQQWBhZcFlwmwAEAABacAhYGCACsAAAAUEFSMQ==";
        string path = Path.Combine(folder, "lacks.parquet");
        File.WriteAllBytes(path, Convert.FromBase64String(File64));

        Assert.Contains("Parquet", Assert.Throws<InputException>(() => Table.Read(path)).Message);
    }

    [Fact]
    public void Nested_boxes_are_found_inside_out_and_an_open_one_to_the_end() =>
        Assert.Equal(
            [(8, "b"), (0, @"a\boxed{b}"), (19, "{c} d")],
            FinalAnswer.BoxesIn(@"\boxed{a\boxed{b}} \boxed{{c} d")
        );

    [Fact]
    public void A_rejected_pattern_is_not_echoed_whole()
    {
        string path = Path.Combine(folder, "tokenizer.json");
        File.WriteAllText(path, "{}");

        InputException refusal = Assert.Throws<InputException>(() =>
            TextPattern.Parse("(" + string.Concat(Enumerable.Repeat("ab|", 200_000)) + "(", new JsonFile(path))
        );

        Assert.True(refusal.Message.Length < 600);
    }

    [Fact]
    public void The_time_in_which_a_process_was_stopped_is_not_that_of_a_text()
    {
        using TextPatience patience = TextPatience.Begin(1, now: 0);
        patience.Require(now: 5_000);
        patience.Require(now: 3_605_000);
        patience.Require(now: 3_615_000);

        Refused(() => patience.Require(now: 3_621_000));
    }

    [Fact]
    public void All_steps_of_one_text_share_its_time()
    {
        using (TextPatience text = TextPatience.Begin(100, now: 0))
        {
            for (int step = 1; step <= 3; step++)
            {
                using TextPatience inner = TextPatience.Begin(7, now: step * 9_000 - 4_000);
                inner.Require(now: step * 9_000);
            }

            using TextPatience last = TextPatience.Begin(7, now: 30_000);
            InputException refused = Assert.Throws<InputException>(() => last.Require(now: 31_000));
            Assert.Contains("longer than 30 s for a text of 100 characters", refused.Message);
        }

        using TextPatience next = TextPatience.Begin(100, now: 40_000);
        next.Require(now: 49_000);
    }

    [Fact]
    public void A_match_that_is_too_slow_twice_is_refused_with_its_pattern_and_limit()
    {
        TextPattern slow = TextPattern.Of("(?:a|aa)+$", limit: TimeSpan.FromMilliseconds(2));
        List<(int, int, bool)> parts = [(0, 0, false)];

        InputException refused = Assert.Throws<InputException>(() => slow.Split(new string('a', 60) + "b", parts));

        Assert.Contains(
            "(?:a|aa)+$ took longer than 0.002 s for one match in a text of 61 characters",
            refused.Message
        );
        Assert.Equal((0, 0, false), parts[0]);
    }

    [Theory]
    [InlineData("claims.parquet")]
    [InlineData("run-length.parquet")]
    [InlineData("gzip.parquet")]
    public void Parquet_file_that_expands_to_gigabytes_is_refused(string name)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, LargeParquet.Of(name));

        Refused(() => Table.Read(path));
    }

    [Theory]
    [InlineData("page-claims.parquet", "its pages hold more than the 268435456 bytes that are read")]
    [InlineData("outside.parquet", "a column lies outside the file")]
    [InlineData("no-dictionary.parquet", "a column refers to a dictionary that it does not have")]
    [InlineData("delta.parquet", "a column is in the encoding DELTA_BYTE_ARRAY")]
    public void A_column_of_Parquet_that_must_not_be_decoded_is_refused_with_the_reason(string name, string reason)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, LargeParquet.Of(name));

        Assert.Contains(reason, Assert.Throws<InputException>(() => Table.Read(path)).Message);
    }

    [Fact]
    public void An_ordinary_Parquet_file_of_the_same_form_is_read()
    {
        string path = Path.Combine(folder, "small.parquet");
        File.WriteAllBytes(path, LargeParquet.Of("small.parquet"));

        Assert.Equal(20, Table.Read(path).Count);
    }

    [Theory]
    [InlineData("sparse.jsonl")]
    [InlineData("sparse.csv")]
    [InlineData("sparse.parquet")]
    public void A_table_without_end_is_refused(string name)
    {
        string path = Path.Combine(folder, name);
        Sparse(path, 3_000_000_000);

        Refused(() => Table.Read(path));
    }

    [Fact]
    public void A_table_of_one_cell_or_of_columns_without_end_is_refused()
    {
        string cell = Path.Combine(folder, "cell.csv"),
            columns = Path.Combine(folder, "columns.csv");
        File.WriteAllText(cell, $"question,answer\n\"{new string('x', 20_000_000)}\",A\n");
        File.WriteAllText(columns, $"{string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"c{i}"))}\n");

        Refused(() => Table.Read(cell));
        Refused(() => Table.Read(columns));
    }

    [Fact]
    public void An_answer_file_without_end_or_with_endless_lines_is_refused()
    {
        string endless = Path.Combine(folder, "endless.jsonl"),
            lines = Path.Combine(folder, "lines.jsonl");
        Sparse(endless, 8_000_000_000);
        File.WriteAllText(lines, $$"""{"id": "a", "score": 1, "output": "{{new string('x', 20_000_000)}}"}""");

        Refused(() => AnswerFile.Read(endless));
        Refused(() => AnswerFile.Read(lines));
    }

    private static void Refused(Action act)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        InputException refusal = Assert.Throws<InputException>(act);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
        Assert.InRange(refusal.Message.Length, 1, 600);
    }

    private static void Sparse(string path, long bytes)
    {
        using FileStream stream = new(path, FileMode.CreateNew);
        stream.SetLength(bytes);
    }
}
