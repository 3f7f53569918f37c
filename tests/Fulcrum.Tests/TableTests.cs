using System.Text;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Models;
using Parquet.Schema;
using Parquet.Serialization;
using Xunit;

namespace Fulcrum.Tests;

public sealed class TableTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Blank_lines_and_quotes_inside_a_field_are_read_as_other_readers_read_them()
    {
        IReadOnlyList<TableRow> rows = Read("t.csv", "a,b\n1,the \"x\" of\n\n\"2\n3\",y\n\n");

        Assert.Equal(["the \"x\" of", "y"], rows.Select(r => r.Text("b")));
        Assert.Equal(["line 2", "line 4"], rows.Select(r => r.Place));
    }

    [Theory]
    [InlineData("t.csv", "a,b\n1,2\n3\n", "t.csv line 3: 1 fields")]
    [InlineData("t.csv", "a,b\n1,2\n\"3,4\n5,6\n", "quote")]
    [InlineData("t.csv", "a,b\n1,2\n3,\u00ff\n", "t.csv line 3: not valid UTF-8")]
    [InlineData("t.jsonl", "{\"a\":1}\n{\"a\":\"\u00ff\"}\n", "t.jsonl line 2: not valid UTF-8")]
    [InlineData("t.json", "[{\"a\":1},\n {\"a\" 2}]", "t.json line 2 column 7")]
    [InlineData("t.json", "[{\"a\":1},\n 2]", "t.json entry 2: expected a JSON object")]
    [InlineData("t.xlsx", "x", ".xlsx")]
    public void What_is_wrong_is_named_with_its_place(string name, string content, string says) =>
        Assert.Contains(says, Assert.Throws<InputException>(() => Read(name, content)).Message);

    [Fact]
    public void Rows_with_too_many_different_columns_are_refused_where_they_are_too_many()
    {
        IReadOnlyList<TableRow> rows = Read(
            "t.jsonl",
            string.Concat(Enumerable.Range(0, 4097).Select(i => $"{{\"c{i}\":1}}\n"))
        );

        Assert.Equal(4096, Table.ColumnsOf([.. rows.Take(4096), rows[0]]).Count);
        Assert.Contains(
            "t.jsonl line 4097: with the rows before it, the file has more than 4096 different columns",
            Assert.Throws<InputException>(() => Table.ColumnsOf(rows)).Message
        );
    }

    [Theory]
    [InlineData("[[1,2]")]
    [InlineData("[{\"role\":\"user\",\"role\":\"user\"}]")]
    [InlineData("[\"\\ud800\"]")]
    public void A_list_in_a_cell_that_is_no_strict_JSON_is_no_list(string cell) =>
        Assert.Null(TrainingFormat.AsList(JsonValue.Create(cell)));

    [Fact]
    public void A_column_may_be_a_path_into_a_record()
    {
        TableRow row = Read(
            "t.json",
            """[{"q":{"stem":"Which?","choices":[{"text":"a"},{"text":"b"}]},"x.y":"whole","choices":{"text":["c"]}}]"""
        )[0];

        Assert.Equal("Which?", row.Text("q.stem"));
        Assert.Equal(["a", "b"], row.Texts("q.choices.text"));
        Assert.Equal(["c"], row.Texts("choices.text"));
        Assert.Equal("whole", row.Text("x.y"));
        Assert.Contains("no column 'q.answer'", Assert.Throws<InputException>(() => row.Text("q.answer")).Message);
    }

    [Theory]
    [InlineData("""{"info":{"features":{"label":{"names":["no","yes"],"_type":"ClassLabel"}}}}""", "yes")]
    [InlineData("""{"info":{"features":{"label":{"feature":{"names":["no","yes"],"_type":"ClassLabel"}}}}}""", "yes")]
    [InlineData("""{"info":{"features":{"label":{"names":["no"],"_type":"ClassLabel"}}}}""", "1")]
    [InlineData("""{"info":{"features":{"label":{"dtype":"int64","_type":"Value"}}}}""", "1")]
    [InlineData("""{"info":{"features":{"label":{"names":[1,{}],"_type":"ClassLabel"}}}}""", "1")]
    [InlineData("""{"info":{"features":[{"label":7}]}}""", "1")]
    [InlineData("no JSON", "1")]
    public async Task Class_labels_are_named_by_the_footer_of_a_Parquet_file(string metadata, string named)
    {
        string path = Path.Combine(folder, "t.parquet");
        await using (FileStream stream = File.Create(path))
        {
            await ParquetSerializer.SerializeUntypedAsync(
                [new Dictionary<string, object?> { ["label"] = 1L }],
                new ParquetSchema(new DataField<long>("label")),
                stream,
                customMetadata: new Dictionary<string, string> { ["huggingface"] = metadata },
                cancellationToken: TestContext.Current.CancellationToken
            );
        }

        TableRow row = DataSplit.Open(path).Rows()[0];

        Assert.Equal("1", row.Text("label"));
        Assert.Equal([named], row.NamedTexts("label"));
    }

    private IReadOnlyList<TableRow> Read(string name, string content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, [.. content.SelectMany(c => c == '\u00ff' ? [0xff] : Encoding.UTF8.GetBytes([c]))]);
        return Table.Read(path);
    }
}
