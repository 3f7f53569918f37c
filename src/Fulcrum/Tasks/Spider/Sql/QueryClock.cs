using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>What a query has used: processor time of its thread, so that a verdict does not depend on what else the
/// machine is doing, and wall time for a query that waits.</summary>
/// <remarks>Where the system is not Linux the wall clock stands for both.</remarks>
internal readonly record struct QueryClock(double Processor, long Wall)
{
    private const int ThreadTime = 3;

    /// <summary>Begins to count on this thread.</summary>
    public static QueryClock Start() => new(ProcessorNow(), Stopwatch.GetTimestamp());

    /// <summary>Whether the thread that began has used up its seconds, or ten times as many have gone by.</summary>
    public bool IsOver(double seconds) =>
        ProcessorNow() - Processor > seconds
        || Stopwatch.GetElapsedTime(Wall).TotalSeconds > seconds * SqlLimits.Patience;

    private static double ProcessorNow() =>
        OperatingSystem.IsLinux() && Read(ThreadTime, out Time time) == 0
            ? time.Seconds + time.Nanoseconds * 1e-9
            : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    // struct timespec of 64-bit Linux.
    private readonly record struct Time(long Seconds, long Nanoseconds);

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int Read(int clock, out Time time);
}
