using Parquet;
using Parquet.Meta;

namespace Fulcrum.Data;

/// <summary>Counts what a Parquet file holds before anything of it is decoded: a few hundred bytes can stand for
/// gigabytes.</summary>
/// <remarks>
/// The footer's figures are claims. The header of every page is read as well, because the reader allocates what the
/// headers say. A file whose footer claims fewer values than its pages hold is refused by the reader later; it cannot
/// hold more than was counted here.
/// </remarks>
internal static class ParquetBudget
{
    /// <summary>Rows times columns: 4,000,000 need about 0.5 GB as rows with names.</summary>
    public const long MostCells = 4_000_000;

    /// <summary>Bytes of all pages, decompressed: 256 MiB.</summary>
    public const long MostBytes = 1 << 28;

    private const int LongestHeader = 1 << 16;

    /// <summary>Refuses a file that would need too much memory.</summary>
    /// <exception cref="FormatException">It holds too much, or a page header cannot be read; says which.</exception>
    public static async Task Check(Stream stream)
    {
        long bytes = 0;
        await using ParquetReader reader = await ParquetReader
            .CreateAsync(stream, leaveStreamOpen: true)
            .ConfigureAwait(false);
        FileMetaData about = reader.Metadata ?? throw new FormatException("the file has no footer");
        foreach (RowGroup group in about.RowGroups)
        {
            RequireFew(group.NumRows, group.Columns.Count);
            foreach (
                ColumnMetaData column in group.Columns.Select(c =>
                    c.MetaData ?? throw new FormatException("a column has no metadata")
                )
            )
            {
                RequireFew(column.NumValues, group.Columns.Count);
                bytes += Pages(stream, column, MostBytes - bytes);
            }
        }

        RequireFew(
            Math.Max(about.NumRows, about.RowGroups.Sum(g => g.NumRows)),
            about.RowGroups.Select(g => g.Columns.Count).DefaultIfEmpty(0).Max()
        );
        stream.Position = 0;
    }

    private static void RequireFew(long rows, int columns)
    {
        if (rows < 0 || rows > MostCells / Math.Max(1, columns))
        {
            throw new FormatException(
                $"{rows} rows of {columns} columns are more than the {MostCells} cells that are read; split the file"
            );
        }
    }

    private static long Pages(Stream stream, ColumnMetaData column, long left)
    {
        long at = Math.Min(column.DataPageOffset, column.DictionaryPageOffset ?? long.MaxValue),
            end = at + column.TotalCompressedSize,
            bytes = 0;
        if (at < 0 || column.TotalCompressedSize < 0 || end > stream.Length)
        {
            throw new FormatException("a column lies outside the file");
        }

        while (at < end)
        {
            stream.Position = at;
            byte[] header = new byte[(int)Math.Min(LongestHeader, end - at)];
            stream.ReadExactly(header);
            PageHead page = PageHead.Read(header);
            bytes += page.Decompressed;
            RequireFew(page.Values, 1);
            if (bytes > left)
            {
                throw new FormatException(
                    $"its pages hold more than the {MostBytes} bytes that are read; split the file"
                );
            }

            at += page.HeaderBytes + page.Compressed;
        }

        return bytes;
    }
}

/// <summary>What a page header says of the page's size.</summary>
internal readonly record struct PageHead(int HeaderBytes, long Decompressed, long Compressed, long Values)
{
    private const int PrefixCoded = 7;

    /// <summary>Reads the header at the beginning of some bytes (Thrift's compact protocol, as the Parquet format
    /// defines PageHeader).</summary>
    /// <exception cref="FormatException">It is not a page header.</exception>
    public static PageHead Read(ReadOnlySpan<byte> bytes)
    {
        ThriftCursor cursor = new(bytes);
        long decompressed = -1,
            compressed = -1,
            values = 0,
            encoding = 0;
        for (int field = 0; cursor.NextField(ref field, out int type); )
        {
            switch (field, type)
            {
                case (2, ThriftCursor.Int32):
                    decompressed = cursor.Number();
                    break;
                case (3, ThriftCursor.Int32):
                    compressed = cursor.Number();
                    break;
                case (5 or 7 or 8, ThriftCursor.Struct): // data page, dictionary page, data page of version 2
                    (values, encoding) = cursor.PageNumbers(encodingField: field == 8 ? 4 : 2);
                    break;
                default:
                    cursor.Skip(type, 0);
                    break;
            }
        }

        if (encoding == PrefixCoded)
        {
            throw new FormatException(
                "a column is in the encoding DELTA_BYTE_ARRAY, whose texts share prefixes without a bound; "
                    + "write it plain"
            );
        }

        return decompressed >= 0 && compressed >= 0 && values >= 0
            ? new PageHead(cursor.Position, decompressed, compressed, values)
            : throw new FormatException("a page header lacks its sizes");
    }
}

/// <summary>Reads as much of Thrift's compact protocol as page headers need.</summary>
internal ref struct ThriftCursor(ReadOnlySpan<byte> bytes)
{
    public const int Int32 = 5,
        Struct = 12;
    private const int True = 1,
        False = 2,
        Byte = 3,
        Int16 = 4,
        Int64 = 6,
        Double = 7,
        Binary = 8,
        List = 9,
        Set = 10;
    private const int Deepest = 8;
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Reads the head of a field; false at the end of the structure.</summary>
    public bool NextField(ref int field, out int type)
    {
        int head = Next();
        type = head & 15;
        field = (head >> 4) == 0 && type != 0 ? (int)Number() : field + (head >> 4);
        return type != 0;
    }

    /// <summary>Reads a whole number in zigzag form.</summary>
    public long Number()
    {
        ulong raw = Unsigned();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    /// <summary>Reads the header of one kind of page; returns its number of values, which is its first field, and its
    /// encoding.</summary>
    public (long Values, long Encoding) PageNumbers(int encodingField)
    {
        long values = -1,
            encoding = 0;
        for (int field = 0; NextField(ref field, out int type); )
        {
            if (field == 1 && type == Int32)
            {
                values = Number();
            }
            else if (field == encodingField && type == Int32)
            {
                encoding = Number();
            }
            else
            {
                Skip(type, 1);
            }
        }

        return (values, encoding);
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(int type, int depth)
    {
        switch (type)
        {
            case True or False:
                break;
            case Byte:
                Next();
                break;
            case Int16 or Int32 or Int64:
                Unsigned();
                break;
            case Double:
                Pass(8);
                break;
            case Binary:
                Pass(Unsigned());
                break;
            case Struct when depth < Deepest:
                for (int field = 0; NextField(ref field, out int inner); )
                {
                    Skip(inner, depth + 1);
                }

                break;
            case List or Set when depth < Deepest:
                SkipList(depth);
                break;
            default:
                throw new FormatException("a page header cannot be read");
        }
    }

    private void SkipList(int depth)
    {
        int head = Next();
        ulong count = (head >> 4) == 15 ? Unsigned() : (ulong)(head >> 4);
        for (ulong i = 0; i < count; i++)
        {
            // In a list a truth value has a byte of its own.
            Skip((head & 15) is True or False ? Byte : head & 15, depth + 1);
        }
    }

    private ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = Next();
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }

        throw new FormatException("a page header cannot be read");
    }

    private int Next() =>
        Position < bytes.Length ? bytes[Position++] : throw new FormatException("a page header ends too early");

    private void Pass(ulong count)
    {
        Position =
            count <= (ulong)(bytes.Length - Position)
                ? Position + (int)count
                : throw new FormatException("a page header ends too early");
    }
}
