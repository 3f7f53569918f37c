using System.CommandLine;
using Fulcrum.Jobs;
using Fulcrum.Runs;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum cancel</c></summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        Argument<string> run = new("RUN") { Description = "A run folder." };
        Command verb = new(
            "cancel",
            "Stop what works at a run: its process on this machine, and its jobs on Slurm. What was done is kept."
        )
        {
            run,
        };
        verb.SetAction(
            (parsed, cancellation) =>
            {
                RunLayout layout = new(Path.GetFullPath(parsed.GetRequiredValue(run)));
                IReadOnlyList<string> stopped = RunCancel.Stop(layout, cancellation, s => Notices.Say(parsed, s));
                foreach (string sentence in stopped.DefaultIfEmpty("nothing was running"))
                {
                    Console.Out.WriteLine(sentence);
                }

                return Task.CompletedTask;
            }
        );
        return verb;
    }
}
