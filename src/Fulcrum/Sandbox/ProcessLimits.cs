using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fulcrum.Sandbox;

/// <summary>What a worker takes from itself before it reads its first query, and how it notices that it must
/// end.</summary>
/// <remarks>
/// Limits of address space and of processes are not among them: the .NET runtime reserves far more address space than
/// it uses, and the process limit counts threads (docs/decisions/0002-sql-worker-processes.md). Where the system is not
/// Linux only the watch remains.
/// </remarks>
internal static class ProcessLimits
{
    /// <summary>Exit code of a worker that held more memory than it may.</summary>
    public const int OutOfMemory = 78;

    private const int Cpu = 0,
        FileSize = 1,
        Core = 4,
        NoNewPrivileges = 38;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    /// <summary>No file can be written or grow, no core is dumped, no privilege can be gained.</summary>
    public static void Confine()
    {
        if (OperatingSystem.IsLinux())
        {
            Set(FileSize, 0);
            Set(Core, 0);
            _ = Prctl(NoNewPrivileges, 1, 0, 0, 0);
        }
    }

    /// <summary>Lets the kernel end this process once it has used so much more processor time.</summary>
    public static void AllowCpu(double seconds)
    {
        if (OperatingSystem.IsLinux())
        {
            double used = Environment.CpuUsage.TotalTime.TotalSeconds;
            Rlimit limit = new((ulong)Math.Ceiling(used + seconds), ulong.MaxValue);
            _ = SetRlimit(Cpu, in limit);
        }
    }

    /// <summary>Ends this process, whatever its main thread is doing, when its parent is gone or it holds too much
    /// memory.</summary>
    public static void Watch(long mostBytes)
    {
        int parent = Parent();
        Thread watch = new(() =>
        {
            while (true)
            {
                Thread.Sleep(Between);
                if (Parent() != parent)
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

    private static int Parent() => OperatingSystem.IsWindows() ? 0 : GetParent();

    private static void Set(int resource, ulong value)
    {
        Rlimit limit = new(value, value);
        _ = SetRlimit(resource, in limit);
    }

    private static void End(int code)
    {
        if (!OperatingSystem.IsWindows())
        {
            ExitNow(code);
        }

        Process.GetCurrentProcess().Kill();
    }

    private readonly record struct Rlimit(ulong Soft, ulong Hard);

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetRlimit(int resource, in Rlimit limit);

    [DllImport("libc", EntryPoint = "prctl")]
    private static extern int Prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int GetParent();

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitNow(int code);
}
