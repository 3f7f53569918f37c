using static TorchSharp.torch;

namespace Fulcrum.Torch.Native;

/// <summary>Loops over native memory on as many threads as the native library was given.</summary>
internal static class Threads
{
    /// <summary>Runs a body for 0 to <paramref name="count"/> - 1, in any order; the body must not throw.</summary>
    /// <param name="most">The most threads that the work is worth.</param>
    public static void For(long count, Action<long> body, long most = long.MaxValue)
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

        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, part =>
        {
            for (long i = count * part / threads; i < count * (part + 1) / threads; i++)
            {
                body(i);
            }
        });
    }
}
