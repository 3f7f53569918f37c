using System.Runtime.InteropServices;

namespace Fulcrum.Jobs;

/// <summary>Binds processes to disjoint cores. On systems other than Linux they share all cores.</summary>
internal static class Cores
{
    /// <summary>The environment variable with the factor by which .NET lengthens its delay of 0.1 s before it optimises
    /// methods, in a process with one core. In a process with more cores it has no effect.</summary>
    public const string OptimisationDelay = "DOTNET_TC_DelaySingleProcMultiplier";

    // The affinity mask: enough for 1,024 cores.
    private const int Words = 16,
        Bits = 64;

    /// <summary>Returns the cores that this process may use.</summary>
    public static IReadOnlyList<int> Allowed()
    {
        ulong[] mask = new ulong[Words];
        return OperatingSystem.IsLinux() && GetAffinity(0, Words * sizeof(ulong), mask) >= 0
            ? [.. Enumerable.Range(0, Words * Bits).Where(c => (mask[c / Bits] >> (c % Bits) & 1) != 0)]
            : [.. Enumerable.Range(0, Environment.ProcessorCount)];
    }

    /// <summary>Returns the cores of one of several jobs: disjoint parts of equal size. With more jobs than cores
    /// several jobs share one.</summary>
    public static IReadOnlyList<int> Part(IReadOnlyList<int> all, int job, int jobs)
    {
        int each = Math.Max(1, all.Count / jobs);
        return [.. Enumerable.Range(job * each, each).Select(i => all[i % all.Count]).Distinct()];
    }

    /// <summary>Runs a function on a thread that is bound to cores. A process that it starts inherits them.</summary>
    public static T On<T>(IReadOnlyList<int> cores, Func<T> work)
    {
        T? result = default;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            Bind(cores);
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw failure;
    }

    private static void Bind(IReadOnlyList<int> cores)
    {
        ulong[] mask = new ulong[Words];
        foreach (int core in cores.Where(c => c < Words * Bits))
        {
            mask[core / Bits] |= 1UL << (core % Bits);
        }

        if (OperatingSystem.IsLinux())
        {
            // If Linux refuses, the process runs on all cores, which is slower but correct.
            _ = SetAffinity(0, Words * sizeof(ulong), mask);
        }
    }

    [DllImport("libc", EntryPoint = "sched_getaffinity")]
    private static extern int GetAffinity(int process, nuint bytes, [Out] ulong[] mask);

    [DllImport("libc", EntryPoint = "sched_setaffinity")]
    private static extern int SetAffinity(int process, nuint bytes, ulong[] mask);
}
