using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Fulcrum.Models.Endpoint;

/// <summary>Many requests at work at the same time.</summary>
internal static class Fan
{
    /// <summary>Asks for every index below <paramref name="count"/>, at most <paramref name="concurrency"/> at a time,
    /// and hands the answers over on the caller's thread, in the order of their arrival.</summary>
    /// <remarks>Of several failures the one of the lowest index is thrown, so that a message does not depend on which
    /// reply came first.</remarks>
    public static void Out<T>(
        int count,
        int concurrency,
        Func<int, CancellationToken, Task<T>> ask,
        Action<int, T> answered,
        CancellationToken cancellation
    )
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Channel<(int Index, T Answer)> arrived = Channel.CreateUnbounded<(int, T)>();
        ConcurrentDictionary<int, Exception> failures = new();
        Task all = AskAll(count, concurrency, ask, arrived.Writer, failures, stop);
        try
        {
            foreach (
                (int index, T answer) in arrived.Reader.ReadAllAsync(CancellationToken.None).ToBlockingEnumerable()
            )
            {
                answered(index, answer);
            }
        }
        finally
        {
            stop.Cancel();
            all.GetAwaiter().GetResult();
        }

        cancellation.ThrowIfCancellationRequested();
        if (!failures.IsEmpty)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures.MinBy(f => f.Key).Value);
        }
    }

    // Never fails: errors are collected in the failures.
    private static async Task AskAll<T>(
        int count,
        int concurrency,
        Func<int, CancellationToken, Task<T>> ask,
        ChannelWriter<(int, T)> arrived,
        ConcurrentDictionary<int, Exception> failures,
        CancellationTokenSource stop
    )
    {
        ParallelOptions options = new() { MaxDegreeOfParallelism = concurrency, CancellationToken = stop.Token };
        try
        {
            await Parallel.ForAsync(
                0,
                count,
                options,
                async (index, token) =>
                {
                    try
                    {
                        arrived.TryWrite((index, await ask(index, token)));
                    }
                    catch (Exception e) when (!(e is OperationCanceledException && stop.IsCancellationRequested))
                    {
                        failures[index] = e;
                        await stop.CancelAsync();
                    }
                }
            );
        }
        catch (OperationCanceledException) { }
        finally
        {
            arrived.Complete();
        }
    }
}
