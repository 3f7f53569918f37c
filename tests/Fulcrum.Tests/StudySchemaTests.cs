using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Studies;
using Json.Schema;
using Xunit;

namespace Fulcrum.Tests;

public sealed class StudySchemaTests
{
    private static readonly Lazy<JsonObject> Shape = new(StudySchema.Build);
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.FromText(Shape.Value.ToJsonString()));

    private static readonly JsonDocumentOptions Lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    public static TheoryData<string> Studies =>
        [
            .. new[] { "studies", "docs" } // a sample may have kinds of its own, which its program adds
                .Select(f => Path.Combine(SharedData.Project, f))
                .Where(Directory.Exists)
                .SelectMany(f => Directory.EnumerateFiles(f, "*.json", SearchOption.AllDirectories))
                .Where(f => !f.Contains("/bin/") && !f.Contains("/obj/"))
                .Where(f =>
                    JsonNode.Parse(File.ReadAllText(f), documentOptions: Lenient) is JsonObject { } o
                    && o.ContainsKey("tasks")
                )
                .Select(f => Path.GetRelativePath(SharedData.Project, f)),
        ];

    [Theory]
    [MemberData(nameof(Studies))]
    public void Each_study_of_the_repository_is_valid(string file)
    {
        string path = Path.Combine(SharedData.Project, file);

        AssertValid(File.ReadAllText(path));
        AssertValid(StudyFile.Print(StudyFile.ReadFile(path)));
    }

    [Theory]
    [InlineData("""{"base":"m","tasks":{"t":{"kind":"gsm8k"}},"candidates":{"a":{"adapter":"x"}},"general":"core"}""")]
    [InlineData(
        """{"base":{"model":"m"},"tasks":{"t":{"kind":"mmlu","data":"d","chatTemplate":true}},"candidates":{}}"""
    )]
    [InlineData(
        """{"base":"m","tasks":{"t":{"kind":"generation","data":"f","input":"q","target":"a"}},"candidates":{}}"""
    )]
    public void Short_forms_are_valid(string study)
    {
        AssertValid(study);
        _ = StudyFile.Parse(study, "study.json");
    }

    [Theory]
    [InlineData("""{"base":"m","tasks":{},"candidates":{},"bsae":1}""")]
    [InlineData("""{"base":"m","tasks":{"t":{"kind":"gsm9k"}},"candidates":{}}""")]
    [InlineData("""{"base":"m","tasks":{"t":{"kind":"spider","data":"d","dta":"d"}},"candidates":{}}""")]
    [InlineData("""{"base":"m","tasks":{},"candidates":{"a":{"train":{"rank":"8"}}}}""")]
    [InlineData("""{"base":"m","tasks":{},"candidates":{"a":{"train":{"optimizer":"sgd"}}}}""")]
    [InlineData("""{"tasks":{},"candidates":{}}""")]
    public void What_the_reader_refuses_is_invalid(string study)
    {
        Assert.Throws<InputException>(() => StudyFile.Parse(study, "study.json"));
        Assert.False(Evaluated(study).IsValid);
    }

    [Fact]
    public void A_study_may_name_its_schema()
    {
        const string Study =
            """{"$schema":"study.schema.json","base":"m","tasks":{"t":{"kind":"gsm8k"}},"candidates":{}}""";

        AssertValid(Study);
        Assert.Equal("m", StudyFile.Parse(Study, "study.json").Base.Model);
        Assert.Throws<InputException>(() =>
            StudyFile.Parse("""{"base":{"$schema":"x","model":"m"},"tasks":{},"candidates":{}}""", "study.json")
        );
    }

    [Fact]
    public void Every_key_and_every_value_of_a_set_is_described()
    {
        string[] missing =
        [
            .. Shape.Value["$defs"]!
                .AsObject()
                .Append(KeyValuePair.Create("study", (JsonNode?)Shape.Value))
                .SelectMany(d => Undescribed(d.Key, d.Value!.AsObject())),
        ];

        Assert.Empty(missing);
    }

    [Fact]
    public void The_reference_page_has_every_key()
    {
        string page = KeysPage.Of(Shape.Value);

        Assert.All(Shape.Value["properties"]!.AsObject(), k => Assert.Contains($"| `{k.Key}` |", page));
        Assert.Contains("| `adamw8bit` | AdamW with block-wise 8-bit state (arXiv:2110.02861). |", page);
    }

    private static IEnumerable<string> Undescribed(string name, JsonObject shape) =>
        [
            .. (shape["properties"] as JsonObject ?? [])
                .Where(p => p.Key is not ("$schema" or "kind") && p.Value!["description"] is null)
                .Select(p => $"{name}.{p.Key}"),
            .. (shape["oneOf"] as JsonArray ?? [])
                .Where(m => m!["description"] is null)
                .Select(m => $"{name} {m!["const"]}"),
        ];

    private static void AssertValid(string study)
    {
        EvaluationResults results = Evaluated(study);
        Assert.True(results.IsValid, JsonSerializer.Serialize(results));
    }

    private static EvaluationResults Evaluated(string study)
    {
        using JsonDocument parsed = JsonDocument.Parse(study, Lenient);
        return Schema.Value.Evaluate(parsed.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
    }
}
