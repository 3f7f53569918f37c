using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>Measures the processor time of a query's thread.</summary>
/// <remarks>Processor time makes a verdict independent of other work on the machine. On Windows it is wall-clock
/// time.</remarks>
internal readonly record struct QueryClock(double Processor)
{
    // CLOCK_THREAD_CPUTIME_ID.
    private static readonly int ThreadTime = OperatingSystem.IsMacOS() ? 16 : 3;

    /// <summary>Starts the clock on this thread.</summary>
    public static QueryClock Start() => new(ProcessorNow());

    /// <summary>Returns whether the thread that started the clock has used its seconds.</summary>
    public bool IsOver(double seconds) => ProcessorNow() - Processor > seconds;

    private static double ProcessorNow() =>
        (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) && Read(ThreadTime, out Time time) == 0
            ? time.Seconds + time.Nanoseconds * 1e-9
            : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    // struct timespec of 64-bit Linux and macOS.
    private readonly record struct Time(long Seconds, long Nanoseconds);

    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("macos")]
    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int Read(int clock, out Time time);
}
