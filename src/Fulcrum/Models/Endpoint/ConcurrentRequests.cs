using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Fulcrum.Models.Endpoint;

/// <summary>Sends many requests concurrently.</summary>
internal static class ConcurrentRequests
{
    /// <summary>Sends the requests from 0 to <paramref name="count"/> - 1, at most <paramref name="concurrency"/> at
    /// the same time. <paramref name="answered"/> is called on the caller's thread, in the order of arrival.</summary>
    /// <remarks>Of several failures the one with the lowest index is thrown, so that the message does not depend on the
    /// order of the replies.</remarks>
    public static void Run<T>(
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

    // The task itself never fails; exceptions go into the failures.
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
