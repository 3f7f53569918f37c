using System.CommandLine;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Jobs;
using Fulcrum.Runs;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum status</c></summary>
internal static class StatusCommand
{
    // A file or a pipe has no width.
    private const int Wide = 240;

    public static Command Create()
    {
        Argument<string> run = new("RUN") { Description = "A run folder, also of a run that is under way." };
        Option<bool> json = new("--json") { Description = "Print the state of every candidate as JSON." };
        Command verb = new(
            "status",
            "Show the state, the rate and the remaining time of every candidate of a run, also while it runs."
        )
        {
            run,
            json,
        };
        verb.SetAction(parsed =>
        {
            RunLayout layout = new(Path.GetFullPath(parsed.GetRequiredValue(run)));
            RunStatus status = RunStatus.Of(layout);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(status, JsonLines.Output));
            }
            else
            {
                StatusLines.Print(status, Console.Out, Console.IsOutputRedirected ? Wide : Console.WindowWidth);
            }
        });
        return verb;
    }
}
