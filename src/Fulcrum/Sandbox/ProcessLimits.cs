using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fulcrum.Sandbox;

/// <summary>Limits that a worker process sets for itself before it reads its first query, and the thread that ends
/// it.</summary>
/// <remarks>
/// Address space and the number of processes are not limited: the .NET runtime reserves far more address space than
/// it uses, and the process limit counts threads (docs/decisions/0002-sql-worker-processes.md). Windows has a Job
/// Object (<see cref="WindowsJob"/>). macOS has the thread, the limit of processor time, and no core dump.
/// </remarks>
internal static class ProcessLimits
{
    /// <summary>Exit code of a worker that used more memory than allowed.</summary>
    public const int OutOfMemory = 78;

    /// <summary>The environment variable in which a worker on Windows gets the process id of its parent.</summary>
    public const string ParentVariable = "FULCRUM_PARENT";

    // RLIMIT_CPU, RLIMIT_FSIZE and RLIMIT_CORE of setrlimit; PR_SET_NO_NEW_PRIVS of prctl.
    private const int Cpu = 0,
        FileSize = 1,
        Core = 4,
        NoNewPrivileges = 38;
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Confines this process. On Linux it cannot make files larger, gain privileges or dump core. On Windows
    /// it cannot start processes, and its committed memory is limited. On macOS it cannot dump core.</summary>
    /// <param name="mostBytes">The limit of committed memory on Windows; null: no limit.</param>
    public static void Confine(long? mostBytes)
    {
        if (OperatingSystem.IsLinux())
        {
            Set(FileSize, 0);
            Set(Core, 0);
            _ = ForbidNewPrivileges();
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

    /// <summary>Forbids this process to gain privileges by starting programs. The kernel requires it before a filter of
    /// system calls. Returns 0, or -1 and sets the last P/Invoke error.</summary>
    [SupportedOSPlatform("linux")]
    internal static int ForbidNewPrivileges() => Prctl(NoNewPrivileges, 1, 0, 0, 0);

    /// <summary>Lets the system end this process after it has used this much more processor time.</summary>
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

    /// <summary>Starts a thread that ends this process when its parent has ended or when it uses too much memory. This
    /// works while the main thread is busy in native code.</summary>
    public static void Watch(long mostBytes)
    {
        Func<bool> isOrphan = ParentGone();
        Thread watch = new(() =>
        {
            while (true)
            {
                Thread.Sleep(WatchInterval);
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
            Process? started = WithId(Environment.GetEnvironmentVariable(ParentVariable));
            return () => started?.HasExited ?? false;
        }

        int parent = GetParent();
        return () => !OperatingSystem.IsWindows() && GetParent() != parent;
    }

    // Windows has no function for the parent process, so the parent passes its id. Null: the worker was started by
    // hand.
    private static Process? WithId(string? id)
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
    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static extern int Prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int GetParent();

    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitNow(int code);
}
