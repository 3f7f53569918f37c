using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Fetches one content into the cache: resumed from what is there, in several pieces if large, verified by its
/// digest.</summary>
/// <param name="address">Asks the hub for the content's address, again after a signed address has expired.</param>
/// <param name="connections">Limits the transfers at the same time over all files.</param>
internal sealed class BlobTransfer(
    HubHttp http,
    HubSettings settings,
    HubFile file,
    Func<CancellationToken, Task<Uri>> address,
    SemaphoreSlim connections,
    TransferredFile progress
)
{
    private const int PiecesAtOnce = 4;

    /// <summary>Fetches the content to a path, under which it appears complete and verified.</summary>
    /// <param name="incomplete">Where the bytes are kept until then.</param>
    /// <exception cref="FulcrumException">The transfer failed for good, or size or digest are wrong.</exception>
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
            PieceTransfer pieces = new(http, settings, file, address, progress) { MayRefuseRanges = !inOnePiece };
            await FillAndCheckAsync(partial, pieces, cancellation);
        }
        catch (FulcrumException e) when (e is not HubUnreachableException)
        {
            partial.Discard();
            throw;
        }

        partial.Publish(final);
    }

    private async Task FillAndCheckAsync(PartialFile partial, PieceTransfer pieces, CancellationToken cancellation)
    {
        long resumed = partial.Resumed;
        progress.Resume(resumed);
        bool good = await FillAsync(partial, pieces, cancellation);
        if (!good && resumed > 0)
        {
            // The kept bytes may be what is wrong: they came from an earlier process.
            partial.Clear();
            progress.Resume(0);
            good = await FillAsync(partial, pieces, cancellation);
        }

        if (!good)
        {
            throw new FulcrumException(
                $"{Printable.Message(file.Path)}: what came does not have the digest {file.Digest[..12]}… "
                    + "that the hub lists; it was discarded"
            );
        }
    }

    private async Task<bool> FillAsync(PartialFile partial, PieceTransfer pieces, CancellationToken cancellation)
    {
        using RunningDigest digest = new(file.Digest, file.Size);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task following = Task.Run(() => digest.FollowAsync(partial, ended.Token), CancellationToken.None);
        try
        {
            int[] missing =
            [
                .. Enumerable.Range(0, partial.Pieces).Where(p => partial.DoneOf(p) < partial.LengthOf(p)),
            ];
            ParallelOptions options = new() { MaxDegreeOfParallelism = PiecesAtOnce, CancellationToken = cancellation };
            await Parallel.ForEachAsync(
                missing,
                options,
                async (piece, stop) => await InTurnAsync(() => pieces.FetchAsync(partial, piece, stop), stop)
            );
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

        return digest.Matches();
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
