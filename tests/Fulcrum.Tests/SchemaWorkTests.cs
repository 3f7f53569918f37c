using System.Text.Json;
using Fulcrum.Tasks.Grading;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Untrusted JSON Schemas whose test would not end, or would end the process.</summary>
public sealed class SchemaWorkTests
{
    [Theory]
    [InlineData(
        """{"$ref":"#/$defs/d","$defs":{"d":{"properties":{"l":{"$ref":"#/$defs/d"}}}}}""",
        """{"l":{"l":{}}}"""
    )]
    [InlineData("""{"properties":{"l":{"$ref":"#"},"r":{"$ref":"#"}},"additionalProperties":{"$ref":"#"}}""", null)]
    [InlineData("""{"$dynamicAnchor":"n","properties":{"l":{"$dynamicRef":"#n"}}}""", null)]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","items":[{},{"$ref":"#"}]}""", "[1,[2,[3]]]")]
    [InlineData("""{"$ref":"https://json-schema.org/draft/2020-12/schema"}""", """{"allOf":[{"type":"null"}]}""")]
    public void A_schema_that_refers_to_itself_within_the_value_is_used(string schema, string? value)
    {
        string deep = string.Concat(Enumerable.Repeat("""{"l":""", 40)) + "1" + new string('}', 40);

        Assert.True(JsonGrader.Schema(Json(schema))(Json(value ?? deep)));
    }

    [Theory]
    [InlineData("allOf")]
    [InlineData("anyOf")]
    [InlineData("oneOf")]
    public void A_schema_whose_parts_are_applied_too_often_is_refused(string keyword)
    {
        JsonElement schema = Chain(40, next => $"{{\"{keyword}\":[{next},{next}]}}");

        Assert.Contains("so often", Assert.Throws<InputException>(() => JsonGrader.Schema(schema)).Message);
    }

    [Theory]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"allOf":[{"$ref":"#"}]}""")]
    [InlineData("""{"if":true,"then":{"$ref":"#"}}""")]
    [InlineData("""{"$dynamicAnchor":"a","not":{"$dynamicRef":"#a"}}""")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2019-09/schema","not":{"$recursiveRef":"#"}}""")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}""")]
    public void A_schema_that_refers_to_itself_without_end_is_refused(string schema) =>
        Assert.Throws<InputException>(() => JsonGrader.Schema(Json(schema)));

    [Theory]
    [InlineData("{\"pattern\":\"", "\"}")]
    [InlineData("{\"allOf\":[{\"patternProperties\":{\"", "\":{}}}]}")]
    public void Patterns_that_would_take_gigabytes_to_compile_are_refused(string before, string after)
    {
        string pattern = string.Join('|', Enumerable.Range(0, 2_500).Select(i => $"a{i}"));

        InputException refused = Assert.Throws<InputException>(() => JsonGrader.Schema(Json(before + pattern + after)));

        Assert.Contains("more than the 10000", refused.Message);
    }

    [Fact]
    public void A_chain_of_ten_thousand_references_is_refused()
    {
        JsonElement schema = Chain(9_000, next => next);

        Assert.Throws<InputException>(() => JsonGrader.Schema(schema));
    }

    // Definitions of which each refers to the next one.
    private static JsonElement Chain(int count, Func<string, string> definition)
    {
        string Reference(int i) => $"{{\"$ref\":\"#/$defs/d{i}\"}}";
        IEnumerable<string> all = Enumerable
            .Range(0, count)
            .Select(i => $"\"d{i}\":{definition(Reference(i + 1))}")
            .Append($"\"d{count}\":{{}}");
        return Json($"{{\"allOf\":[{Reference(0)}],\"$defs\":{{{string.Join(',', all)}}}}}");
    }

    [Theory]
    [InlineData("""{"uniqueItems":true}""")]
    [InlineData("""{"items":{"$ref":"#"},"allOf":[{"items":{"$ref":"#"}}]}""")]
    public void A_reply_that_is_too_large_for_its_schema_is_not_tested_and_the_rest_is_graded(string schema)
    {
        string reply = schema.Contains("unique")
            ? $"[{string.Join(',', Enumerable.Range(0, 6_000))}]"
            : new string('[', 40) + new string(']', 40);

        ReplyGrade grade = JsonGrader.Grade(reply, Json("[]"), JsonGrader.Schema(Json(schema)));

        Assert.Null(grade.Scores["schema"]);
        Assert.Equal(1, grade.Scores["valid"]);
        Assert.Contains("takes too long", grade.Reason);
    }

    [Theory]
    [InlineData("""{"properties":{"a":{}}}""", """{"\ud800":1}""")]
    [InlineData("""{"pattern":"a"}""", "\"\\ud800\"")]
    public void A_reply_with_half_of_a_surrogate_pair_does_not_fit_any_schema(string schema, string reply) =>
        Assert.Equal(0, JsonGrader.Grade(reply, Json("1"), JsonGrader.Schema(Json(schema))).Scores["schema"]);

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
