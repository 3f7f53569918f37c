using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Studies;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum schema</c></summary>
internal static class SchemaCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonLines.Output) { WriteIndented = true };

    public static Command Create()
    {
        Option<bool> markdown = new("--markdown")
        {
            Description = "Print the reference of all keys as Markdown instead of the JSON schema.",
        };
        Command verb = new("schema", "Print the JSON schema of study files, for editors that complete and check them.")
        {
            markdown,
        };
        verb.SetAction(parsed =>
        {
            JsonObject schema = StudySchema.Build();
            Console.Out.WriteLine(
                parsed.GetValue(markdown) ? KeysPage.Of(schema).TrimEnd() : schema.ToJsonString(Indented)
            );
        });
        return verb;
    }
}
