using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Interop;

/// <summary>Parallel loops over native memory, with the number of threads that libtorch was given.</summary>
/// <remarks>They run on libgomp's threads if these are available: those are still spinning after the last libtorch
/// operation, and other threads would compete with them. Otherwise they run on the thread pool. See
/// docs/decisions/0026-few-rows.md.</remarks>
internal static unsafe class Threads
{
    // A thread takes one share after another, so that a late thread does less.
    private const int SharesPerThread = 4;

    private static readonly delegate* unmanaged<delegate* unmanaged<IntPtr, void>, IntPtr, uint, uint, void> parallel =
        Parallel();

    /// <summary>Whether the loops run on libgomp's threads.</summary>
    public static bool AreLibgomps => parallel is not null;

    /// <summary>Runs a body for 0 to <paramref name="count"/> - 1, in any order; the body must not throw.</summary>
    /// <param name="most">Maximum number of threads.</param>
    /// <param name="ownThreads">Use the thread pool even if libgomp's threads are available.</param>
    public static void For(long count, Action<long> body, long most = long.MaxValue, bool ownThreads = false)
    {
        int threads = most <= 1 ? 1 : (int)Math.Min(Math.Min(get_num_threads(), count), most);
        if (threads <= 1)
        {
            for (long i = 0; i < count; i++)
            {
                body(i);
            }

            return;
        }

        Loop loop = new(count, Math.Min(count, threads * SharesPerThread), threads, body);
        if (parallel is null || ownThreads)
        {
            System.Threading.Tasks.Parallel.For(
                0,
                threads,
                new ParallelOptions { MaxDegreeOfParallelism = threads },
                _ => loop.Run()
            );
            return;
        }

        GCHandle handle = GCHandle.Alloc(loop);
        // Always the full team: libgomp ends threads that a smaller team leaves out.
        parallel(&Run, GCHandle.ToIntPtr(handle), 0, 0);
        handle.Free();
    }

    // Found through libtorch, so this is the copy of libgomp that libtorch uses. libiomp5md.dll has no such function,
    // and libomp's has not been tried.
    private static delegate* unmanaged<delegate* unmanaged<IntPtr, void>, IntPtr, uint, uint, void> Parallel() =>
        OperatingSystem.IsLinux()
        && Libtorch.Loaded.TryGetValue(LibtorchNames.Cpu, out string? path)
        && NativeLibrary.TryLoad(path, out IntPtr library)
        && NativeLibrary.TryGetExport(library, "GOMP_parallel", out IntPtr address)
            ? (delegate* unmanaged<delegate* unmanaged<IntPtr, void>, IntPtr, uint, uint, void>)address
            : null;

    [UnmanagedCallersOnly]
    private static void Run(IntPtr loop) => ((Loop)GCHandle.FromIntPtr(loop).Target!).Run();

    private sealed class Loop(long count, long shares, int threads, Action<long> body)
    {
        private long taken;
        private int entered;

        public void Run()
        {
            if (Interlocked.Increment(ref entered) > threads)
            {
                return;
            }

            for (
                long share = Interlocked.Increment(ref taken) - 1;
                share < shares;
                share = Interlocked.Increment(ref taken) - 1
            )
            {
                for (long i = count * share / shares; i < count * (share + 1) / shares; i++)
                {
                    body(i);
                }
            }
        }
    }
}
