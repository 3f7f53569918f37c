namespace Fulcrum.Files;

/// <summary>A stream of lines that refuses a line without end, before it fills the memory.</summary>
/// <param name="most">Bytes of a line.</param>
/// <param name="mostInAll">Bytes of all lines. The size of a packed file says nothing of them.</param>
internal sealed class LineLimit(
    Stream inner,
    string name,
    long most = LineLimit.LongestLine,
    long mostInAll = long.MaxValue
) : Stream
{
    /// <summary>Bytes of one line.</summary>
    public const long LongestLine = 1 << 26;

    private long open,
        all;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer),
            last = buffer[..read].LastIndexOf((byte)'\n');
        open = last >= 0 ? read - last - 1 : open + read;
        all += read;
        if (all > mostInAll)
        {
            throw new InputException($"{name}: more than {mostInAll} bytes, too many to be read");
        }

        return open <= most ? read : throw new InputException($"{name}: a line is longer than {most} bytes");
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
