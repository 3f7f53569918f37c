using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fulcrum.Sandbox;

/// <summary>Limits of a worker on Windows, by a Job Object into which the worker puts itself.</summary>
/// <remarks>The job allows one process, so that the worker cannot start another. It limits committed memory, and a
/// crash ends the process without a dialogue. A job cannot limit the sizes of files.</remarks>
[SupportedOSPlatform("windows")]
internal static class WindowsJob
{
    // JobObjectExtendedLimitInformation, and the flags JOB_OBJECT_LIMIT_*.
    private const int ExtendedLimits = 9;
    private const uint ProcessTime = 0x2,
        ActiveProcesses = 0x8,
        ProcessMemory = 0x100,
        DieOnException = 0x400;
    private static IntPtr job;
    private static Limits limits;

    /// <summary>Puts this process into a new job. If the system refuses, the process runs without these
    /// limits.</summary>
    /// <param name="mostBytes">The limit of committed memory; null: no limit.</param>
    public static void Enter(long? mostBytes)
    {
        job = CreateJobObject(IntPtr.Zero, null);
        limits = new Limits
        {
            Flags = ActiveProcesses | DieOnException | (mostBytes is null ? 0 : ProcessMemory),
            ActiveProcesses = 1,
            ProcessMemory = (nuint)(mostBytes ?? 0),
        };
        if (job != IntPtr.Zero && Apply())
        {
            _ = AssignProcessToJobObject(job, GetCurrentProcess());
        }
    }

    /// <summary>Lets the system end this process once its total processor time reaches a limit.</summary>
    public static void AllowCpu(double seconds)
    {
        const double TicksPerSecond = 1e7; // units of 100 ns
        limits.Flags |= ProcessTime;
        limits.ProcessTicks = (long)(seconds * TicksPerSecond);
        _ = job != IntPtr.Zero && Apply();
    }

    /// <summary>Ends this process at once with an exit code.</summary>
    public static void End(int code) => _ = TerminateProcess(GetCurrentProcess(), (uint)code);

    private static bool Apply() =>
        SetInformationJobObject(job, ExtendedLimits, ref limits, (uint)Marshal.SizeOf<Limits>());

    // JOBOBJECT_EXTENDED_LIMIT_INFORMATION of 64-bit Windows.
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    private struct Limits
    {
        [FieldOffset(0)]
        public long ProcessTicks;

        [FieldOffset(16)]
        public uint Flags;

        [FieldOffset(40)]
        public uint ActiveProcesses;

        [FieldOffset(112)]
        public nuint ProcessMemory;
    }

    [DllImport("kernel32", EntryPoint = "CreateJobObjectW", CharSet = CharSet.Unicode)]
    private static extern IntPtr CreateJobObject(IntPtr security, string? name);

    [DllImport("kernel32", EntryPoint = "SetInformationJobObject")]
    private static extern bool SetInformationJobObject(IntPtr job, int kind, ref Limits limits, uint bytes);

    [DllImport("kernel32", EntryPoint = "AssignProcessToJobObject")]
    private static extern bool AssignProcessToJobObject(IntPtr job, IntPtr process);

    [DllImport("kernel32", EntryPoint = "GetCurrentProcess")]
    private static extern IntPtr GetCurrentProcess();

    [DllImport("kernel32", EntryPoint = "TerminateProcess")]
    private static extern bool TerminateProcess(IntPtr process, uint code);
}
