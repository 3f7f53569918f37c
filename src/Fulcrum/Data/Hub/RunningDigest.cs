using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Computes the digest of a file while it is downloaded: SHA-256, or git's SHA-1 over a header and the
/// content.</summary>
/// <remarks>
/// A separate thread hashes the bytes in the order of the file. The next bytes in this order are handed over in memory
/// by <see cref="TakeAsync"/>. The others (bytes of later pieces and of an earlier process) are read from the file once
/// there is no gap before them.
/// </remarks>
internal sealed class RunningDigest : IDisposable
{
    // The largest number of buffers in memory that wait to be hashed. If hashing is slower than the network, receiving
    // waits, because the file is not complete before its digest.
    private const int MostWaiting = 16;
    private const int ReadBytes = 1 << 20;

    private const int GitDigits = 40;
    private const long Ended = -1;
    private readonly IncrementalHash hash;
    private readonly string expected;
    private readonly Queue<(byte[] Buffer, int Count)> waiting = new();
    private readonly Lock gate = new();
    private readonly SemaphoreSlim arrived = new(0);
    private readonly SemaphoreSlim room = new(MostWaiting);

    // Bytes that are hashed.
    private long read;

    // Bytes that are hashed or wait in memory.
    private long taken;

    /// <summary>Starts the digest of a file of known size.</summary>
    /// <param name="expected">40 hexadecimal digits for git's SHA-1, 64 for SHA-256.</param>
    public RunningDigest(string expected, long size)
    {
        this.expected = expected;
        bool git = expected.Length == GitDigits;
        hash = IncrementalHash.CreateHash(git ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (git)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
        }
    }

    /// <summary>The number of bytes from the start that are hashed and will not be read again.</summary>
    public long Hashed => Volatile.Read(ref read);

    /// <summary>Returns whether a file's content has the digest.</summary>
    public static bool Matches(string path, string expected)
    {
        using Stream file = BoundedFile.Open(path, long.MaxValue);
        using RunningDigest digest = new(expected, file.Length);
        digest.Advance((b, _) => file.Read(b), file.Length);
        return digest.Matches();
    }

    /// <summary>Takes bytes if they are the next ones of the file. It waits while too many buffers wait to be
    /// hashed.</summary>
    /// <param name="buffer">A buffer of the shared pool. It is returned to the pool after it is hashed.</param>
    /// <returns>False if the bytes will be read from the file later. The caller then still owns the buffer.</returns>
    public async ValueTask<bool> TakeAsync(long offset, byte[] buffer, int count, CancellationToken cancellation)
    {
        if (offset != Volatile.Read(ref taken))
        {
            return false;
        }

        await room.WaitAsync(cancellation);
        if (!Enqueue(offset, buffer, count))
        {
            room.Release();
            return false;
        }

        arrived.Release();
        return true;
    }

    /// <summary>Hashes a partial file while its bytes arrive, until it is complete or the download is
    /// stopped.</summary>
    public void Follow(PartialFile file, CancellationToken stopped)
    {
        try
        {
            while (read < file.Size && !stopped.IsCancellationRequested)
            {
                if (!HashWaiting() && !HashFile(file))
                {
                    arrived.Wait(5);
                }
            }
        }
        finally
        {
            // From here on TakeAsync takes nothing, and callers that wait in it return.
            lock (gate)
            {
                taken = Ended;
            }

            room.Release(MostWaiting);
        }
    }

    /// <summary>Returns whether the hashed bytes have the expected digest.</summary>
    public bool Matches() => Convert.ToHexStringLower(hash.GetCurrentHash()) == expected;

    public void Dispose()
    {
        while (waiting.TryDequeue(out (byte[] Buffer, int Count) left))
        {
            ArrayPool<byte>.Shared.Return(left.Buffer);
        }

        hash.Dispose();
        arrived.Dispose();
        room.Dispose();
    }

    private bool HashWaiting()
    {
        (byte[] Buffer, int Count) next;
        lock (gate)
        {
            if (!waiting.TryDequeue(out next))
            {
                return false;
            }
        }

        hash.AppendData(next.Buffer, 0, next.Count);
        read += next.Count;
        ArrayPool<byte>.Shared.Return(next.Buffer);
        room.Release();
        return true;
    }

    private bool HashFile(PartialFile file)
    {
        long until = Claim(file);
        if (until == read)
        {
            return false;
        }

        Advance(file.Read, until);
        return true;
    }

    private bool Enqueue(long offset, byte[] buffer, int count)
    {
        lock (gate)
        {
            if (offset != taken)
            {
                return false;
            }

            waiting.Enqueue((buffer, count));
            taken += count;
            return true;
        }
    }

    // Returns the offset up to which the file is read next. TakeAsync refuses these bytes meanwhile.
    private long Claim(PartialFile file)
    {
        lock (gate)
        {
            // Bytes that have just been written will be handed over in memory in a moment.
            long there = file.Contiguous;
            bool ready = there - read > 2 * ReadBytes || there == file.Size;
            if (waiting.Count == 0 && ready)
            {
                taken = Math.Min(there, read + ReadBytes);
                return taken;
            }

            return read;
        }
    }

    private void Advance(ReadFrom source, long until)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            while (read < until)
            {
                int count = source(buffer.AsSpan(0, (int)Math.Min(buffer.Length, until - read)), read);
                if (count == 0)
                {
                    return;
                }

                hash.AppendData(buffer, 0, count);
                read += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private delegate int ReadFrom(Span<byte> buffer, long offset);
}
