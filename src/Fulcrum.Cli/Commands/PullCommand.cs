using System.CommandLine;
using System.Text.Json.Nodes;
using Fulcrum.Data.Hub;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum pull</c></summary>
internal static class PullCommand
{
    public static Command Create()
    {
        Argument<string> id = new("id") { Description = "ORG/NAME, ORG/NAME@REVISION or ORG/NAME/FILE.gguf." };
        Option<HubKind> type = EnumOption.Of<HubKind>("--type", "Kind of the repository:");
        Option<string[]> include = new("--include")
        {
            Description = "Download only files that match this pattern. May be repeated.",
        };
        Option<string[]> exclude = new("--exclude")
        {
            Description = "Do not download files that match this pattern. May be repeated.",
        };
        Option<bool> json = new("--json") { Description = "Print the progress and the result as JSON lines." };
        Command verb = new("pull", "Download a model or a data set from the hub into the cache, and print its folder.")
        {
            id,
            type,
            include,
            exclude,
            json,
        };
        verb.SetAction(
            (parsed, cancellation) =>
            {
                HubReference reference = HubReference.Parse(parsed.GetValue(type), parsed.GetRequiredValue(id));
                HubSelection selection = new(parsed.GetValue(include), parsed.GetValue(exclude));
                Pull(parsed, reference, selection, parsed.GetValue(json), cancellation);
                return Task.FromResult(0);
            }
        );
        return verb;
    }

    private static void Pull(
        ParseResult parsed,
        HubReference reference,
        HubSelection selection,
        bool json,
        CancellationToken cancellation
    )
    {
        Func<HubTransfer, Task> announce = json
            ? Events
            : new TransferDisplay(parsed.GetValue(CommonOptions.Quiet)).Show;
        HubLocation place = new HubResolver(announce: announce, say: HubAccess.Say).Pull(
            reference,
            selection,
            cancellation
        );
        Console.Out.WriteLine(json ? Result(place).ToJsonString() : place.Folder);
    }

    private static JsonObject Result(HubLocation place) =>
        new()
        {
            ["event"] = "done",
            ["id"] = place.Reference!.Id,
            ["commit"] = place.Commit,
            ["folder"] = place.Folder,
        };

    private static Task Events(HubTransfer transfer)
    {
        JsonArray files = [.. transfer.Files.Select(f => new JsonObject { ["path"] = f.Path, ["bytes"] = f.Bytes })];
        JsonObject start = new()
        {
            ["event"] = "start",
            ["id"] = transfer.Reference.Id,
            ["commit"] = transfer.Commit,
            ["bytes"] = transfer.Bytes,
            ["files"] = files,
        };
        Console.Out.WriteLine(start.ToJsonString());
        return Follow(transfer);
    }

    private static async Task Follow(HubTransfer transfer)
    {
        while (await Task.WhenAny(transfer.Ended, Task.Delay(TimeSpan.FromSeconds(1))) != transfer.Ended)
        {
            JsonObject at = new()
            {
                ["event"] = "progress",
                ["done"] = transfer.Done,
                ["bytes"] = transfer.Bytes,
                ["bytes_per_second"] = Math.Round(transfer.Rate),
                ["seconds_left"] = transfer.Remaining is { } left ? Math.Round(left.TotalSeconds) : null,
            };
            await Console.Out.WriteLineAsync(at.ToJsonString());
        }
    }
}
