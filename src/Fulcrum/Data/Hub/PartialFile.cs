using System.Buffers.Binary;
using Fulcrum.Files;
using Microsoft.Win32.SafeHandles;

namespace Fulcrum.Data.Hub;

/// <summary>A file that is being downloaded in several pieces at the same time. A later process can resume it after
/// this one was killed.</summary>
/// <remarks>A second file (<c>.counts</c>) has one number per piece: how many of its bytes have arrived. A number is
/// written after its bytes, so after a killed process it is never too large. After a power failure it may be too large;
/// then the digest does not match, and the file is downloaded again.</remarks>
internal sealed class PartialFile : IDisposable
{
    private const int HeaderBytes = 16; // size of the file and of a piece, 8 bytes each
    private const int CountBytes = 8; // of one piece
    private const int LargestCountFile = 1 << 24;

    // Written pages are released every 16 MiB, and those of the 128 MiB before once more.
    private const int ReleaseBytes = 16 << 20;
    private const int ReleasedAgain = 128 << 20;
    private readonly string path;
    private readonly string countPath;
    private readonly SafeFileHandle data;
    private readonly SafeFileHandle counts;
    private readonly long[] done; // bytes of each piece that have arrived
    private long released; // the offset up to which pages were released

    /// <summary>Opens a partial file and resumes it, or creates it.</summary>
    /// <param name="path">The file; the numbers are in a file beside it.</param>
    /// <param name="size">The size of the complete file in bytes.</param>
    /// <param name="pieceBytes">Size of all pieces except the last. A file with another size is started again.</param>
    public PartialFile(string path, long size, long pieceBytes)
    {
        this.path = path;
        countPath = CountPath(path);
        (Size, PieceBytes) = (size, pieceBytes);
        done = new long[(size + pieceBytes - 1) / pieceBytes];
        Pieces = [.. Enumerable.Range(0, done.Length).Select(i => new FilePiece(this, i))];
        data = Open(path);
        counts = Open(countPath);
        if (!TryResume())
        {
            Clear();
        }

        Resumed = Done;
    }

    /// <summary>Returns the number of bytes that a partial file has; 0 if it does not exist.</summary>
    public static long BytesIn(string path)
    {
        FileInfo file = new(CountPath(path));
        if (!file.Exists || file.Length is < HeaderBytes or > LargestCountFile)
        {
            return 0;
        }

        byte[] kept = File.ReadAllBytes(file.FullName);
        int pieces = (kept.Length - HeaderBytes) / CountBytes;
        return Enumerable.Range(0, pieces).Sum(piece => Math.Max(0, CountIn(kept, piece)));
    }

    /// <summary>The size of the complete file in bytes.</summary>
    public long Size { get; }

    /// <summary>The size in bytes of all pieces except the last.</summary>
    public long PieceBytes { get; }

    /// <summary>The pieces in the order of the file.</summary>
    public IReadOnlyList<FilePiece> Pieces { get; }

    /// <summary>Bytes that an earlier attempt or process left.</summary>
    public long Resumed { get; private set; }

    /// <summary>Bytes that have arrived.</summary>
    public long Done => Pieces.Sum(p => p.Done);

    /// <summary>Whether a piece was started again after some of its bytes had arrived.</summary>
    public bool IsRestarted { get; private set; }

    /// <summary>The number of bytes from the start of the file to the first gap.</summary>
    public long Contiguous
    {
        get
        {
            foreach (FilePiece piece in Pieces)
            {
                long next = piece.Next;
                if (next <= piece.Last)
                {
                    return next;
                }
            }

            return Size;
        }
    }

    /// <summary>Returns how many bytes of a piece have arrived.</summary>
    public long DoneOf(int piece) => Volatile.Read(ref done[piece]);

    /// <summary>Appends bytes to a piece.</summary>
    public void Append(FilePiece piece, ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(data, bytes, piece.Next);
        SetDone(piece.Index, piece.Done + bytes.Length);
    }

    /// <summary>Starts a piece again from its first byte.</summary>
    public void Restart(FilePiece piece)
    {
        IsRestarted = true;
        SetDone(piece.Index, 0);
    }

    /// <summary>Returns whether the content has a digest. It reads the whole file.</summary>
    public bool Matches(string digest) => RunningDigest.Matches(path, digest);

    /// <summary>Reads bytes that have arrived.</summary>
    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(data, buffer, offset);

    /// <summary>Asks Linux to write the bytes before an offset to the disk and to drop them from the page
    /// cache.</summary>
    /// <remarks>A large file would otherwise displace the cached files of other processes. In a virtual machine each
    /// new page must be requested from the host, which can cost more time than the download itself
    /// (docs/decisions/0083-downloads-leave-memory.md). Linux drops only pages that are already on the disk, so each
    /// call includes the range of the calls before.</remarks>
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

    /// <summary>Starts the whole file again.</summary>
    public void Clear()
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt64LittleEndian(header, Size);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], PieceBytes);
        RandomAccess.SetLength(data, 0);
        RandomAccess.SetLength(counts, 0);
        RandomAccess.Write(counts, header, 0);
        RandomAccess.SetLength(counts, HeaderBytes + ((long)CountBytes * done.Length));
        Array.Clear(done);
        (Resumed, released) = (0, 0);
    }

    /// <summary>Renames the complete file to its final path.</summary>
    /// <remarks>It is not flushed to the disk, which would take as long as the download. After a power failure most
    /// damaged files have a wrong size and are downloaded again.</remarks>
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

    private static string CountPath(string path) => path + ".counts";

    // Another process may read, rename or delete the file meanwhile.
    private static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private static long CountIn(ReadOnlySpan<byte> counts, int piece) =>
        BinaryPrimitives.ReadInt64LittleEndian(counts[(HeaderBytes + (CountBytes * piece))..]);

    private void SetDone(int piece, long bytes)
    {
        Span<byte> count = stackalloc byte[CountBytes];
        BinaryPrimitives.WriteInt64LittleEndian(count, bytes);
        RandomAccess.Write(counts, count, HeaderBytes + ((long)CountBytes * piece));
        Volatile.Write(ref done[piece], bytes);
    }

    // Reads the numbers of an earlier process; returns false if they do not fit the file.
    private bool TryResume()
    {
        byte[] kept = new byte[HeaderBytes + (CountBytes * done.Length)];
        bool isSameFile =
            RandomAccess.GetLength(counts) == kept.Length
            && RandomAccess.Read(counts, kept, 0) == kept.Length
            && BinaryPrimitives.ReadInt64LittleEndian(kept) == Size
            && BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(8)) == PieceBytes;
        if (!isSameFile)
        {
            return false;
        }

        long written = RandomAccess.GetLength(data);
        foreach (FilePiece piece in Pieces)
        {
            long count = CountIn(kept, piece.Index);
            bool isPossible = count >= 0 && count <= piece.Length && (count == 0 || piece.Start + count <= written);
            if (!isPossible)
            {
                return false;
            }

            done[piece.Index] = count;
        }

        return true;
    }
}
