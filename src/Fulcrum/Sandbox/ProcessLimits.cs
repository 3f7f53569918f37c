using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fulcrum.Sandbox;

/// <summary>What a worker takes from itself before it reads its first query, and how it notices that it must
/// end.</summary>
/// <remarks>
/// Limits of address space and of processes are not among them: the .NET runtime reserves far more address space than
/// it uses, and the process limit counts threads (docs/decisions/0002-sql-worker-processes.md). Windows has a Job
/// Object (<see cref="WindowsJob"/>); macOS has the watch, the limit of processor time and no core.
/// </remarks>
internal static class ProcessLimits
{
    /// <summary>Exit code of a worker that held more memory than it may.</summary>
    public const int OutOfMemory = 78;

    /// <summary>The environment variable in which a worker on Windows gets the process id of its parent.</summary>
    public const string ParentVariable = "FULCRUM_PARENT";

    private const int Cpu = 0,
        FileSize = 1,
        Core = 4,
        NoNewPrivileges = 38;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    /// <summary>No file can be written or grow, no core is dumped, no privilege can be gained. On Windows: no process
    /// can be started, and the committed memory is bounded. On macOS: no core is dumped.</summary>
    /// <param name="mostBytes">Committed memory on Windows; null: any.</param>
    public static void Confine(long? mostBytes)
    {
        if (OperatingSystem.IsLinux())
        {
            Set(FileSize, 0);
            Set(Core, 0);
            _ = Prctl(NoNewPrivileges, 1, 0, 0, 0);
        }
        else if (OperatingSystem.IsWindows())
        {
            WindowsJob.Enter(mostBytes);
        }
        else
        {
            Set(Core, 0);
        }
    }

    /// <summary>Lets the system end this process once it has used so much more processor time.</summary>
    public static void AllowCpu(double seconds)
    {
        double used = Environment.CpuUsage.TotalTime.TotalSeconds;
        if (OperatingSystem.IsWindows())
        {
            WindowsJob.AllowCpu(used + seconds);
        }
        else
        {
            Rlimit limit = new((ulong)Math.Ceiling(used + seconds), ulong.MaxValue);
            _ = SetRlimit(Cpu, in limit);
        }
    }

    /// <summary>Ends this process, whatever its main thread is doing, when its parent is gone or it holds too much
    /// memory.</summary>
    public static void Watch(long mostBytes)
    {
        Func<bool> isOrphan = ParentGone();
        Thread watch = new(() =>
        {
            while (true)
            {
                Thread.Sleep(Between);
                if (isOrphan())
                {
                    End(0);
                }

                if (Environment.WorkingSet > mostBytes)
                {
                    End(OutOfMemory);
                }
            }
        })
        {
            IsBackground = true,
            Name = "watch",
            Priority = ThreadPriority.AboveNormal,
        };
        watch.Start();
    }

    private static Func<bool> ParentGone()
    {
        if (OperatingSystem.IsWindows())
        {
            Process? started = Named(Environment.GetEnvironmentVariable(ParentVariable));
            return () => started?.HasExited ?? false;
        }

        int parent = GetParent();
        return () => !OperatingSystem.IsWindows() && GetParent() != parent;
    }

    // Windows has no function for the parent: it passes its id. Null: the worker was started by hand.
    private static Process? Named(string? id)
    {
        try
        {
            return int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? Process.GetProcessById(number)
                : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static void Set(int resource, ulong value)
    {
        Rlimit limit = new(value, value);
        _ = SetRlimit(resource, in limit);
    }

    private static void End(int code)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsJob.End(code);
        }
        else
        {
            ExitNow(code);
        }
    }

    private readonly record struct Rlimit(ulong Soft, ulong Hard);

    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetRlimit(int resource, in Rlimit limit);

    [SupportedOSPlatform("linux")]
    [DllImport("libc", EntryPoint = "prctl")]
    private static extern int Prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int GetParent();

    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitNow(int code);
}
