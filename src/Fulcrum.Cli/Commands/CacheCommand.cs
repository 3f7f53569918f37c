using System.CommandLine;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Spectre.Console;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum cache</c></summary>
internal static class CacheCommand
{
    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print JSON instead of a table." };
        Command verb = new("cache", "List the contents of the hub's cache on this machine.") { json, Remove() };
        verb.SetAction(parsed =>
        {
            IReadOnlyList<CachedEntry> entries = HubCache.List(HubSettings.FromEnvironment());
            if (parsed.GetValue(json))
            {
                JsonObject listed = new() { ["repositories"] = new JsonArray([.. entries.Select(Json)]) };
                Console.Out.WriteLine(listed.ToJsonString());
                return;
            }

            Print(entries);
        });
        return verb;
    }

    private static Command Remove()
    {
        Argument<string> id = new("id") { Description = "ORG/NAME of the repository." };
        Option<string?> type = new("--type") { Description = "model or dataset, where both have the id." };
        type.AcceptOnlyFromAmong([.. EnumNames.All<HubKind>()]);
        Command verb = new("remove", "Remove a repository from the cache.") { id, type };
        verb.SetAction(parsed =>
        {
            HubKind? kind = parsed.GetValue(type) is { } name ? EnumNames.Parse<HubKind>(name, "--type") : null;
            string named = parsed.GetRequiredValue(id);
            long freed = HubCache.Remove(HubSettings.FromEnvironment(), named, kind);
            Notices.Say(parsed, $"removed {named}, {ByteCount.Text(freed)}");
        });
        return verb;
    }

    private static JsonObject Json(CachedEntry entry) =>
        new()
        {
            ["id"] = entry.Id,
            ["type"] = EnumNames.Of(entry.Kind),
            ["bytes"] = entry.Bytes,
            ["revisions"] = new JsonArray([
                .. entry.Revisions.Select(r => new JsonObject
                {
                    ["commit"] = r.Commit,
                    ["refs"] = new JsonArray([.. r.Refs.Select(name => (JsonNode)name)]),
                }),
            ]),
        };

    private static void Print(IReadOnlyList<CachedEntry> entries)
    {
        Spectre.Console.Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns("repository", "type", "size", "revisions");
        foreach (CachedEntry entry in entries)
        {
            IEnumerable<string> revisions = entry.Revisions.Select(r =>
                $"{r.Commit[..Math.Min(12, r.Commit.Length)]} {string.Join(", ", r.Refs)}"
            );
            table.AddRow(
                Shown.AsMarkup(entry.Id),
                EnumNames.Of(entry.Kind),
                ByteCount.Text(entry.Bytes),
                Shown.AsMarkup(string.Join('\n', revisions))
            );
        }

        AnsiConsole.Write(table);
    }
}
