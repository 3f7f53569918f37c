using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Xunit;

namespace Fulcrum.Tests.Hub;

public sealed class HubDatasetTests : IDisposable
{
    private readonly FakeHub hub = new();

    public void Dispose() => hub.Dispose();

    [Theory]
    [InlineData("data/test-00000-of-00001.parquet data/train-00000-of-00001-abc.parquet x.csv", "train:1 test:1")]
    [InlineData("data/fr.test-00000-of-00001.parquet data/train-00000-of-00001.parquet", "train:1 fr.test:1")]
    [InlineData("train/a.csv train/b.csv testing/c.csv other/d.csv", "train:2 test:1")]
    [InlineData("dev.jsonl my-train_1.jsonl evaluation.jsonl contest.jsonl", "train:1 validation:1 test:1")]
    [InlineData("a.csv b.csv c.json README.md .hidden.csv __x/d.csv config.json", "train:2")]
    [InlineData("a.csv b.parquet", "train:1")]
    [InlineData("data.tar script.py", "")]
    [InlineData("train.csv.gz test.csv", "train:1 test:1")]
    public void File_names_tell_the_splits(string paths, string expected)
    {
        IReadOnlyList<SplitFiles> splits = DatasetLayout.ByNames(paths.Split(' '));

        Assert.Equal(expected, string.Join(' ', splits.Select(s => $"{s.Split}:{s.Paths.Count}")));
    }

    [Fact]
    public void A_card_gives_configurations_with_patterns_folders_and_a_default()
    {
        hub.With(
                "datasets/made/tables",
                "README.md",
                """
                ---
                license: mit
                configs:
                - config_name: plus
                  data_files:
                  - split: worked
                    path:
                    - more/b.csv
                    - more/a*.csv
                - config_name: minus
                  data_dir: minus
                  default: true
                ---
                # Two
                """
            )
            .With("datasets/made/tables", "more/a.csv", "q,a\n1,2\n")
            .With("datasets/made/tables", "more/b.csv", "q,a\n3,4\n5,6\n")
            .With("datasets/made/tables", "minus/test.csv", "q,a\n7,8\n");
        using HubDataset data = hub.Resolver.Dataset("made/tables");

        TableRow[] rows = [.. data.Rows("plus", "worked")];

        Assert.Equal(["plus", "minus"], data.Configurations);
        Assert.Equal(["3", "5", "1"], rows.Select(r => r.Text("q")));
        Assert.Equal([1, 2, 3], rows.Select(r => r.Number));
        Assert.Equal(["test"], data.Splits());
        Assert.Equal("7", Assert.Single(data.Rows()).Text("q"));
        Assert.Contains("worked", Assert.Throws<InputException>(() => data.Files("plus", "nope")).Message);
        Assert.Contains("minus", Assert.Throws<InputException>(() => data.Files("times", "test")).Message);
    }

    [Fact]
    public void Only_the_files_of_the_split_that_is_read_are_fetched()
    {
        hub.With("datasets/made/two", "train.csv", "q\n1\n").With("datasets/made/two", "test.csv", "q\n2\n");
        using HubDataset data = hub.Resolver.Dataset("made/two:default/test");

        Assert.Equal("2", Assert.Single(data.Rows()).Text("q"));
        Assert.Equal("/datasets/made/two/resolve", Assert.Single(hub.Log, r => r.Method == "HEAD").Path[..26]);
        Assert.Equal($"made/two@{data.Commit}:default/test", data.Pinned);
    }

    [Fact]
    public void An_archive_is_replaced_by_the_branch_of_exported_files_and_code_is_not_fetched()
    {
        byte[] parquet = File.ReadAllBytes(
            SharedData.Of("data", "hub", "made--rows", "data", "test-00000-of-00001.parquet")
        );
        hub.With("datasets/made/converted", "data.tar", "archive")
            .With("datasets/made/converted", "converted.py", "raise");
        hub.Repositories["datasets/made/converted"]["refs/convert/parquet"] = new()
        {
            ["default/test/0000.parquet"] = parquet,
        };
        using HubDataset data = hub.Resolver.Dataset("made/converted");

        Assert.Equal(10, data.Rows().Count());
        Assert.Contains(data.Rows(), r => r.Values["extra"] is JsonObject);
        Assert.DoesNotContain(hub.Log, r => r.Path.EndsWith(".py") || r.Path.EndsWith(".tar"));
    }

