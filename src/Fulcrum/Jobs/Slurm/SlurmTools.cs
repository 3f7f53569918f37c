using System.ComponentModel;
using System.Diagnostics;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Jobs.Slurm;

/// <summary>The result of a command of Slurm.</summary>
internal sealed record SlurmReply(int ExitCode, string Output, string Error)
{
    /// <summary>The last error message, without the command's own name.</summary>
    public string Complaint =>
        Error
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(l => l[(l.IndexOf("error: ", StringComparison.Ordinal) is >= 0 and var i ? i + 7 : 0)..])
            .FirstOrDefault(l => !l.StartsWith("Batch job submission failed", StringComparison.Ordinal))
        ?? Error.Trim();
}

/// <summary>Runs the commands of Slurm, which are the only interface to it that Fulcrum uses.</summary>
internal static class SlurmTools
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a command.</summary>
    /// <exception cref="InputException">It is not installed.</exception>
    /// <exception cref="FulcrumException">It does not end within 2 minutes.</exception>
    public static SlurmReply Run(string command, params IEnumerable<string> arguments)
    {
        try
        {
            ProcessStartInfo start = new(command, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            };
            // Without this variable the list of waiting tasks of an array is shortened to 64 characters.
            start.Environment["SLURM_BITSTR_LEN"] = "0";
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(),
                error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(AnswerLimit))
            {
                process.Kill();
                throw new FulcrumException($"{command} did not answer within {AnswerLimit.TotalMinutes} minutes");
            }

            return new SlurmReply(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        }
        catch (Win32Exception e)
        {
            throw new InputException(
                $"there is no {command} on the PATH: --on slurm needs Slurm's commands sbatch, squeue and scancel. "
                    + "Run on a login node of the cluster, or use --on local",
                e
            );
        }
    }

    /// <summary>Returns all jobs of the controller; null if it does not answer.</summary>
    /// <remarks>If the controller does not answer, <c>squeue --json</c> prints an empty list and ends with 0, so the
    /// list alone does not tell.</remarks>
    public static IReadOnlyList<SlurmJob>? Queue()
    {
        SlurmReply reply = Run("squeue", "--json");
        return reply.ExitCode == 0 ? SlurmJob.Parse(reply.Output) : null;
    }

    /// <summary>Returns the jobs that may belong to a run (<see cref="SlurmJob.IsOf"/>); null as for
    /// <see cref="Queue"/>.</summary>
    public static IReadOnlyList<SlurmJob>? QueueOf(RunLayout run) =>
        Queue() is { } all ? [.. all.Where(j => SlurmRecord.IsName(j.Name) && j.IsOf(run))] : null;
}
