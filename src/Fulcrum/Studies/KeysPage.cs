using System.Text;
using System.Text.Json.Nodes;

namespace Fulcrum.Studies;

/// <summary>Writes the reference of the keys of a study as Markdown, from the schema.</summary>
internal static class KeysPage
{
    /// <summary>Returns the page.</summary>
    /// <param name="schema">As <see cref="StudySchema.Build"/> returns it.</param>
    public static string Of(JsonObject schema)
    {
        StringBuilder page = new("# Keys of a study\n\n");
        page.Append(
                "Fulcrum writes this page from the records that a study file fills. `fulcrum schema` prints the same "
            )
            .Append("as a JSON schema. An optional key without a default is null. ")
            .Append("The first table is the top level.\n\n");
        Table(page, "study", schema);
        foreach ((string name, JsonNode? shape) in schema["$defs"]!.AsObject())
        {
            Table(page, name, shape!.AsObject());
        }

        return page.ToString();
    }

    private static void Table(StringBuilder page, string name, JsonObject shape)
    {
        page.Append($"## {name}\n\n{(string?)shape["description"]}\n\n");
        if (shape["oneOf"] is JsonArray members)
        {
            page.Append("| value | meaning |\n|---|---|\n");
            foreach (JsonObject member in members.OfType<JsonObject>())
            {
                page.Append($"| `{(string?)member["const"]}` | {Cell((string?)member["description"])} |\n");
            }
        }
        else
        {
            string[] required = [.. (shape["required"] as JsonArray ?? []).Select(k => (string)k!)];
            page.Append("| key | value | default | meaning |\n|---|---|---|---|\n");
            foreach ((string key, JsonNode? value) in shape["properties"]!.AsObject())
            {
                page.Append($"| `{key}` | {Cell(TypeOf(value))} | {Default(value, required.Contains(key))} ")
                    .Append($"| {Cell((string?)value!["description"])} |\n");
            }
        }

        page.Append('\n');
    }

    private static string Default(JsonNode? value, bool required) =>
        required ? "required"
        : value?["default"] is { } text ? $"`{text.ToJsonString().Trim('"')}`"
        : "";

    private static string TypeOf(JsonNode? node) =>
        node switch
        {
            JsonObject o when o["$ref"] is JsonValue reference => Link((string)reference!),
            JsonObject o when o["anyOf"] is JsonArray any => string.Join(" or ", any.Select(TypeOf)),
            JsonObject o when o["enum"] is JsonArray names => string.Join(", ", names.Select(n => $"`{n}`")),
            JsonObject o when o["items"] is { } items => $"list of {TypeOf(items)}",
            JsonObject o when o["additionalProperties"] is JsonObject inner => $"by name: {TypeOf(inner)}",
            JsonObject o when o["type"] is JsonArray types => string.Join(" or ", types.Select(t => $"{t}")),
            JsonObject o => $"{o["type"] ?? "any"}",
            _ => "any",
        };

    private static string Link(string reference)
    {
        string name = reference.Split('/')[^1];
        return $"[{name}](#{name.ToLowerInvariant()})";
    }

    private static string Cell(string? text) => (text ?? "").Replace("|", "\\|", StringComparison.Ordinal);
}
