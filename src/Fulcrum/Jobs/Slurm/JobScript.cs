using System.Text;
using Fulcrum.Runs;

namespace Fulcrum.Jobs.Slurm;

/// <summary>Writes the script of a Slurm job, which does one stage as a separate attempt.</summary>
internal static class JobScript
{
    /// <summary>Returns the script.</summary>
    /// <param name="tool">The program and its first arguments.</param>
    /// <param name="run">The run folder.</param>
    /// <param name="stages">The stages by index of the job array; one stage for a single job.</param>
    /// <param name="flags">Options of every stage.</param>
    /// <exception cref="InputException">A path has a control character.</exception>
    public static string Of(
        IReadOnlyList<string> tool,
        RunLayout run,
        IReadOnlyList<StageNode> stages,
        IReadOnlyList<string> flags
    )
    {
        bool prepares = stages[0].Stage == Stage.Prepare,
            attempted = stages[0].HasAttempts;
        string[] command =
        [
            .. tool.Select(Quoted),
            "run",
            Quoted(prepares ? run.Submitted : run.Study),
            "--output",
            Quoted(run.Root),
            "--stage",
            "\"$stage\"",
            .. attempted ? (string[])["--attempt", "\"$SLURM_JOB_ID-${SLURM_RESTART_COUNT:-0}\""] : [],
            .. flags.Select(Quoted),
        ];
        StringBuilder text = new();
        text.Append("#!/bin/bash\n")
            .Append("# Written by fulcrum. One stage of a run, as a job of its own.\n")
            .Append("stages=(")
            .AppendJoin(' ', stages.Select(s => Quoted(s.Name)))
            .Append(")\n")
            .Append("stage=${stages[${SLURM_ARRAY_TASK_ID:-0}]}\n")
            .Append("me=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}\nme=${me:-$SLURM_JOB_ID}\n")
            .Append("echo \"$stage: job $me, restart ${SLURM_RESTART_COUNT:-0}, node ${SLURMD_NODENAME:-?}\"\n")
            // As for a local process with one core (docs/decisions/0092-first-job-is-this-process.md). With more cores
            // .NET ignores it.
            .Append($"export {Cores.OptimisationDelay}=${{{Cores.OptimisationDelay}:-1}}\n")
            .Append("cd -- ")
            .Append(Quoted(run.Root))
            .Append(" || {\n")
            .Append("  echo \"fulcrum: the node ${SLURMD_NODENAME:-?} does not reach the run folder\"; exit 1; }\n")
            .AppendJoin(' ', command)
            .Append(" &\n")
            .Append("work=$!\n")
            // Slurm may send the signal to the shell only, or to all processes. A process that gets it twice is not
            // harmed.
            .Append("trap 'kill -TERM $work 2>/dev/null' TERM\n")
            .Append("code=130\nwhile :; do wait $work; code=$?; kill -0 $work 2>/dev/null || break; done\n")
            // If the stage was interrupted but the job still runs, it was the warning before the time limit, and the
            // job queues itself again. If Slurm ended the job (scancel, preemption), Slurm decides whether to queue it
            // again.
            .Append("if [ $code = 130 ] && [ \"$(squeue -h -j \"$me\" -o %T 2>/dev/null)\" = RUNNING ]; then\n")
            .Append("  echo \"$stage: interrupted, requeued\"\n  scontrol requeue \"$me\"\nfi\nexit $code\n");
        return text.ToString();
    }

    /// <summary>Returns a text as one word of a shell.</summary>
    /// <exception cref="InputException">It has a line end or another control character.</exception>
    internal static string Quoted(string text) =>
        text.Any(char.IsControl)
            ? throw new InputException(
                $"'{Printable.Short(text)}' has a control character, so it cannot be used in a job's script; "
                    + "use another path"
            )
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
