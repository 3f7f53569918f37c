using System.Buffers;
using System.IO.Compression;
using System.Net;
using Fulcrum.Files;
using Polly;
using Polly.Retry;

namespace Fulcrum.Data.Hub;

/// <summary>Fetches pieces of one content: repeated after cuts and silence, resumed by <c>Range</c>.</summary>
/// <param name="address">Asks the hub for the content's address, again after a signed address has expired.</param>
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
    private readonly Lock turn = new();
    private Task<Uri>? current;

    /// <summary>Gets the bytes as they arrive.</summary>
    public required RunningDigest Digest { get; init; }

    /// <summary>Whether a server that does not serve ranges is reported by
    /// <see cref="RangesRefusedException"/>.</summary>
    public required bool MayRefuseRanges { get; init; }

    private string Name => Printable.Message(file.Path);

    /// <summary>Fetches what is missing of a piece.</summary>
    /// <exception cref="RangesRefusedException">The server does not serve ranges.</exception>
    /// <exception cref="FulcrumException">The transfer failed for good, or more came than the hub lists.</exception>
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

    // One attempt: as long as cut connections bring bytes, the next one is opened at once.
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
            // A full disk is an IOException too, and repeating does not help.
            throw IsFull(e)
                ? new FulcrumException($"{Name}: the disk is full: {e.Message}", e)
                : new TransientException($"the connection was cut: {Printable.Message(e.Message)}", null, e);
        }
    }

    // One HEAD serves all pieces; another one is sent when the address has expired.
    private Task<Uri> Address(CancellationToken cancellation)
    {
        lock (turn)
        {
            return current ??= address(cancellation);
        }
    }

    private void Forget(Task<Uri> asked)
    {
        lock (turn)
        {
            current = current == asked ? null : current;
        }
    }

    private void Check(HttpResponseMessage answer, Task<Uri> asked, PartialFile partial, int piece, long first)
    {
        int status = (int)answer.StatusCode;
        if (HubHttp.IsTransient(answer.StatusCode) && HubHttp.IsBearable(HubHttp.AskedWait(answer)))
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
                throw Refused("a range came that was not asked for");
            }
        }
        else if (answer.StatusCode is HttpStatusCode.OK)
        {
            BeginAnew(answer, partial, piece, first);
        }
        else
        {
            throw status == 416
                ? Refused("the range was refused")
                : new FulcrumException($"{Name}: {HubHttp.Place(asked.Result)} answered with status {status}");
        }
    }

    // The whole content came, which is right from byte 0 on only.
    private void BeginAnew(HttpResponseMessage answer, PartialFile partial, int piece, long first)
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
                $"{Name}: {length} bytes came where the hub lists {file.Size}; it was discarded"
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
            while (await CopyPortionAsync(content, partial, piece, silence)) { }
        }
        catch (InvalidDataException e)
        {
            partial.Restart(piece);
            throw new TransientException("what came cannot be unpacked", null, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TransientException($"no bytes for {settings.SilenceLimit.TotalSeconds:0.#} s", null, e);
        }

        CheckEnd(answer, partial, piece);
    }

    // Bytes are written as they arrive. The digest takes whole buffers: handing over each arrival costs more than
    // hashing it. What it does not take, it reads from the file later.
    private async Task<bool> CopyPortionAsync(
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
            throw new FulcrumException($"{Name}: more bytes came than the hub lists ({file.Size}); it was discarded");
        }

        partial.Append(piece, bytes);
        progress.Add(bytes.Length);
    }

    // A body without a length may end early without a word; a packed one cannot be continued.
    private void CheckEnd(HttpResponseMessage answer, PartialFile partial, int piece)
    {
        if (partial.DoneOf(piece) < partial.LengthOf(piece))
        {
            if (IsGzip(answer))
            {
                partial.Restart(piece);
            }

            throw new TransientException($"only {partial.Done} of {file.Size} bytes came", null);
        }
    }

    private static bool IsGzip(HttpResponseMessage answer) => answer.Content.Headers.ContentEncoding.Contains("gzip");

    private static bool IsFull(Exception e) => e.HResult is 28 or unchecked((int)0x80070070);

    private ResiliencePipeline Repetition() =>
        new ResiliencePipelineBuilder()
            .AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = Repeats,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = settings.FirstPause,
                    MaxDelay = TimeSpan.FromSeconds(8),
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

/// <summary>A server sends whole files only, or other ranges than were asked for.</summary>
internal sealed class RangesRefusedException : Exception;
