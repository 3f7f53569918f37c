using System.Collections.Concurrent;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Downloads one file into the cache. It resumes an earlier download, uses several connections for a large
/// file, and verifies the digest.</summary>
/// <param name="findAddress">Asks the hub for the address of the content. It is called again after a signed address has
/// expired.</param>
/// <param name="connections">Limits the connections of all files together.</param>
internal sealed class BlobTransfer(
    HubHttp http,
    HubSettings settings,
    HubFile file,
    Func<CancellationToken, Task<Uri>> findAddress,
    SemaphoreSlim connections,
    TransferredFile progress
)
{
    private const int PiecesAtOnce = 4;

    // From this rate on the processors limit a transfer, not the network, and more connections only cost time
    // (docs/hub.md).
    private const double FastBytesPerSecond = 150e6;
    private static readonly TimeSpan Trial = TimeSpan.FromSeconds(0.5);

    /// <summary>Downloads the content. The final path exists only once the content is complete and verified.</summary>
    /// <param name="incomplete">The path that holds the bytes until then.</param>
    /// <exception cref="FulcrumException">The transfer failed permanently, or size or digest are wrong.</exception>
    public async Task RunAsync(string incomplete, string final, CancellationToken cancellation)
    {
        try
        {
            await AttemptAsync(incomplete, final, inOnePiece: false, cancellation);
        }
        catch (RangesRefusedException)
        {
            await AttemptAsync(incomplete, final, inOnePiece: true, cancellation);
        }
    }

    private async Task AttemptAsync(string incomplete, string final, bool inOnePiece, CancellationToken cancellation)
    {
        long pieceBytes = inOnePiece ? Math.Max(1, file.Size) : settings.PieceBytes;
        using PartialFile partial = new(incomplete, file.Size, pieceBytes);
        if (inOnePiece)
        {
            partial.Clear();
        }

        try
        {
            await FillAndCheckAsync(partial, mayRefuseRanges: !inOnePiece, cancellation);
        }
        catch (FulcrumException e) when (e is not HubUnreachableException)
        {
            partial.Discard();
            throw;
        }

        partial.Publish(final);
    }

    private async Task FillAndCheckAsync(PartialFile partial, bool mayRefuseRanges, CancellationToken cancellation)
    {
        long resumed = partial.Resumed;
        progress.Resume(resumed);
        bool good = await FillAsync(partial, mayRefuseRanges, cancellation);
        if (!good && resumed > 0)
        {
            // The bytes of an earlier process may be damaged, so everything is downloaded once more.
            partial.Clear();
            progress.Resume(0);
            good = await FillAsync(partial, mayRefuseRanges, cancellation);
        }

        if (!good)
        {
            throw new FulcrumException(
                $"{Printable.Message(file.Path)}: the downloaded content does not have the digest "
                    + $"{file.Digest[..12]}… that the hub lists; it was discarded"
            );
        }
    }

    private async Task<bool> FillAsync(PartialFile partial, bool mayRefuseRanges, CancellationToken cancellation)
    {
        using RunningDigest digest = new(file.Digest, file.Size);
        PieceTransfer pieces = new(http, settings, file, findAddress, progress)
        {
            Digest = digest,
            MayRefuseRanges = mayRefuseRanges,
        };
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task following = Task.Factory.StartNew(
            () => digest.Follow(partial, ended.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        try
        {
            await FetchPiecesAsync(partial, pieces, cancellation);
        }
        catch
        {
            await ended.CancelAsync();
            throw;
        }
        finally
        {
            await following;
        }

        // Bytes that were sent again after a restart may have been hashed twice.
        return digest.Matches() || (partial.IsRestarted && partial.Matches(file.Digest));
    }

    // One connection is enough on a fast network. The others are opened only if the first half second is slow.
    private async Task FetchPiecesAsync(PartialFile partial, PieceTransfer pieces, CancellationToken cancellation)
    {
        ConcurrentQueue<FilePiece> missing = new(partial.Pieces.Where(p => !p.IsComplete));
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        async Task WorkAsync()
        {
            while (missing.TryDequeue(out FilePiece piece))
            {
                await InTurnAsync(() => pieces.FetchAsync(piece, failed.Token), failed.Token);
            }
        }

        List<Task> workers = [WorkAsync()];
        try
        {
            if (missing.Count > 0 && await IsSlowAsync(workers[0], partial, failed.Token))
            {
                workers.AddRange(Enumerable.Range(1, PiecesAtOnce - 1).Select(_ => WorkAsync()));
            }

            while (workers.Count > 0)
            {
                Task done = await Task.WhenAny(workers);
                workers.Remove(done);
                await done;
            }
        }
        catch
        {
            await failed.CancelAsync();
            await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static async Task<bool> IsSlowAsync(Task first, PartialFile partial, CancellationToken cancellation)
    {
        long before = partial.Done;
        await Task.WhenAny(first, Task.Delay(Trial, cancellation));
        return !first.IsCompleted && partial.Done - before < FastBytesPerSecond * Trial.TotalSeconds;
    }

    private async Task InTurnAsync(Func<Task> fetch, CancellationToken cancellation)
    {
        await connections.WaitAsync(cancellation);
        try
        {
            await fetch();
        }
        finally
        {
            connections.Release();
        }
    }
}
