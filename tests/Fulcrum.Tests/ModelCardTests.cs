using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Report.ModelCard;
using Fulcrum.Studies;
using Xunit;
using YamlDotNet.Serialization;

namespace Fulcrum.Tests;

public sealed class ModelCardTests
{
    [Theory]
    [InlineData("dev/17", "dev")]
    [InlineData("philosophy/test/3", "test")]
    [InlineData("c0\"><script>zz()</script>", null)]
    [InlineData("what: \n/ever", null)]
    [InlineData("17", null)]
    public void Split_of_an_item_is_a_plain_name_or_none(string id, string? split) =>
        Assert.Equal(split, CardProtocols.SplitOf(id));

    [Fact]
    public void Card_has_the_fields_that_the_hub_reads()
    {
        Dictionary<string, object> head = Head(Card(SyntheticRun.Write()));

        Assert.Equal("qwen2", head["base_model"]);
        Assert.Equal("peft", head["library_name"]);
        Assert.Contains("base_model:adapter:qwen2", (List<object>)head["tags"]);
        Dictionary<object, object> index = Map(((List<object>)head["model-index"])[0]);
        Assert.Equal("tuned", index["name"]);
        Dictionary<object, object>[] results = [.. ((List<object>)index["results"]).Select(Map)];
        Assert.Equal(["spider", "mmlu"], results.Select(r => Map(r["task"])["name"]));
        Assert.All(
            results,
            r =>
            {
                Assert.Equal(["type", "name"], Map(r["task"]).Keys);
                Assert.Equal(["type", "name", "config", "split", "revision"], Map(r["dataset"]).Keys);
                Assert.All((List<object>)r["metrics"], m => Assert.Equal(["type", "name", "value"], Map(m).Keys));
            }
        );
        Assert.Equal("dev", Map(results[0]["dataset"])["split"]);
    }

    [Fact]
    public void Names_from_outside_stay_text_in_the_head_and_in_the_table()
    {
        const string Hostile = "models/a: b\n---\n# <script>\n- *x* \U0001F600 'q' \"q\" \u202E yes";
        string folder = SyntheticRun.Write();
        string path = Path.Combine(folder, "study.json");
        Study study = StudyFile.ReadFile(path);
        AtomicFile.WriteText(path, StudyFile.Print(study with { Base = new BasePlan(Hostile, Dtype.F32) }));
        AtomicFile.WriteText(
            Path.Combine(folder, ModelFacts.FileName),
            new ModelFacts(Hostile.Replace('\n', ' '), 5).Print()
        );

        string card = Card(folder);

        Assert.StartsWith("a: b", (string)Head(card)["base_model"]);
        Assert.DoesNotContain("<script>", card[card.IndexOf("\n---\n", 4, StringComparison.Ordinal)..]);
        Assert.Equal(2, card.Split('\n').Count(l => l == "---"));
    }

    [Fact]
    public void Card_of_somebody_else_is_kept()
    {
        string folder = SyntheticRun.Write();
        string adapter = Path.Combine(folder, "candidates", "tuned", "adapter");
        AtomicFile.WriteText(Path.Combine(adapter, "adapter_config.json"), "{}");
        AtomicFile.WriteText(Path.Combine(adapter, "README.md"), "mine");

        IReadOnlyList<string> written = ReportFiles.Write(folder);

        Assert.Equal("mine", File.ReadAllText(Path.Combine(adapter, "README.md")));
        Assert.Contains("candidates/tuned/README.md", written);
    }

    [Fact]
    public void Card_in_an_adapter_folder_is_replaced_by_the_next_report_and_is_no_part_of_the_digest()
    {
        string folder = SyntheticRun.Write();
        string adapter = Path.Combine(folder, "candidates", "tuned", "adapter");
        AtomicFile.WriteText(Path.Combine(adapter, "adapter_config.json"), "{}");
        string before = ModelFolder.DigestOfAdapter(adapter);
        ModelCards.WriteTrained(adapter, "models/qwen2", new TrainPlan(), 16);

        ReportFiles.Write(folder);

        string card = File.ReadAllText(Path.Combine(adapter, "README.md"));
        Assert.Contains("model-index:", card);
        Assert.Contains("| spider | target | 60 |", card);
        Assert.Contains("## Limits", card);
        Assert.Equal(before, ModelFolder.DigestOfAdapter(adapter));
    }

    [Fact]
    public void Card_of_a_model_that_a_command_left_stands_in_its_folder_and_says_that_it_is_complete()
    {
        string folder = SyntheticRun.Write();
        string path = Path.Combine(folder, "study.json");
        Study study = StudyFile.ReadFile(path);
        Dictionary<string, CandidatePlan> candidates = new() { ["tuned"] = new(Command: "train {data} {output}") };
        AtomicFile.WriteText(path, StudyFile.Print(study with { Candidates = candidates }));
        AtomicFile.WriteText(Path.Combine(folder, "candidates", "tuned", "model", "config.json"), "{}");

        Assert.Contains("candidates/tuned/model/README.md", ReportFiles.Write(folder));
        string card = File.ReadAllText(Path.Combine(folder, "candidates", "tuned", "model", "README.md"));

        Assert.Equal("transformers", Head(card)["library_name"]);
        Assert.Contains("A model tuned from the base model", card);
    }

    private static string Card(string folder)
    {
        ReportFiles.Write(folder);
        return File.ReadAllText(Path.Combine(folder, "candidates", "tuned", "README.md"));
    }

    private static Dictionary<string, object> Head(string card) =>
        new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(card.Split("---\n")[1]);

    private static Dictionary<object, object> Map(object node) => (Dictionary<object, object>)node;
}
