using System.Diagnostics;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>The process that holds a run, for <c>status</c> and <c>cancel</c>: <c>owner.json</c>.</summary>
/// <param name="Process">Its number on its host.</param>
/// <param name="Host">The host.</param>
/// <param name="Started">When the process started, which tells it from a later one of the same number.</param>
/// <param name="User">The number of its user; 0 on Windows.</param>
internal sealed record RunOwner(int Process, string Host, DateTimeOffset Started, uint User)
{
    private const string FileName = "owner.json";

    /// <summary>This process.</summary>
    public static RunOwner Here { get; } = Self();

    /// <summary>Whether the process still runs on this host.</summary>
    public bool IsAlive
    {
        get
        {
            try
            {
                using Process found = System.Diagnostics.Process.GetProcessById(Process);
                return Host == Environment.MachineName && Math.Abs((StartOf(found) - Started).TotalSeconds) < 2;
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                return false;
            }
        }
    }

    /// <summary>Whether the process runs the same program as this one, or a program of the tool's name. A file that
    /// somebody else wrote cannot have another program stopped.</summary>
    public bool IsTool
    {
        get
        {
            try
            {
                using Process found = System.Diagnostics.Process.GetProcessById(Process);
                string? program = found.MainModule?.FileName;
                return program == Environment.ProcessPath
                    || Path.GetFileNameWithoutExtension(program) is "fulcrum" or "Fulcrum.Cli";
            }
            catch (Exception e)
                when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }

    /// <summary>Records that this process holds the run.</summary>
    public static void Write(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(Here, JsonLines.Output) + "\n");

    /// <summary>Returns who holds the run, or held it when it was killed; null if it was let go.</summary>
    public static RunOwner? Read(string folder) =>
        StoredJson.ReadIfThere<RunOwner>(Path.Combine(folder, FileName), "the owner of a run");

    /// <summary>Records that no process holds the run.</summary>
    public static void Remove(string folder) => File.Delete(Path.Combine(folder, FileName));

    private static RunOwner Self()
    {
        using Process self = System.Diagnostics.Process.GetCurrentProcess();
        uint user = OperatingSystem.IsWindows() ? 0 : Libc.EffectiveUser();
        return new RunOwner(self.Id, Environment.MachineName, StartOf(self), user);
    }

    private static DateTimeOffset StartOf(Process process) => new(process.StartTime.ToUniversalTime());
}
