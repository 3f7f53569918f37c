using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Report.Csv;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tokenization;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Models;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>No file of a stranger names a way out of its folder.</summary>
public sealed class PathTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    private string Model => Path.Combine(folder, "model");

    private string Secret => Path.Combine(folder, "secret.json");

    public PathTests()
    {
        TinyStudy.Write(folder, itemsPerSubject: 2);
        File.WriteAllText(Secret, "{}");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b.safetensors")]
    [InlineData("..")]
    [InlineData("")]
    public void A_shard_outside_the_model_folder_is_refused(string shard)
    {
        File.Move(Path.Combine(Model, "model.safetensors"), Path.Combine(folder, "model.safetensors"));
        File.WriteAllText(
            Path.Combine(Model, "model.safetensors.index.json"),
            $$$"""{"weight_map": {"model.norm.weight": "{{{shard}}}"}}"""
        );

        Assert.Contains(
            "outside the model folder",
            Assert.Throws<InputException>(() => Checkpoint.Open(Model)).Message
        );
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("tokenizer.json")]
    [InlineData("merges.txt")]
    public void A_link_in_a_model_folder_of_ones_own_is_followed_unless_links_are_refused(string name)
    {
        string real = Path.Combine(folder, "elsewhere");
        File.WriteAllText(real, "{}");
        if (File.Exists(Path.Combine(Model, name)))
        {
            File.Move(Path.Combine(Model, name), real, overwrite: true);
        }

        File.CreateSymbolicLink(Path.Combine(Model, name), real);

        Tokenizer.Load(Model);
        Checkpoint.Open(Model).Dispose();
        ModelFolder.Digest(Model);
        Assert.Contains($"{name} is a link", Assert.Throws<InputException>(() => InnerPath.RefuseLinks(Model)).Message);
        Assert.Contains(
            $"{name} is a link",
            Assert
                .Throws<InputException>(() =>
                    new TorchEngine().Open(ModelSpec.InFolder(Model) with { FollowLinks = false })
                )
                .Message
        );
    }

    [Fact]
    public void Links_within_a_folder_and_those_of_the_hubs_cache_are_followed()
    {
        string hub = Path.Combine(folder, "models--a--b"),
            snapshot = Path.Combine(hub, "snapshots", "0123");
        Directory.CreateDirectory(Path.Combine(hub, "blobs"));
        Directory.CreateDirectory(snapshot);
        foreach (string file in Directory.EnumerateFiles(Model))
        {
            string blob = Path.Combine(hub, "blobs", Sha256.OfFile(file));
            File.Copy(file, blob);
            File.CreateSymbolicLink(
                Path.Combine(snapshot, Path.GetFileName(file)),
                Path.GetRelativePath(snapshot, blob)
            );
        }

        File.CreateSymbolicLink(Path.Combine(Model, "other.json"), "config.json");
        InnerPath.RefuseLinks(snapshot);

        Tokenizer.Load(Model);
        Checkpoint.Open(snapshot).Dispose();
        Assert.Equal("a", Tokenizer.Load(snapshot).Decode(Tokenizer.Load(snapshot).Encode("a")));
    }

    [Theory]
    [InlineData("../model")]
    [InlineData("..")]
    [InlineData("/tmp/x")]
    [InlineData("shop/../../model")]
    public void A_database_outside_the_spider_folder_is_refused(string id)
    {
        string spider = Path.Combine(folder, "spider");
        foreach (string file in (string[])["dev.json", "tables.json"])
        {
            File.WriteAllText(
                Path.Combine(spider, file),
                File.ReadAllText(Path.Combine(spider, file)).Replace("\"shop\"", $"\"{id}\"")
            );
        }

        Assert.Contains($"'{id}'", Assert.Throws<InputException>(() => SpiderFolder.Open(spider).Dev()).Message);
    }

    [Fact]
    public void A_database_that_is_a_link_out_of_the_spider_folder_is_refused()
    {
        string database = Path.Combine(folder, "spider", "database", "shop", "shop.sqlite");
        File.Move(database, Path.Combine(folder, "outside.sqlite"));
        Link(database, Path.Combine(folder, "outside.sqlite"));

        Assert.Contains(
            "link that leaves",
            Assert.Throws<InputException>(() => SpiderFolder.Open(Path.Combine(folder, "spider")).Dev()).Message
        );
    }

    [Fact]
    public void A_subject_that_is_a_link_out_of_the_mmlu_folder_is_refused()
    {
        Link(Path.Combine(folder, "mmlu", "test", "philosophy_test.csv"), Secret);

        Assert.Contains(
            "leaves the folder",
            Assert
                .Throws<InputException>(() => MmluFolder.Open(Path.Combine(folder, "mmlu")).Test("philosophy"))
                .Message
        );
        Assert.Contains(
            "leaves the folder",
            Assert
                .Throws<InputException>(() => MmluFolder.Open(Path.Combine(folder, "mmlu")).Test("../../secret"))
                .Message
        );
    }

    [Theory]
    [InlineData("\"tiny\"", "\"../tiny\"")]
    [InlineData("\"tiny\"", "\"/tmp/tiny\"")]
    [InlineData("\"tiny\"", "\"..\"")]
    [InlineData("\"mmlu\": {", "\"../mmlu\": {")]
    [InlineData("\"mmlu\": {", "\"a/b\": {")]
    public void A_study_names_no_place_to_write_to(string from, string to)
    {
        string study = Path.Combine(folder, "study.json");
        File.WriteAllText(study, File.ReadAllText(study).Replace(from, to));

        Assert.Contains("name", Assert.Throws<InputException>(() => StudyFile.Load(study)).Message);
    }

    [Fact]
    public void A_cell_that_a_spreadsheet_would_run_is_text()
    {
        Comparison comparison = Synthetic();
        PairedResult first = comparison.Candidates[0].Tasks[0];
        string[] formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "x;=1", "x| @A1"],
            shown = ["'=1+1", "'+1", "'-1", "'@SUM(A1)", " '=1", "\\u000d=1", " '=1", "'＝1+1", "x;'=1", "x| '@A1"];
        string csv = Path.Combine(folder, "results.csv");

        File.WriteAllText(
            csv,
            ResultsCsv.Of(
                comparison with
                {
                    Candidates =
                    [
                        comparison.Candidates[0] with
                        {
                            Tasks =
                            [
                                .. formulas.Select(f =>
                                    first with
                                    {
                                        Task = f,
                                        Groups = [first.Groups[0] with { Task = f, Group = f }],
                                    }
                                ),
                            ],
                        },
                    ],
                }
            )
        );

        string[][] cells = [.. Table.Read(csv).Select(r => (string[])[$"{r.Values["task"]}", $"{r.Values["group"]}"])];
        Assert.Equal(
            shown.SelectMany(f =>
                (string[][])
                    [
                        [f, ""],
                        [f, f],
                    ]
            ),
            cells
        );
    }

    [Fact]
    public void Untrusted_run_cannot_name_a_file_outside_of_it()
    {
        Comparison comparison = Synthetic();
        File.WriteAllText(
            Path.Combine(folder, "comparison.json"),
            ComparisonJson.Print(
                comparison with
                {
                    Candidates = [comparison.Candidates[0] with { Name = "../../secret" }],
                }
            )
        );

        Assert.Contains("'../../secret'", Assert.Throws<InputException>(() => ReportFiles.Write(folder, "en")).Message);
    }

    private static Comparison Synthetic()
    {
        string run = SyntheticRun.Write(),
            file = Path.Combine(run, "comparison.json");
        Comparison comparison = ComparisonJson.Parse(File.ReadAllText(file), file);
        Directory.Delete(run, recursive: true);
        return comparison;
    }

    private static void Link(string at, string to)
    {
        File.Delete(at);
        File.CreateSymbolicLink(at, to);
    }
}