    [Fact]
    public void Files_of_a_split_that_are_of_another_format_are_mentioned_once()
    {
        List<string> said = [];
        hub.With("datasets/made/mixed", "train-1.csv", "q\n1\n")
            .With("datasets/made/mixed", "train-2.csv", "q\n2\n")
            .With("datasets/made/mixed", "train.jsonl", """{"q": 3}""")
            .With("datasets/made/mixed", "test.csv", "q\n4\n");
        using HubDataset data = new HubResolver(hub.Settings, say: said.Add).Dataset("made/mixed");

        Assert.Single(data.Rows(null, "test"));
        Assert.Empty(said);
        Assert.Equal([2, 2], [data.Rows(null, "train").Count(), data.Rows(null, "train").Count()]);

        string sentence = Assert.Single(said);
        Assert.Contains("the split 'train' has files of several formats", sentence);
        Assert.Contains("such as train-1.csv are read; 1 file of another format, such as train.jsonl", sentence);
    }

    [Fact]
    public void Patterns_are_not_tried_where_the_data_set_has_too_many_files_for_them()
    {
        CardConfiguration card = new("c", true, [("train", [.. Enumerable.Repeat("*.csv", 30)])], null);
        string[] paths = [.. Enumerable.Repeat("a.csv", 700_000)];

        InputException refused = Assert.Throws<InputException>(() => DatasetLayout.Listed(card, paths));

        Assert.Contains("30 patterns of file names; at most 28 are tried on 700000 files", refused.Message);
    }

    [Fact]
    public void A_folder_is_read_by_the_same_rules()
    {
        string folder = Directory.CreateDirectory(Path.Combine(hub.Home, "rows")).FullName;
        File.WriteAllText(Path.Combine(folder, "dev.jsonl"), "{\"q\": 1}\n");
        using HubDataset data = hub.Resolver.Dataset(folder + ":default/validation");

        Assert.Equal("1", Assert.Single(data.Rows()).Text("q"));
        Assert.Empty(hub.Log);
    }

    [Theory]
    [InlineData("a.json", """[{"q": {"r": [1]}}, {"q": 2}]""")]
    [InlineData("a.json", """{"q": {"r": [1]}}""" + "\n" + """{"q": 2}""" + "\n")]
    [InlineData("a.ndjson", """{"q": {"r": [1]}}""" + "\n" + """{"q": 2}""" + "\n")]
    [InlineData("a.tsv", "q\tz\n1\t2\n2\t3\n")]
    public void Every_form_of_rows_is_read_also_packed(string name, string text)
    {
        string plain = Path.Combine(hub.Home, name),
            packed = plain + ".gz";
        File.WriteAllText(plain, text);
        using (GZipStream pack = new(File.Create(packed), CompressionLevel.Fastest))
        {
            pack.Write(Encoding.UTF8.GetBytes(text));
        }

        Assert.Equal("2", Table.Read(plain)[1].Text("q"));
        Assert.Equal((packed, "2"), (Table.Read(packed)[1].File, Table.Read(packed)[1].Text("q")));
    }

    [Theory]
    [InlineData("configs: [")]
    [InlineData("configs: 3")]
    [InlineData("configs:\n- config_name: [a]")]
    [InlineData("configs:\n- config_name: a\n- config_name: a")]
    [InlineData("a: &a [*a]\nconfigs: *b")]
    public void A_malformed_card_is_named(string front)
    {
        hub.With("datasets/made/bad", "README.md", $"---\n{front}\n---\n").With("datasets/made/bad", "a.csv", "q\n1\n");
        using HubDataset data = hub.Resolver.Dataset("made/bad");

        Assert.Contains("README.md", Assert.Throws<InputException>(() => data.Configurations).Message);
    }

    [Fact]
    public void Several_defaults_are_an_error_and_so_is_none()
    {
        string Card(string rest) =>
            $"---\nconfigs:\n- config_name: a\n  data_files: a.csv\n- config_name: b\n  data_files: a.csv{rest}\n---\n";
        hub.With("datasets/made/none", "README.md", Card("")).With("datasets/made/none", "a.csv", "q\n1\n");
        hub.With(
                "datasets/made/both",
                "README.md",
                Card("\n  default: true\n- config_name: default\n  data_files: a.csv")
            )
            .With("datasets/made/both", "a.csv", "q\n1\n");

        foreach (string name in (string[])["made/none", "made/both"])
        {
            using HubDataset data = hub.Resolver.Dataset(name);
            Assert.Contains("a, b", Assert.Throws<InputException>(() => data.Splits()).Message);
        }
    }
}
