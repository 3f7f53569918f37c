using System.Text.Json.Nodes;
using Fulcrum.Torch.Adapters;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>Configurations of adapters that would hold a reader up.</summary>
public sealed class HostileAdapterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("target_modules")]
    [InlineData("exclude_modules")]
    [InlineData("modules_to_save")]
    [InlineData("layers_pattern")]
    public void A_list_of_more_names_than_a_model_has_modules_is_refused(string field) =>
        Assert.Contains(
            $"{field} has 10001 entries",
            Refused(new JsonArray([.. Enumerable.Range(0, 10_001).Select(i => (JsonNode)$"m{i}")]), field)
        );

    [Theory]
    [InlineData("rank_pattern")]
    [InlineData("alpha_pattern")]
    public void More_patterns_than_a_model_has_modules_are_refused(string field) =>
        Assert.Contains(
            $"{field} has 10001 entries",
            Refused(
                new JsonObject(Enumerable.Range(0, 10_001).Select(i => KeyValuePair.Create($"m{i}", (JsonNode?)2))),
                field
            )
        );

    [Fact]
    public void A_pattern_that_takes_long_at_every_module_is_refused_after_seconds_in_all()
    {
        ModulePatterns patterns = new();
        string module = new('x', 30);

        InputException refusal = Assert.Throws<InputException>(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                patterns.Matches(module + i, $"(x|xx){{1,{22 + (i % 2)}}}[^x]*y");
            }
        });

        Assert.Contains("cannot be used", refusal.Message);
        Assert.InRange(refusal.Message.Length, 1, 600);
    }

    [Fact]
    public void Patterns_match_as_before_when_they_are_compiled_once()
    {
        ModulePatterns patterns = new();

        Assert.True(patterns.Matches("model.layers.0.q_proj", @".*\.q_proj"));
        Assert.False(patterns.Matches("model.layers.0.q_proj", "q_proj"));
        Assert.Equal(4, patterns.Lookup(new Dictionary<string, double> { ["q_proj"] = 4 }, "model.layers.0.q_proj"));
        Assert.True(patterns.IsInLayers("model.layers.3.q_proj", [3], ["layers"]));
        Assert.False(patterns.IsInLayers("model.layers.3.q_proj", [2], null));
    }

    [Theory]
    [InlineData("model.q_proj", "q_proj", true)]
    [InlineData("q_proj", "q_proj", true)]
    [InlineData("model.xq_proj", "q_proj", false)]
    [InlineData("proj", "q_proj", false)]
    public void A_name_ends_with_another_after_a_dot(string module, string name, bool ends) =>
        Assert.Equal(ends, ModuleNames.Ends(module, name));

    private string Refused(JsonNode value, string field)
    {
        JsonObject config = new()
        {
            ["peft_type"] = "LORA",
            ["r"] = 2,
            ["lora_alpha"] = 4,
            ["target_modules"] = new JsonArray("q_proj"),
        };
        config[field] = value;
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), config.ToJsonString());
        return Assert.Throws<InputException>(() => AdapterReader.Config(folder)).Message;
    }
}
