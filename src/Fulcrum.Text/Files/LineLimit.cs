namespace Fulcrum.Files;

/// <summary>A stream of text that throws when a line becomes too long, before the line fills the memory.</summary>
/// <param name="name">Names the file in errors.</param>
/// <param name="most">The largest number of bytes of a line.</param>
/// <param name="mostInAll">The largest number of bytes of all lines together. A small compressed file may expand to
/// many.</param>
internal sealed class LineLimit(
    Stream inner,
    string name,
    long most = LineLimit.LongestLine,
    long mostInAll = long.MaxValue
) : Stream
{
    /// <summary>The usual limit of a line in bytes: 64 MiB.</summary>
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
