using System.IO.Compression;
using System.Text;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Logs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Files that hold something else than the program wrote or expects: one sentence that names the
/// file.</summary>
public sealed class UntrustedTextTests : IDisposable
{
    private const long MostAllocated = 1L << 30;
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"candidates": null}""")]
    [InlineData("""{"candidates": [null]}""")]
    [InlineData("""{"candidates": [{"name": null, "tasks": [], "verdict": {}}]}""")]
    [InlineData("""{"candidates": [{"name": "a", "tasks": [null], "verdict": {}}]}""")]
    [InlineData("""{"candidates": [], "candidates": []}""")]
    public void A_comparison_with_null_or_nothing_in_place_of_a_value_is_refused(string text)
    {
        InputException refusal = Assert.Throws<InputException>(() => ComparisonJson.Parse(text, "comparison.json"));

        Assert.StartsWith("comparison.json: not a comparison: ", refusal.Message);
    }

    [Theory]
    [InlineData("[null]")]
    [InlineData("""[{"name": null, "stage": "prepare", "status": "passed", "message": ""}]""")]
    [InlineData("""[{"stage": "prepare"}]""")]
    [InlineData("{}")]
    public void Results_of_guards_with_null_or_nothing_in_place_of_a_value_are_refused(string text) =>
        Assert.Contains("not the results of guards", Refused(() => GuardLog.Read(Written("guards.json", text))));

    [Theory]
    [InlineData("null")]
    [InlineData("""{"name": null, "parameters": 1}""")]
    [InlineData("""{"parameters": 1}""")]
    public void Facts_of_a_model_with_null_or_nothing_in_place_of_its_name_are_refused(string text)
    {
        _ = Written(ModelFacts.FileName, text);

        Assert.Contains(ModelFacts.FileName, Refused(() => ModelFacts.Read(folder)));
    }

    [Fact]
    public void Task_files_that_include_each_other_twice_are_not_read_two_to_the_power_of_n_times()
    {
        for (int i = 0; i < 40; i++)
        {
            Written($"{i}.yaml", $"include: [{i + 1}.yaml, {i + 1}.yaml]\n");
        }

        Written("40.yaml", "task: a\n");

        Assert.Contains("includes", Refused(() => YamlFile.Load(Path.Combine(folder, "0.yaml"))));
    }

    [Fact]
    public void Groups_that_name_each_other_many_times_are_not_expanded_without_end()
    {
        for (int i = 0; i < 12; i++)
        {
            Written($"{i}.yaml", $"group: g{i}\ntask: [{string.Join(", ", Enumerable.Repeat($"g{i + 1}", 20))}]\n");
        }

        Written("12.yaml", "task: g12\ndataset_path: json\ndoc_to_text: q\ndoc_to_target: a\n");

        Refused(() => HarnessGroups.Read(Path.Combine(folder, "0.yaml")));
    }

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    [InlineData('-', ' ')]
    [InlineData('?', ' ')]
    public void A_task_file_nested_a_hundred_thousand_deep_is_refused(char open, char close)
    {
        string deep = open is '-' or '?'
            ? string.Concat(Enumerable.Repeat($"{open} ", 100_000))
            : string.Concat(Enumerable.Repeat($"{open}a: ", 100_000)) + new string(close, 100_000);

        Refused(() => YamlFile.Load(Written("deep.yaml", $"task: {(open is '-' or '?' ? "\n " : "")}{deep}\n")));
    }

    [Fact]
    public void A_link_that_leads_out_of_a_data_folder_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        string secret = Written("secret.jsonl", """{"a": 1}"""),
            data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        File.CreateSymbolicLink(Path.Combine(data, "test.jsonl"), secret);

        Assert.Contains("leads out of", Refused(() => DatasetFolder.Open(data, null)));
    }

    [Fact]
    public void A_link_that_leads_out_of_a_data_set_in_a_folder_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        string secret = Written("secret.jsonl", """{"a": 1}"""),
            data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        Written("data/test.jsonl", """{"a": 2}""");
        File.CreateSymbolicLink(Path.Combine(data, "train.jsonl"), secret);
        Directory.CreateSymbolicLink(Path.Combine(data, "all"), folder);

        Assert.Single(DataSplit.Open(data + ":default/test").Rows());
        Assert.Contains("leads out of", Refused(() => DataSplit.Open(data + ":default/train")));
    }

    [Fact]
    public void A_linked_folder_is_not_entered()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        string data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(data, "all"), "/");
        Directory.CreateSymbolicLink(Path.Combine(data, "again"), data);
        Written("data/more/test.jsonl", """{"a": 1}""");

        Assert.Single(DatasetFolder.Open(data, null).Split("test")!);
        Assert.False(OtherLogs.Is(data));
    }

    [Fact]
    public void The_links_of_a_hub_snapshot_into_its_blobs_are_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        string blob = Written("datasets--a--b/blobs/1", """{"a": 1}"""),
            snapshot = Directory.CreateDirectory(Path.Combine(folder, "datasets--a--b/snapshots/c")).FullName;
        File.CreateSymbolicLink(Path.Combine(snapshot, "test.jsonl"), blob);

        Assert.Single(DatasetFolder.Open(snapshot, null).Split("test")!);
    }

    [Theory]
    [InlineData("samples/1.json", 3L << 26)]
    [InlineData("header.json", 3L << 26)]
    public void A_log_that_unpacks_to_more_than_it_may_is_refused(string entry, long bytes)
    {
        string path = Path.Combine(folder, "bomb.eval");
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using Stream stream = zip.CreateEntry(entry).Open();
            byte[] block = new byte[1 << 20];
            block.AsSpan().Fill((byte)' ');
            for (long done = 0; done < bytes; done += block.Length)
            {
                stream.Write(block);
            }
        }

        Refused(() => OtherLogs.Read(path));
        Assert.True(new FileInfo(path).Length < 1 << 20);
    }

    [Theory]
    [InlineData("""{"configs": {"a": 1}, "group_subtasks": {"g": [null]}}""")]
    [InlineData("""{"configs": {"a": 1}, "group_subtasks": {"g": [1]}}""")]
    [InlineData("""{"configs": {"../../a": 1}}""")]
    public void Results_of_another_program_with_other_values_than_it_writes_are_refused(string text)
    {
        Written("results_1.json", text);

        Refused(() => OtherLogs.Read(folder));
    }

    [Fact]
    public void An_item_that_a_log_has_twice_is_refused()
    {
        Written("results_1.json", """{"configs": {"a": {}}}""");
        Written(
            "samples_a_1.jsonl",
            """
            {"doc_id": 1, "metrics": ["acc"], "acc": 1}
            {"doc_id": 1, "metrics": ["acc"], "acc": 0}
            """
        );

        Assert.Contains("twice", Refused(() => OtherLogs.Read(folder)));
    }

    [Fact]
    public void Groups_of_a_log_that_name_each_other_many_times_are_read_once()
    {
        string groups = string.Join(
            ", ",
            Enumerable.Range(0, 19).Select(i => $"\"g{i}\": [\"g{i + 1}\", \"g{i + 1}\", \"g{i + 1}\", \"g{i + 1}\"]")
        );
        Written("results_1.json", "{\"configs\": {\"g19\": {}}, \"group_subtasks\": {" + groups + "}}");
        Written("samples_g19_1.jsonl", """{"doc_id": 1, "metrics": ["acc"], "acc": 1}""" + "\n");

        Assert.Single(Assert.Single(OtherLogs.Read(folder)).Answers);
    }

    [Fact]
    public void A_packed_answer_file_is_read_up_to_its_limit_after_unpacking()
    {
        string path = Path.Combine(folder, "answers.jsonl.gz");
        byte[] line = Encoding.UTF8.GetBytes(
            $$"""{"id": "a", "score": 1, "meta": "{{new string('x', 1 << 20)}}"}""" + "\n"
        );
        using (GZipStream gzip = new(File.Create(path), CompressionLevel.Optimal))
        {
            for (int i = 0; i < 20; i++)
            {
                gzip.Write(line);
            }
        }

        Refused(() => JsonLines.Read(path, mostBytes: 10 << 20).Count());
        Assert.Equal(20, JsonLines.Read(path, mostBytes: 30 << 20).Count());
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void A_model_whose_values_are_no_numbers_is_an_error_and_no_answer(double value)
    {
        Assert.Throws<FulcrumException>(() => new ContinuationScore(value, false, 1));
        Assert.Throws<FulcrumException>(() => new Completion([1], [value], FinishReason.Stop));
    }

    [Fact]
    public void A_folder_is_made_by_a_relative_path()
    {
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), Path.Combine(folder, "a", "b"));

        AtomicFile.CreateFolder(relative);

        Assert.True(Directory.Exists(Path.Combine(folder, "a", "b")));
    }

    private string Written(string name, string text)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Refused(Action read)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();

        string message = Assert.Throws<InputException>(read).Message;

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
        Assert.DoesNotContain(message, char.IsControl);
        return message;
    }
}
