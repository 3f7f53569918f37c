using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Report;
using Fulcrum.Report.Junit;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What is written for other programs, read by parsers of others (npm).</summary>
public sealed class OtherReadersTests
{
    private static string Readers => Path.Combine(SharedData.Project, "tests", "readers");

    [Fact]
    public void Test_results_read_the_same_in_an_independent_parser()
    {
        string folder = SyntheticRun.Write(),
            file = Path.Combine(folder, "fulcrum.xml");
        string path = new RunLayout(folder).Comparison;
        Requirements required = Requirements.Parse("spider>=+99,mmlu<=50");
        AtomicFile.WriteText(
            file,
            JunitXml.Of("a <run>", ComparisonJson.Parse(BoundedFile.ReadText(path), path), required)
        );

        JsonNode suites = Read("junit", file);

        Assert.Equal("a <run>", (string?)suites["name"]);
        JsonNode suite = Assert.Single(suites["testsuite"]!.AsArray())!;
        Assert.Equal(("tuned", 4), ((string?)suite["name"], (int)suite["tests"]!));
        JsonNode[] cases = [.. suite["testcase"]!.AsArray().OfType<JsonNode>()];
        Assert.Equal(
            ["spider: gain", "mmlu: loss within 2 points", "requirement spider>=+99", "requirement mmlu<=+50"],
            cases.Select(c => (string?)c["name"])
        );
        Assert.Equal((int)suite["failures"]!, cases.Count(c => c["failure"] is not null));
        Assert.StartsWith("required spider>=+99", (string?)cases[2]["failure"]![0]!["message"]);
    }

    [Fact]
    public void Head_of_the_model_card_reads_with_the_fields_of_the_hub()
    {
        string folder = SyntheticRun.Write();
        ReportFiles.Write(folder);

        JsonNode head = Read("card", Path.Combine(folder, "candidates", "tuned", "README.md"));

        Assert.Equal(("qwen2", "peft"), ((string?)head["base_model"], (string?)head["library_name"]));
        Assert.Contains("base_model:adapter:qwen2", head["tags"]!.AsArray().Select(t => (string?)t));
        JsonNode index = Assert.Single(head["model-index"]!.AsArray())!;
        Assert.Equal("tuned", (string?)index["name"]);
        foreach (JsonNode? result in index["results"]!.AsArray())
        {
            Assert.Equal(["type", "name"], Keys(result!["task"]));
            Assert.Equal(["type", "name", "config", "split", "revision"], Keys(result["dataset"]));
            Assert.All(result["metrics"]!.AsArray(), m => Assert.True(double.IsFinite((double)m!["value"]!)));
        }
    }

    private static IEnumerable<string> Keys(JsonNode? node) => node!.AsObject().Select(p => p.Key);

    private static JsonNode Read(string form, string file)
    {
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(Readers, "node_modules", "junit2json")),
            "tests/readers has no node_modules; run npm install there"
        );
        ProcessStartInfo start = new("node", [Path.Combine(Readers, "read.mjs"), form, file])
        {
            RedirectStandardOutput = true,
        };
        using Process node = Process.Start(start)!;
        string printed = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        Assert.Equal(0, node.ExitCode);
        return JsonNode.Parse(printed)!;
    }
}
