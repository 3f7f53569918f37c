using System.Runtime.InteropServices;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Interop;

/// <summary>Loops over native memory on as many threads as the native library was given.</summary>
/// <remarks>
/// On the library's own threads (libgomp's) where they can be had: they are awake between two of its operations, and no
/// others stand in their way. Else on the runtime's.
/// See docs/decisions/0026-few-rows.md.
/// </remarks>
internal static unsafe class Threads
{
    // A thread takes one share after the other, so that one that comes late does less.
    private const int SharesPerThread = 4;

    private static readonly delegate* unmanaged<delegate* unmanaged<IntPtr, void>, IntPtr, uint, uint, void> parallel =
        Parallel();

    /// <summary>Whether the loops run on the library's threads.</summary>
    public static bool AreLibgomps => parallel is not null;

    /// <summary>Runs a body for 0 to <paramref name="count"/> - 1, in any order; the body must not throw.</summary>
    /// <param name="most">The most threads that the work is worth.</param>
    /// <param name="ownThreads">On the runtime's threads even where the library's can be had.</param>
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
        // always the whole team: libgomp ends the threads that a smaller one leaves out
        parallel(&Run, GCHandle.ToIntPtr(handle), 0, 0);
        handle.Free();
    }

    // libtorch's dependencies are searched with it, so this is the copy that it uses.
    private static delegate* unmanaged<delegate* unmanaged<IntPtr, void>, IntPtr, uint, uint, void> Parallel() =>
        Libtorch.Loaded.TryGetValue("libtorch_cpu.so", out string? path)
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
