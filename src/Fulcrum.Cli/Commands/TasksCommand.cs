using System.CommandLine;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Tasks.Harness;
using Spectre.Console;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum tasks</c></summary>
internal static class TasksCommand
{
    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print JSON instead of a table." };
        Command verb = new(
            "tasks",
            "List the built-in tasks (what each measures, its size and licence) and the presets."
        )
        {
            json,
        };
        verb.SetAction(parsed =>
        {
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(ToJson().ToJsonString(JsonLines.Output));
                return;
            }

            Print();
        });
        return verb;
    }

    private static JsonObject ToJson() =>
        new()
        {
            ["tasks"] = new JsonArray([
                .. BuiltInCatalogue.All.Select(t =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["name"] = t.Name,
                            ["ability"] = EnumNames.Of(t.Ability),
                            ["measures"] = t.Measures,
                            ["items"] = t.Items,
                            ["data"] = t.Data,
                            ["license"] = t.License,
                            ["requests_per_item"] = t.RequestsPerItem,
                            ["writes"] = t.Writes,
                        }
                ),
            ]),
            ["presets"] = new JsonObject(
                Presets.All.Select(p =>
                    KeyValuePair.Create(
                        EnumNames.Of(p.Key),
                        (JsonNode?)
                            new JsonArray([
                                .. p.Value.Select(t =>
                                    (JsonNode)new JsonObject { ["task"] = t.Task, ["items"] = t.Items }
                                ),
                            ])
                    )
                )
            ),
        };

    private static void Print()
    {
        Spectre.Console.Table table = new Spectre.Console.Table().AddColumns(
            "task",
            "ability",
            "measures",
            "items",
            "data",
            "licence"
        );
        foreach (BuiltInTask task in BuiltInCatalogue.All)
        {
            table.AddRow(
                task.Name,
                EnumNames.Of(task.Ability),
                task.Measures,
                $"{task.Items:N0}",
                task.Data,
                task.License
            );
        }

        AnsiConsole.Write(table);
        foreach ((Preset preset, IReadOnlyList<(string Task, int? Items)> tasks) in Presets.All)
        {
            string list = string.Join(", ", tasks.Select(t => t.Items is { } n ? $"{t.Task} ({n})" : t.Task));
            AnsiConsole.WriteLine($"preset {EnumNames.Of(preset)}: {list}");
        }
    }
}
