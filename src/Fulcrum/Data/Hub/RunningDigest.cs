using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Computes the digest of a file while it is downloaded: SHA-256, or git's SHA-1 over a header and the
/// content.</summary>
/// <remarks>
/// One thread, in <see cref="Follow"/>, hashes the bytes in the order of the file. The threads that receive bytes hand
/// over those that come next in this order (<see cref="TakeAsync"/>). All other bytes, those of later pieces and of an
/// earlier process, are read from the file once there is no gap before them.
/// </remarks>
internal sealed class RunningDigest : IDisposable
{
    // If hashing is slower than the network, receiving waits, because the file is not complete before its digest.
    private const int MostQueuedBuffers = 16;
    private const int ReadBytes = 1 << 20;
    private const int PauseMilliseconds = 5;
    private const int Sha1Digits = 40;
    private const long NothingMore = -1;

    private readonly IncrementalHash hash;
    private readonly string expected;
    private readonly Lock gate = new();
    private readonly Queue<(byte[] Buffer, int Count)> queue = new();
    private readonly SemaphoreSlim queued = new(0);
    private readonly SemaphoreSlim freePlaces = new(MostQueuedBuffers);

    // The number of bytes from the start that are hashed. Only the hashing thread changes it.
    private long hashed;

    // The number of bytes from the start that are hashed, are in the queue, or are being read from the file. So it is
    // the offset of the only bytes that TakeAsync takes.
    private long claimed;

    /// <summary>Starts the digest of a file of known size.</summary>
    /// <param name="expected">40 hexadecimal digits for git's SHA-1, 64 for SHA-256.</param>
    /// <param name="size">The size in bytes. It is part of git's digest.</param>
    public RunningDigest(string expected, long size)
    {
        this.expected = expected;
        bool isGit = expected.Length == Sha1Digits;
        hash = IncrementalHash.CreateHash(isGit ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (isGit)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
        }
    }

    /// <summary>The number of bytes from the start that are hashed and will not be read again.</summary>
    public long Hashed => Volatile.Read(ref hashed);

    /// <summary>Returns whether a file's content has the digest.</summary>
    public static bool Matches(string path, string expected)
    {
        using Stream file = BoundedFile.Open(path, long.MaxValue);
        using RunningDigest digest = new(expected, file.Length);
        digest.HashUpTo(file.Length, (buffer, _) => file.Read(buffer));
        return digest.Matches();
    }

    /// <summary>Returns whether the hashed bytes have the expected digest.</summary>
    public bool Matches() => Convert.ToHexStringLower(hash.GetCurrentHash()) == expected;

    /// <summary>Takes bytes if they are the next ones to hash. It waits while the queue is full.</summary>
    /// <param name="offset">The offset of the bytes in the file.</param>
    /// <param name="buffer">A buffer of the shared pool. It is returned to the pool after it is hashed.</param>
    /// <param name="count">The number of bytes in the buffer.</param>
    /// <returns>False if the bytes will be read from the file later. The caller then still owns the buffer.</returns>
    public async ValueTask<bool> TakeAsync(long offset, byte[] buffer, int count, CancellationToken cancellation)
    {
        if (offset != Volatile.Read(ref claimed))
        {
            return false;
        }

        await freePlaces.WaitAsync(cancellation);
        if (!TryEnqueue(offset, buffer, count))
        {
            freePlaces.Release();
            return false;
        }

        queued.Release();
        return true;
    }

    /// <summary>Hashes a partial file while its bytes arrive, until it is complete or the download is
    /// stopped.</summary>
    public void Follow(PartialFile file, CancellationToken stopped)
    {
        try
        {
            while (hashed < file.Size && !stopped.IsCancellationRequested)
            {
                if (!HashFromQueue() && !HashFromFile(file))
                {
                    queued.Wait(PauseMilliseconds);
                }
            }
        }
        finally
        {
            lock (gate)
            {
                claimed = NothingMore;
            }

            // Callers that wait in TakeAsync continue, and it takes nothing.
            freePlaces.Release(MostQueuedBuffers);
        }
    }

    public void Dispose()
    {
        while (queue.TryDequeue(out (byte[] Buffer, int Count) unhashed))
        {
            ArrayPool<byte>.Shared.Return(unhashed.Buffer);
        }

        hash.Dispose();
        queued.Dispose();
        freePlaces.Dispose();
    }

    private bool TryEnqueue(long offset, byte[] buffer, int count)
    {
        lock (gate)
        {
            if (offset != claimed)
            {
                return false;
            }

            queue.Enqueue((buffer, count));
            claimed += count;
            return true;
        }
    }

    private bool HashFromQueue()
    {
        (byte[] Buffer, int Count) next;
        lock (gate)
        {
            if (!queue.TryDequeue(out next))
            {
                return false;
            }
        }

        hash.AppendData(next.Buffer, 0, next.Count);
        hashed += next.Count;
        ArrayPool<byte>.Shared.Return(next.Buffer);
        freePlaces.Release();
        return true;
    }

    private bool HashFromFile(PartialFile file)
    {
        if (!TryClaimFromFile(file, out long end))
        {
            return false;
        }

        HashUpTo(end, file.Read);
        return true;
    }

    // Claims the next bytes of the file, so that TakeAsync refuses them.
    private bool TryClaimFromFile(PartialFile file, out long end)
    {
        lock (gate)
        {
            long arrived = file.Contiguous;
            end = Math.Min(arrived, hashed + ReadBytes);
            // Bytes that have just been written will be handed over in memory in a moment.
            bool isFarAhead = arrived - hashed > 2 * ReadBytes || arrived == file.Size;
            if (queue.Count > 0 || !isFarAhead)
            {
                return false;
            }

            claimed = end;
            return end > hashed;
        }
    }

    private void HashUpTo(long end, ReadAt read)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            while (hashed < end)
            {
                int wanted = (int)Math.Min(buffer.Length, end - hashed);
                int count = read(buffer.AsSpan(0, wanted), hashed);
                if (count == 0)
                {
                    return;
                }

                hash.AppendData(buffer, 0, count);
                hashed += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private delegate int ReadAt(Span<byte> buffer, long offset);
}
