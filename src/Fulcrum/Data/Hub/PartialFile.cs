using System.Buffers.Binary;
using Fulcrum.Files;
using Microsoft.Win32.SafeHandles;

namespace Fulcrum.Data.Hub;

/// <summary>The bytes of a file that have arrived so far, in pieces that arrive at the same time; survives a killed
/// process.</summary>
/// <remarks>A second file next to it holds one number per piece: how many of its bytes have arrived. A number is
/// written after its bytes, so it is never too large for another process. After a power failure it may be too large;
/// then the digest does not match.</remarks>
internal sealed class PartialFile : IDisposable
{
    private const int HeaderBytes = 16;
    private const int ReleaseBytes = 16 << 20;
    private const int ReleasedAgain = 128 << 20;
    private readonly string path;
    private readonly string countPath;
    private readonly SafeFileHandle data;
    private readonly SafeFileHandle counts;
    private readonly long[] done;
    private long released;

    /// <summary>Opens the partial file of a path and takes over what it holds.</summary>
    /// <param name="pieceBytes">Size of all pieces except the last.</param>
    public PartialFile(string path, long size, long pieceBytes)
    {
        this.path = path;
        countPath = path + ".counts";
        (Size, PieceBytes) = (size, pieceBytes);
        done = new long[(size + pieceBytes - 1) / pieceBytes];
        data = File.OpenHandle(
            path,
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete
        );
        counts = File.OpenHandle(
            countPath,
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete
        );
        if (!TakeOver())
        {
            Clear();
        }

        Resumed = Done;
    }

    /// <summary>Bytes that a partial file of a path holds; 0 if there is none.</summary>
    public static long Kept(string path)
    {
        FileInfo file = new(path + ".counts");
        if (!file.Exists || file.Length is < HeaderBytes or > 1 << 24)
        {
            return 0;
        }

        byte[] kept = File.ReadAllBytes(file.FullName);
        return Enumerable
            .Range(0, (kept.Length - HeaderBytes) / 8)
            .Sum(p => Math.Max(0, BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(HeaderBytes + (8 * p)))));
    }

    public long Size { get; }

    public long PieceBytes { get; }

    public int Pieces => done.Length;

    /// <summary>Bytes that an earlier attempt or process had left.</summary>
    public long Resumed { get; private set; }

    /// <summary>Bytes that are there.</summary>
    public long Done => Enumerable.Range(0, done.Length).Sum(DoneOf);

    public bool IsComplete => Done == Size;

    /// <summary>Bytes from the start without a gap.</summary>
    public long Contiguous
    {
        get
        {
            int piece = 0;
            for (; piece < done.Length && DoneOf(piece) == LengthOf(piece); piece++) { }

            return piece == done.Length ? Size : StartOf(piece) + DoneOf(piece);
        }
    }

    public long StartOf(int piece) => piece * PieceBytes;

    public long LengthOf(int piece) => Math.Min(PieceBytes, Size - StartOf(piece));

    public long DoneOf(int piece) => Volatile.Read(ref done[piece]);

    /// <summary>Appends bytes to a piece.</summary>
    public void Append(int piece, ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(data, bytes, StartOf(piece) + done[piece]);
        Set(piece, done[piece] + bytes.Length);
    }

    /// <summary>Whether something that had arrived was forgotten and sent again.</summary>
    public bool IsRestarted { get; private set; }

    /// <summary>Forgets what has arrived of a piece.</summary>
    public void Restart(int piece)
    {
        IsRestarted = true;
        Set(piece, 0);
    }

    /// <summary>Whether the content has a digest; reads all of it.</summary>
    public bool Matches(string digest) => RunningDigest.Matches(path, digest);

    /// <summary>Reads bytes that are there.</summary>
    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(data, buffer, offset);

    /// <summary>Lets the system write the bytes before an offset to the disk and drop them from memory, where it knows
    /// how (Linux).</summary>
    /// <remarks>A large file would otherwise replace what other processes keep in memory, and taking so much memory can
    /// cost more than the rest of the transfer: a virtual machine has to ask its host for each page. Bytes of preceding
    /// calls are named again, because only those that have reached the disk are dropped.</remarks>
    public void Release(long end)
    {
        long before = Volatile.Read(ref released);
        if (
            OperatingSystem.IsLinux()
            && end - before >= ReleaseBytes
            && Interlocked.CompareExchange(ref released, end, before) == before
        )
        {
            long from = Math.Max(0, before - ReleasedAgain);
            _ = Libc.Advise(data, from, end - from, Libc.NotNeeded);
        }
    }

    /// <summary>Forgets all that has arrived.</summary>
    public void Clear()
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt64LittleEndian(header, Size);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], PieceBytes);
        RandomAccess.SetLength(data, 0);
        RandomAccess.SetLength(counts, 0);
        RandomAccess.Write(counts, header, 0);
        RandomAccess.SetLength(counts, HeaderBytes + (8L * done.Length));
        Array.Clear(done);
        (Resumed, released) = (0, 0);
    }

    /// <summary>Gives the file its name.</summary>
    /// <remarks>It is not flushed to the disk, which would take as long as the transfer. After a power failure the size
    /// tells most damaged contents, and they can be fetched again.</remarks>
    public void Publish(string final)
    {
        Dispose();
        File.Move(path, final, overwrite: true);
        File.Delete(countPath);
    }

    /// <summary>Deletes both files.</summary>
    public void Discard()
    {
        Dispose();
        File.Delete(path);
        File.Delete(countPath);
    }

    public void Dispose()
    {
        data.Dispose();
        counts.Dispose();
    }

    private void Set(int piece, long bytes)
    {
        Span<byte> count = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(count, bytes);
        RandomAccess.Write(counts, count, HeaderBytes + (8L * piece));
        Volatile.Write(ref done[piece], bytes);
    }

    private bool TakeOver()
    {
        byte[] kept = new byte[HeaderBytes + (8 * done.Length)];
        bool same =
            RandomAccess.GetLength(counts) == kept.Length
            && RandomAccess.Read(counts, kept, 0) == kept.Length
            && BinaryPrimitives.ReadInt64LittleEndian(kept) == Size
            && BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(8)) == PieceBytes;
        long length = RandomAccess.GetLength(data);
        for (int piece = 0; same && piece < done.Length; piece++)
        {
            done[piece] = BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(HeaderBytes + (8 * piece)));
            same =
                done[piece] >= 0
                && done[piece] <= LengthOf(piece)
                && (done[piece] == 0 || StartOf(piece) + done[piece] <= length);
        }

        return same;
    }
}
