using System.Buffers;
using System.IO.Compression;
using System.Net;
using Fulcrum.Files;
using Polly;
using Polly.Retry;

namespace Fulcrum.Data.Hub;

/// <summary>Downloads pieces of one file. A piece is retried after a broken or silent connection and resumed by
/// <c>Range</c>.</summary>
/// <param name="address">Asks the hub for the address of the content. It is called again after a signed address has
/// expired.</param>
internal sealed class PieceTransfer(
    HubHttp http,
    HubSettings settings,
    HubFile file,
    Func<CancellationToken, Task<Uri>> address,
    TransferredFile progress
)
{
    private const int Repeats = 5;
    private const int BufferBytes = 1 << 20;
    private readonly Lock gate = new();
    private Task<Uri>? current;

    /// <summary>Hashes the bytes as they arrive.</summary>
    public required RunningDigest Digest { get; init; }

    /// <summary>Whether <see cref="RangesRefusedException"/> is thrown if the server does not serve ranges. Otherwise
    /// it is an error.</summary>
    public required bool MayRefuseRanges { get; init; }

    private string Name => Printable.Message(file.Path);

    /// <summary>Downloads the missing bytes of a piece.</summary>
    /// <exception cref="RangesRefusedException">The server does not serve ranges.</exception>
    /// <exception cref="FulcrumException">The transfer failed permanently, or the file is larger than the hub
    /// lists.</exception>
    public async Task FetchAsync(PartialFile partial, int piece, CancellationToken cancellation)
    {
        try
        {
            await Repetition().ExecuteAsync(async stop => await AdvanceAsync(partial, piece, stop), cancellation);
        }
        catch (TransientException e)
        {
            throw new HubUnreachableException(
                $"{Name}: {e.Message} (after {Repeats + 1} attempts without progress)",
                e
            );
        }
    }

    // One attempt of the retries. If a connection brought at least 1 MiB before it broke, the next one is opened at
    // once within the same attempt.
    private async Task AdvanceAsync(PartialFile partial, int piece, CancellationToken cancellation)
    {
        while (partial.DoneOf(piece) < partial.LengthOf(piece))
        {
            long before = partial.DoneOf(piece);
            try
            {
                await OnceAsync(partial, piece, cancellation);
            }
            catch (TransientException) when (partial.DoneOf(piece) - before >= Math.Min(1 << 20, (file.Size / 8) + 1))
            { }
        }
    }

    private async Task OnceAsync(PartialFile partial, int piece, CancellationToken cancellation)
    {
        Task<Uri> asked = Address(cancellation);
        Uri from = await asked;
        try
        {
            long first = partial.StartOf(piece) + partial.DoneOf(piece);
            long? last = partial.Pieces == 1 ? null : partial.StartOf(piece) + partial.LengthOf(piece) - 1;
            using HttpResponseMessage answer = await http.OpenAsync(from, first, last, cancellation);
            Check(answer, asked, partial, piece, first);
            await CopyAsync(answer, partial, piece, cancellation);
        }
        catch (HubUnreachableException e)
        {
            throw new TransientException(e.Message, null, e);
        }
        catch (Exception e) when (e is HttpRequestException || (e is IOException && e is not FileNotFoundException))
        {
            // A full disk is an IOException too, and a retry does not help.
            throw AtomicFile.IsDiskFailure(e)
                ? new FulcrumException($"{Name}: the disk is full or fails: {e.Message}", e)
                : new TransientException($"the connection was cut: {Printable.Message(e.Message)}", null, e);
        }
    }

    // One HEAD request serves all pieces. Another one is sent after the address has expired.
    private Task<Uri> Address(CancellationToken cancellation)
    {
        lock (gate)
        {
            return current ??= address(cancellation);
        }
    }

    private void Forget(Task<Uri> asked)
    {
        lock (gate)
        {
            current = current == asked ? null : current;
        }
    }

    private void Check(HttpResponseMessage answer, Task<Uri> asked, PartialFile partial, int piece, long first)
    {
        int status = (int)answer.StatusCode;
        if (HubHttp.IsTransient(answer.StatusCode) && HubHttp.IsShortEnough(HubHttp.AskedWait(answer)))
        {
            throw new TransientException($"the server answered {status}", HubHttp.AskedWait(answer));
        }

        if (answer.StatusCode is HttpStatusCode.Forbidden && !settings.IsEndpoint(asked.Result))
        {
            Forget(asked);
            throw new TransientException("the signed address was refused (403)", null);
        }

        if (answer.StatusCode is HttpStatusCode.PartialContent)
        {
            long? from = answer.Content.Headers.ContentRange?.From,
                of = answer.Content.Headers.ContentRange?.Length;
            if (from != first || (of is not null && of != file.Size))
            {
                throw Refused("the server sent another range than requested");
            }
        }
        else if (answer.StatusCode is HttpStatusCode.OK)
        {
            StartAgain(answer, partial, piece, first);
        }
        else
        {
            throw status == 416
                ? Refused("the range was refused")
                : new FulcrumException($"{Name}: {HubHttp.Place(asked.Result)} answered with status {status}");
        }
    }

    // The server sends the whole file instead of a range, so a single piece starts again from byte 0.
    private void StartAgain(HttpResponseMessage answer, PartialFile partial, int piece, long first)
    {
        if (partial.Pieces > 1)
        {
            throw Refused("the server does not serve ranges");
        }

        if (first > 0)
        {
            partial.Restart(piece);
            progress.Resume(0);
        }

        if (!IsGzip(answer) && answer.Content.Headers.ContentLength is { } length && length != file.Size)
        {
            throw new FulcrumException(
                $"{Name}: the server sends {length} bytes, the hub lists {file.Size}; the download was discarded"
            );
        }
    }

    private Exception Refused(string why) =>
        MayRefuseRanges ? new RangesRefusedException() : new FulcrumException($"{Name}: {why}");

    private async Task CopyAsync(
        HttpResponseMessage answer,
        PartialFile partial,
        int piece,
        CancellationToken cancellation
    )
    {
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            silence.CancelAfter(settings.SilenceLimit);
            await using Stream body = await answer.Content.ReadAsStreamAsync(silence.Token);
            await using Stream content = IsGzip(answer) ? new GZipStream(body, CompressionMode.Decompress) : body;
            while (await CopyBufferAsync(content, partial, piece, silence)) { }
        }
        catch (InvalidDataException e)
        {
            partial.Restart(piece);
            throw new TransientException("the content cannot be decompressed", null, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TransientException($"no bytes for {settings.SilenceLimit.TotalSeconds:0.#} s", null, e);
        }

        CheckEnd(answer, partial, piece);
    }

    // Bytes are written to the file as they arrive. The digest gets whole buffers, because handing over each arrival to
    // its thread would cost more than hashing. It reads bytes that it does not take from the file later.
    private async Task<bool> CopyBufferAsync(
        Stream content,
        PartialFile partial,
        int piece,
        CancellationTokenSource silence
    )
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        bool taken = false;
        try
        {
            long offset = partial.StartOf(piece) + partial.DoneOf(piece);
            int filled = 0;
            for (int count = -1; count != 0 && filled < BufferBytes; filled += count)
            {
                count = await content.ReadAsync(buffer.AsMemory(filled, BufferBytes - filled), silence.Token);
                silence.CancelAfter(settings.SilenceLimit);
                Append(partial, piece, buffer.AsSpan(filled, count));
            }

            taken = filled > 0 && await Digest.TakeAsync(offset, buffer, filled, silence.Token);
            partial.Release(Digest.Hashed);
            return filled == BufferBytes;
        }
        finally
        {
            if (!taken)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private void Append(PartialFile partial, int piece, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > partial.LengthOf(piece) - partial.DoneOf(piece))
        {
            throw new FulcrumException(
                $"{Name}: the file is larger than the hub lists ({file.Size} bytes); the download was discarded"
            );
        }

        partial.Append(piece, bytes);
        progress.Add(bytes.Length);
    }

    // A body without a length may end early without an error. A compressed one cannot be resumed.
    private void CheckEnd(HttpResponseMessage answer, PartialFile partial, int piece)
    {
        if (partial.DoneOf(piece) < partial.LengthOf(piece))
        {
            if (IsGzip(answer))
            {
                partial.Restart(piece);
            }

            throw new TransientException($"only {partial.Done} of {file.Size} bytes arrived", null);
        }
    }

    private static bool IsGzip(HttpResponseMessage answer) => answer.Content.Headers.ContentEncoding.Contains("gzip");

    private ResiliencePipeline Repetition() =>
        new ResiliencePipelineBuilder()
            .AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = Repeats,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = settings.FirstPause,
                    MaxDelay = HubSettings.LongestPause,
                    ShouldHandle = new PredicateBuilder().Handle<TransientException>(),
                    DelayGenerator = args =>
                        ValueTask.FromResult((args.Outcome.Exception as TransientException)?.AskedWait),
                }
            )
            .Build();

    private sealed class TransientException(string message, TimeSpan? askedWait, Exception? cause = null)
        : Exception(message, cause)
    {
        public TimeSpan? AskedWait { get; } = askedWait;
    }
}

/// <summary>The server sends only whole files, or other ranges than requested.</summary>
internal sealed class RangesRefusedException : Exception;
