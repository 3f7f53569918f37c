using System.CommandLine;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Tasks.Harness;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Spectre.Console;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum tasks</c></summary>
internal static class TasksCommand
{
    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print JSON instead of a table." };
        Option<bool> time = new("--time")
        {
            Description = "Add about how long a model of 0.5 billion parameters takes on this machine.",
        };
        Command verb = new(
            "tasks",
            "List the built-in tasks (what each measures, its size and licence) and the presets."
        )
        {
            json,
            time,
        };
        verb.SetAction(parsed =>
        {
            double? rate = parsed.GetValue(time) ? Rate() : null;
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(ToJson(rate).ToJsonString(JsonLines.Output));
                return;
            }

            Print(rate);
        });
        return verb;
    }

    private const double Parameters = 0.5e9,
        // Share of the rate of one large matmul that scoring reaches.
        Efficiency = 0.6;

    // Tokens per second: a token takes two operations per parameter.
    private static double Rate()
    {
        Libtorch.Load();
        return MatmulRate.Gflops(Dtype.F32) * 1e9 * Efficiency / (2 * Parameters);
    }

    private static double Minutes(BuiltInTask task, double rate) =>
        (double)task.Items * BuiltInCatalogue.TokensPerItem(task) / rate / 60;

    private static JsonObject ToJson(double? rate) =>
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
                            ["tokens_per_item"] = BuiltInCatalogue.TokensPerItem(t),
                            ["minutes"] = rate is { } tokens ? Math.Round(Minutes(t, tokens), 1) : null,
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

    private static void Print(double? rate)
    {
        TasksTable.Print(
            BuiltInCatalogue.All,
            rate is null ? "tokens/item" : "minutes",
            t => rate is { } tokens ? $"{Minutes(t, tokens):N0}" : $"{BuiltInCatalogue.TokensPerItem(t):N0}"
        );
        foreach ((Preset preset, IReadOnlyList<(string Task, int? Items)> tasks) in Presets.All)
        {
            string list = string.Join(", ", tasks.Select(t => t.Items is { } n ? $"{t.Task} ({n})" : t.Task));
            AnsiConsole.WriteLine($"preset {EnumNames.Of(preset)}: {list}");
        }
    }
}
