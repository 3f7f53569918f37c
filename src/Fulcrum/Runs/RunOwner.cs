using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>The process that holds a run, for <c>status</c> and <c>cancel</c>: <c>owner.json</c>.</summary>
/// <param name="Process">Its number on its host.</param>
/// <param name="Host">The host.</param>
/// <param name="Started">When the process started: distinguishes it from a later process with the same number.</param>
/// <param name="User">The number of its user; 0 on Windows.</param>
internal sealed record RunOwner(int Process, string Host, DateTimeOffset Started, uint User)
{
    private const string FileName = "owner.json";

    /// <summary>This process.</summary>
    public static RunOwner Here { get; } = Self();

    /// <summary>Whether the process still runs on this host.</summary>
    public bool IsAlive =>
        Host == Environment.MachineName
        && StartOf(Process) is { } started
        && Math.Abs((started - Started).TotalSeconds) < 2;

    /// <summary>Returns when a process of this host started; null if it does not run.</summary>
    public static DateTimeOffset? StartOf(int process)
    {
        // Numbers below 1 stand for groups of processes.
        if (process < 1)
        {
            return null;
        }

        try
        {
            using Process found = System.Diagnostics.Process.GetProcessById(process);
            return IsZombie(process) ? null : StartOf(found);
        }
        catch (Exception e)
            when (e
                    is ArgumentException
                        or InvalidOperationException
                        or System.ComponentModel.Win32Exception
                        or InputException
            )
        {
            return null;
        }
    }

    // A process that has ended and whose parent has not asked for its exit code. In a container without an init process
    // it stays so.
    private static bool IsZombie(int process) =>
        OperatingSystem.IsLinux() && StateIn(BoundedFile.ReadTextIfThere($"/proc/{process}/stat")) == 'Z';

    /// <summary>Returns the state letter of a text of <c>/proc/PID/stat</c>; null if there is none. The name before it
    /// is in brackets and may contain any character.</summary>
    internal static char? StateIn(string? stat) =>
        stat?.LastIndexOf(") ", StringComparison.Ordinal) is >= 0 and var end && end + 2 < stat.Length
            ? stat[end + 2]
            : null;

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
                return !IsDotnet(program)
                    ? program == Environment.ProcessPath || IsToolName(program)
                    : AssemblyOf(Process) is { } assembly && (assembly == OwnAssembly || IsToolName(assembly));
            }
            catch (Exception e)
                when (e
                        is ArgumentException
                            or InvalidOperationException
                            or System.ComponentModel.Win32Exception
                            or IOException
                            or UnauthorizedAccessException
                            or InputException
                )
            {
                return false;
            }
        }
    }

    /// <summary>Whether the process has the lock of a run folder open; true where the system does not tell.</summary>
    /// <remarks>Number and start of every process are seen by every user, so a folder that somebody else made can name
    /// the process of another run.</remarks>
    public bool HoldsLockOf(RunLayout run)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        string? file = FileState.Of(run.At(RunLock.FileName))?.Place;
        try
        {
            return file is not null
                && Directory
                    .EnumerateFileSystemEntries($"/proc/{Process}/fd")
                    .Any(open => FileState.Of(open)?.Place == file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Returns the path of the assembly that a command line of <c>dotnet</c> starts: its first word that ends
    /// in <c>.dll</c>; null: there is none.</summary>
    /// <param name="folder">The working folder of the process.</param>
    internal static string? AssemblyIn(IEnumerable<string> words, string folder) =>
        words.FirstOrDefault(w => w.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)) is { } found
            ? Path.GetFullPath(found, folder)
            : null;

    /// <summary>Records that this process holds the run.</summary>
    public static void Write(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(Here, JsonLines.Output) + "\n");

    /// <summary>Returns the process that locks the run, or that was killed while it did; null if the lock was
    /// released.</summary>
    public static RunOwner? Read(string folder) =>
        StoredJson.ReadIfThere<RunOwner>(Path.Combine(folder, FileName), "the owner of a run");

    /// <summary>Records that no process holds the run.</summary>
    public static void Remove(string folder) => File.Delete(Path.Combine(folder, FileName));

    private static string? OwnAssembly => Assembly.GetEntryAssembly()?.Location;

    private static bool IsDotnet(string? program) => Path.GetFileNameWithoutExtension(program) == "dotnet";

    private static bool IsToolName(string? program) =>
        Path.GetFileNameWithoutExtension(program) is "fulcrum" or "Fulcrum.Cli";

    // Only Linux shows the command line of another process as a file.
    private static string? AssemblyOf(int process) =>
        OperatingSystem.IsLinux()
        && File.ResolveLinkTarget($"/proc/{process}/cwd", returnFinalTarget: false) is { } folder
            ? AssemblyIn(BoundedFile.ReadText($"/proc/{process}/cmdline").Split('\0').Skip(1), folder.FullName)
            : null;

    private static RunOwner Self()
    {
        using Process self = System.Diagnostics.Process.GetCurrentProcess();
        uint user = OperatingSystem.IsWindows() ? 0 : Libc.EffectiveUser();
        return new RunOwner(self.Id, Environment.MachineName, StartOf(self), user);
    }

    private static DateTimeOffset StartOf(Process process) => new(process.StartTime.ToUniversalTime());
}
