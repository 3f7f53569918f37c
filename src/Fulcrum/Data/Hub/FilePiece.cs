namespace Fulcrum.Data.Hub;

/// <summary>A range of a file that one connection downloads from its start to its end.</summary>
/// <param name="Index">The place of the piece in the file, from 0.</param>
internal readonly record struct FilePiece(PartialFile File, int Index)
{
    /// <summary>The offset of the first byte in the file.</summary>
    public long Start => Index * File.PieceBytes;

    /// <summary>The number of bytes.</summary>
    public long Length => Math.Min(File.PieceBytes, File.Size - Start);

    /// <summary>The number of bytes that have arrived.</summary>
    public long Done => File.DoneOf(Index);

    /// <summary>The offset in the file of the first byte that has not arrived.</summary>
    public long Next => Start + Done;

    /// <summary>The offset in the file of the last byte.</summary>
    public long Last => Start + Length - 1;

    /// <summary>Whether all bytes have arrived.</summary>
    public bool IsComplete => Done == Length;

    /// <summary>Whether the file has no other piece.</summary>
    public bool IsWholeFile => File.Pieces.Count == 1;

    /// <summary>Appends bytes that have arrived.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => File.Append(this, bytes);

    /// <summary>Starts the piece again from its first byte.</summary>
    public void Restart() => File.Restart(this);
}
