using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fulcrum.Faults;

/// <summary>How one start of the program ended.</summary>
internal sealed record Ending(int Code, string Error, double Seconds)
{
    /// <summary>A failure that says in one sentence what was wrong.</summary>
    public bool IsSentence =>
        Code is 1 or 2 or 3
        && LastLine.StartsWith("fulcrum: ", StringComparison.Ordinal)
        && !LastLine.Contains("unexpected failure", StringComparison.Ordinal)
        && !Error.Contains("   at ", StringComparison.Ordinal);

    /// <summary>What it said last.</summary>
    public string LastLine => Error.TrimEnd().Split('\n')[^1];
}

/// <summary>Starts the program as a process group of its own and sends signals to all of it.</summary>
internal static class Tool
{
    public const int Interrupt = 2,
        Kill = 9,
        Terminate = 15;

    /// <summary>Runs until the end, or until a signal after some seconds.</summary>
    public static Ending Run(string tool, IEnumerable<string> arguments, double? after = null, int signal = Kill) =>
        // An interrupt from a terminal reaches the whole group, and kill -9 is meant to leave nothing over.
        Run(tool, arguments, after, process => Send(-process.Id, signal));

    /// <summary>Runs until the end, and does something after some seconds.</summary>
    public static Ending Run(string tool, IEnumerable<string> arguments, double? after, Action what) =>
        Run(tool, arguments, after, _ => what());

    private static Ending Run(string tool, IEnumerable<string> arguments, double? after, Action<Process> what)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Start(tool, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync(),
            output = process.StandardOutput.ReadToEndAsync();
        if (after is { } seconds && !process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            what(process);
        }

        process.WaitForExit();
        _ = output.Result;
        return new Ending(process.ExitCode, error.Result, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Kills a process and everything that it started.</summary>
    public static void KillGroup(Process process) => Send(-process.Id, Kill);

    public static Process Start(string tool, IEnumerable<string> arguments) =>
        Process.Start(
            new ProcessStartInfo("setsid", [tool, .. arguments])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Send(int process, int signal);
}
