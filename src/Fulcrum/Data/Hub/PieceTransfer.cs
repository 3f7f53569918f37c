using System.Buffers;
using System.IO.Compression;
using System.Net;
using Fulcrum.Files;
using Polly;
using Polly.Retry;

namespace Fulcrum.Data.Hub;

/// <summary>Downloads pieces of one file. A piece is retried after a broken or silent connection and resumed by
/// <c>Range</c>.</summary>
/// <param name="findAddress">Asks the hub for the address of the content. It is called again after a signed address has
/// expired.</param>
internal sealed class PieceTransfer(
    HubHttp http,
    HubSettings settings,
    HubFile file,
    Func<CancellationToken, Task<Uri>> findAddress,
    TransferredFile progress
)
{
    private const int MostRetries = 5;
    private const int BufferBytes = 1 << 20;
    private readonly Lock gate = new();
    private Task<Uri>? address;

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
    public async Task FetchAsync(FilePiece piece, CancellationToken cancellation)
    {
        try
        {
            await Retries().ExecuteAsync(async stop => await AttemptAsync(piece, stop), cancellation);
        }
        catch (TransientException e)
        {
            throw new HubUnreachableException(
                $"{Name}: {e.Message} (after {MostRetries + 1} attempts without progress)",
                e
            );
        }
    }

    // Only an attempt without progress counts as a retry. After a connection that brought at least 1 MiB, or an eighth
    // of a small file, the next one is opened at once within the same attempt.
    private async Task AttemptAsync(FilePiece piece, CancellationToken cancellation)
    {
        long progressBytes = Math.Min(1 << 20, (file.Size / 8) + 1);
        while (!piece.IsComplete)
        {
            long before = piece.Done;
            try
            {
                await RequestAsync(piece, cancellation);
            }
            catch (TransientException) when (piece.Done - before >= progressBytes) { }
        }
    }

    private async Task RequestAsync(FilePiece piece, CancellationToken cancellation)
    {
        Task<Uri> finding = Address(cancellation);
        Uri from = await finding;
        try
        {
            long? last = piece.IsWholeFile ? null : piece.Last;
            using HttpResponseMessage response = await http.OpenAsync(from, piece.Next, last, cancellation);
            if (response.StatusCode is HttpStatusCode.Forbidden && !settings.IsEndpoint(from))
            {
                Forget(finding);
                throw new TransientException("the signed address was refused (403)");
            }

            Check(response, from, piece);
            await ReceiveAsync(response, piece, cancellation);
        }
        catch (HubUnreachableException e)
        {
            throw new TransientException(e.Message, cause: e);
        }
        catch (Exception e) when (e is HttpRequestException || (e is IOException && e is not FileNotFoundException))
        {
            // A full disk is an IOException too, and a retry does not help.
            throw AtomicFile.IsDiskFailure(e)
                ? new FulcrumException($"{Name}: the disk is full or fails: {e.Message}", e)
                : new TransientException($"the connection was cut: {Printable.Message(e.Message)}", cause: e);
        }
    }

    // One HEAD request serves all pieces. Another one is sent after the address has expired.
    private Task<Uri> Address(CancellationToken cancellation)
    {
        lock (gate)
        {
            return address ??= findAddress(cancellation);
        }
    }

    // Another piece may have asked for a new address already; that one stays.
    private void Forget(Task<Uri> expired)
    {
        lock (gate)
        {
            address = address == expired ? null : address;
        }
    }

    private void Check(HttpResponseMessage response, Uri from, FilePiece piece)
    {
        int status = (int)response.StatusCode;
        TimeSpan? wait = HubHttp.AskedWait(response);
        if (HubHttp.IsTransient(response.StatusCode) && HubHttp.IsShortEnough(wait))
        {
            throw new TransientException($"the server answered {status}", wait);
        }

        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent:
                CheckRange(response, piece);
                break;
            case HttpStatusCode.OK:
                BeginWholeFile(response, piece);
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                throw Refused("the range was refused");
            default:
                throw new FulcrumException($"{Name}: {HubHttp.Place(from)} answered with status {status}");
        }
    }

    private void CheckRange(HttpResponseMessage response, FilePiece piece)
    {
        long? start = response.Content.Headers.ContentRange?.From,
            fileBytes = response.Content.Headers.ContentRange?.Length;
        if (start != piece.Next || (fileBytes is not null && fileBytes != file.Size))
        {
            throw Refused("the server sent another range than requested");
        }
    }

    // The server sends the whole file instead of a range, so a single piece starts again from byte 0.
    private void BeginWholeFile(HttpResponseMessage response, FilePiece piece)
    {
        if (!piece.IsWholeFile)
        {
            throw Refused("the server does not serve ranges");
        }

        if (piece.Done > 0)
        {
            piece.Restart();
            progress.Resume(0);
        }

        if (!IsGzip(response) && response.Content.Headers.ContentLength is { } length && length != file.Size)
        {
            throw new FulcrumException(
                $"{Name}: the server sends {length} bytes, the hub lists {file.Size}; the download was discarded"
            );
        }
    }

    private Exception Refused(string why) =>
        MayRefuseRanges ? new RangesRefusedException() : new FulcrumException($"{Name}: {why}");

    private async Task ReceiveAsync(HttpResponseMessage response, FilePiece piece, CancellationToken cancellation)
    {
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            silence.CancelAfter(settings.SilenceLimit);
            await using Stream body = await response.Content.ReadAsStreamAsync(silence.Token);
            await using Stream content = IsGzip(response) ? new GZipStream(body, CompressionMode.Decompress) : body;
            while (await ReceiveBufferAsync(content, piece, silence)) { }
        }
        catch (InvalidDataException e)
        {
            piece.Restart();
            throw new TransientException("the content cannot be decompressed", cause: e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TransientException($"no bytes for {settings.SilenceLimit.TotalSeconds:0.#} s", cause: e);
        }

        CheckEnd(response, piece);
    }

    // Receives up to a buffer of bytes; returns false at the end of the content. The bytes are written to the file as
    // they arrive. The digest gets whole buffers, because handing over each arrival to its thread would cost more than
    // hashing. It reads bytes that it does not take from the file later.
    private async Task<bool> ReceiveBufferAsync(Stream content, FilePiece piece, CancellationTokenSource silence)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        bool isTaken = false;
        try
        {
            long offset = piece.Next;
            int filled = await FillAsync(buffer, content, piece, silence);
            isTaken = filled > 0 && await Digest.TakeAsync(offset, buffer, filled, silence.Token);
            piece.File.Release(Digest.Hashed);
            return filled == BufferBytes;
        }
        finally
        {
            if (!isTaken)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private async Task<int> FillAsync(byte[] buffer, Stream content, FilePiece piece, CancellationTokenSource silence)
    {
        int filled = 0;
        while (filled < BufferBytes)
        {
            int count = await content.ReadAsync(buffer.AsMemory(filled, BufferBytes - filled), silence.Token);
            silence.CancelAfter(settings.SilenceLimit);
            if (count == 0)
            {
                break;
            }

            Append(piece, buffer.AsSpan(filled, count));
            filled += count;
        }

        return filled;
    }

    private void Append(FilePiece piece, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > piece.Length - piece.Done)
        {
            throw new FulcrumException(
                $"{Name}: the file is larger than the hub lists ({file.Size} bytes); the download was discarded"
            );
        }

        piece.Append(bytes);
        progress.Add(bytes.Length);
    }

    // A body without a length may end early without an error. A compressed one cannot be resumed.
    private void CheckEnd(HttpResponseMessage response, FilePiece piece)
    {
        if (piece.IsComplete)
        {
            return;
        }

        if (IsGzip(response))
        {
            piece.Restart();
        }

        throw new TransientException($"only {piece.File.Done} of {file.Size} bytes arrived");
    }

    private static bool IsGzip(HttpResponseMessage response) =>
        response.Content.Headers.ContentEncoding.Contains("gzip");

    private ResiliencePipeline Retries() =>
        new ResiliencePipelineBuilder()
            .AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = MostRetries,
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

    // A failure that a retry may mend.
    private sealed class TransientException(string message, TimeSpan? askedWait = null, Exception? cause = null)
        : Exception(message, cause)
    {
        public TimeSpan? AskedWait { get; } = askedWait;
    }
}
