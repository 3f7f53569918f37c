using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fulcrum.Sandbox;

/// <summary>Limits of a worker on Windows: a Job Object that the worker puts itself into.</summary>
/// <remarks>The job allows one process, so that the worker starts no other, bounds the committed memory, and lets a
/// crash end the process without a dialogue. Windows does not bound the sizes of files.</remarks>
[SupportedOSPlatform("windows")]
internal static class WindowsJob
{
    private const int ExtendedLimits = 9;
    private const uint ProcessTime = 0x2,
        ActiveProcesses = 0x8,
        ProcessMemory = 0x100,
        DieOnException = 0x400;
    private static IntPtr job;
    private static Limits limits;

    /// <summary>Puts this process into a job of its own. Where the system refuses, the other limits remain.</summary>
    /// <param name="mostBytes">Committed memory of the process; null: any.</param>
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

    /// <summary>Lets the system end this process once it has used so much processor time in all.</summary>
    public static void AllowCpu(double seconds)
    {
        const double TicksPerSecond = 1e7;
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
