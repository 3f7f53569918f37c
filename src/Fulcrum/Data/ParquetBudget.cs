using System.Buffers.Binary;
using Parquet;
using Parquet.Meta;

namespace Fulcrum.Data;

/// <summary>Measures the decoded size of an untrusted Parquet file before it is decoded: a few hundred bytes can expand
/// to gigabytes.</summary>
/// <remarks>
/// The footer may lie. So the header of every page is read as well, because Parquet.Net allocates the sizes in the
/// headers. If the footer claims fewer values than the pages have, Parquet.Net refuses the file later.
/// </remarks>
internal static class ParquetBudget
{
    /// <summary>The largest number of rows times columns. With 4,000,000 in three columns <c>items</c> took
    /// 2.2 GB.</summary>
    public const long MostCells = 4_000_000;

    /// <summary>The largest number of decompressed bytes of all pages: 256 MiB.</summary>
    public const long MostBytes = 1 << 28;

    private const int LongestHeader = 1 << 16,
        MostDepth = 32,
        LongestFooter = 1 << 26;

    /// <summary>Refuses a file that would need too much memory. Returns the number of its values and of its
    /// decompressed bytes.</summary>
    /// <exception cref="FormatException">The file is too large, or a header cannot be read. The message says
    /// which.</exception>
    public static async Task<(long Cells, long Bytes)> Check(Stream stream)
    {
        long bytes = 0,
            cells = 0;
        RequireWholeFooter(stream);
        await using ParquetReader reader = await ParquetReader
            .CreateAsync(stream, leaveStreamOpen: true)
            .ConfigureAwait(false);
        FileMetaData about = reader.Metadata ?? throw new FormatException("the file has no footer");
        string[] leaves = [.. Leaves(about.Schema)];
        foreach (RowGroup group in about.RowGroups)
        {
            RequireFew(group.NumRows, group.Columns.Count);
            RequireColumns(group, leaves);
            foreach (
                ColumnMetaData column in group.Columns.Select(c =>
                    c.MetaData ?? throw new FormatException("a column has no metadata")
                )
            )
            {
                // Row groups may share their pages, and one row may hold a list of millions.
                RequireFew(column.NumValues, group.Columns.Count);
                RequireFew(cells += column.NumValues, 1);
                bytes += Pages(stream, column, MostBytes - bytes);
            }
        }

        RequireFew(
            Math.Max(about.NumRows, about.RowGroups.Sum(g => g.NumRows)),
            about.RowGroups.Select(g => g.Columns.Count).DefaultIfEmpty(0).Max()
        );
        stream.Position = 0;
        return (cells, bytes);
    }

    // Parquet.Net reads a damaged footer beyond its end and then never stops. The footer is followed by its length and
    // four letters.
    private static void RequireWholeFooter(Stream stream)
    {
        const int Tail = 8;
        byte[] tail = new byte[Tail];
        stream.Position = Math.Max(0, stream.Length - Tail);
        int read = stream.ReadAtLeast(tail, Tail, throwOnEndOfStream: false);
        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (read < Tail || length <= 0 || length > stream.Length - Tail || length > LongestFooter)
        {
            throw new FormatException("the file has no footer, or one that is too long");
        }

        byte[] footer = new byte[length];
        stream.Position = stream.Length - Tail - length;
        stream.ReadExactly(footer);
        new ThriftCursor(footer).Skip(ThriftCursor.Struct, 0);
        stream.Position = 0;
    }

    private static void RequireColumns(RowGroup group, string[] leaves)
    {
        IEnumerable<string> columns = group.Columns.Select(c => string.Join('\0', c.MetaData?.PathInSchema ?? []));
        if (!columns.SequenceEqual(leaves, StringComparer.Ordinal))
        {
            throw new FormatException("the columns of a row group are not those of the schema");
        }
    }

    // The schema is a tree in depth-first order. Its first element is the root, whose name is not part of a path.
    private static IEnumerable<string> Leaves(IReadOnlyList<SchemaElement> schema)
    {
        Stack<(string Path, int Left)> open = new([("", 1)]);
        foreach (SchemaElement element in schema)
        {
            while (open.TryPeek(out (string Path, int Left) done) && done.Left == 0)
            {
                open.Pop();
            }

            if (!open.TryPop(out (string Path, int Left) parent) || element.NumChildren < 0 || open.Count > MostDepth)
            {
                throw new FormatException("the schema is not a tree");
            }

            bool isRoot = open.Count == 0 && parent.Path.Length == 0;
            string path = isRoot || parent.Path.Length == 0 ? element.Name : $"{parent.Path}\0{element.Name}";
            open.Push(parent with { Left = parent.Left - 1 });
            if (element.NumChildren is int children and > 0)
            {
                open.Push((isRoot ? "" : path, children));
            }
            else
            {
                yield return path;
            }
        }
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
        bool hasDictionary = false;
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
            hasDictionary |= page.IsDictionary;
            if (page.NeedsDictionary && !hasDictionary)
            {
                // Parquet.Net would take the texts of another column, which its memory holds still.
                throw new FormatException("a column refers to a dictionary that it does not have");
            }

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

/// <summary>The sizes in the header of a Parquet page.</summary>
/// <param name="HeaderBytes">Bytes of the header itself.</param>
/// <param name="Decompressed">Bytes of the decompressed page.</param>
/// <param name="Compressed">Bytes of the page in the file.</param>
/// <param name="Values">The number of values.</param>
internal readonly record struct PageHead(int HeaderBytes, long Decompressed, long Compressed, long Values)
{
    // Of the format's enum Encoding.
    private const int PlainDictionary = 2,
        DeltaByteArray = 7,
        RleDictionary = 8;

    /// <summary>Whether the page is the dictionary of its column.</summary>
    public bool IsDictionary { get; private init; }

    /// <summary>Whether the page refers to a dictionary.</summary>
    public bool NeedsDictionary { get; private init; }

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
        bool dictionary = false;
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
                    dictionary = field == 7;
                    break;
                default:
                    cursor.Skip(type, 0);
                    break;
            }
        }

        if (encoding == DeltaByteArray)
        {
            throw new FormatException(
                "a column is in the encoding DELTA_BYTE_ARRAY, whose texts share prefixes without a bound; "
                    + "write it plain"
            );
        }

        return decompressed >= 0 && compressed >= 0 && values >= 0
            ? new PageHead(cursor.Position, decompressed, compressed, values)
            {
                IsDictionary = dictionary,
                NeedsDictionary = !dictionary && encoding is (PlainDictionary or RleDictionary),
            }
            : throw new FormatException("a page header lacks its sizes");
    }
}
