using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Fulcrum.Tests;

/// <summary>Writes Parquet files of three columns of equal texts, so that few bytes stand for many (the format's own
/// description is followed: pages with Thrift headers, a footer).</summary>
internal static class LargeParquet
{
    private const int Int = 5,
        Long = 6,
        Text = 8,
        Struct = 12,
        Utf8Type = 6;

    private const int DeltaByteArray = 7,
        RleDictionary = 8;

    /// <summary>Returns the file of a name. Each but small has a column that must not be decoded.</summary>
    public static byte[] Of(string name) =>
        Path.GetFileNameWithoutExtension(name) switch
        {
            "claims" => File(rows: 20, cell: 20, claim: 9_000_000_000),
            "run-length" => File(rows: 90_000_000, cell: 200, dictionary: true),
            "gzip" => File(rows: 2_000, cell: 200_000, gzip: true),
            "page-claims" => File(rows: 20, cell: 20, pageClaim: 1 << 29),
            "outside" => File(rows: 20, cell: 20, place: 1L << 40),
            "no-dictionary" => File(rows: 20, cell: 20, encoding: RleDictionary),
            "delta" => File(rows: 20, cell: 20, encoding: DeltaByteArray),
            "small" => File(rows: 20, cell: 20),
            _ => throw new ArgumentException($"there is no file {name}", nameof(name)),
        };

    private static byte[] File(
        int rows,
        int cell,
        long? claim = null,
        bool dictionary = false,
        bool gzip = false,
        int? pageClaim = null,
        long? place = null,
        int? encoding = null
    )
    {
        using MemoryStream file = new();
        file.Write("PAR1"u8);
        byte[] text = [.. Bytes(cell), .. Enumerable.Repeat((byte)'x', cell)];
        byte[] content = dictionary ? [1, .. Number((ulong)rows << 1), 0] : Repeated(text, rows);
        byte[] packed = gzip ? Gzip(content) : content;
        List<byte[]> chunks = [];
        foreach (string column in (string[])["question", "options", "answer"])
        {
            long start = file.Position;
            if (dictionary)
            {
                file.Write(Page(2, text.Length, text, (7, Int, Body((1, Int, Zigzag(1)), (2, Int, Zigzag(0))))));
            }

            long data = file.Position;
            byte[] about = Body(
                (1, Int, Zigzag(rows)),
                (2, Int, Zigzag(encoding ?? (dictionary ? RleDictionary : 0))),
                (3, Int, Zigzag(3)),
                (4, Int, Zigzag(3))
            );
            file.Write(Page(0, pageClaim ?? content.Length, packed, (5, Int, about)));
            long size = file.Position - start;
            byte[] meta = Body(
                (1, Int, Zigzag(6)),
                (2, 9, [0x35, .. Zigzag(0), .. Zigzag(3), .. Zigzag(8)]),
                (3, 9, [0x18, .. Chars(column)]),
                (4, Int, Zigzag(gzip ? 2 : 0)),
                (5, Long, Zigzag(claim ?? rows)),
                (6, Long, Zigzag(size)),
                (7, Long, Zigzag(size)),
                (9, Long, Zigzag(place ?? data)),
                (11, Long, dictionary ? Zigzag(start) : [])
            );
            chunks.Add(Body((2, Long, Zigzag(start)), (3, Struct, meta)));
        }

        byte[] group = Body(
            (1, 9, [0x3c, .. chunks.SelectMany(c => c)]),
            (2, Long, Zigzag(file.Position)),
            (3, Long, Zigzag(claim ?? rows))
        );
        IEnumerable<byte[]> columns = ((string[])["question", "options", "answer"]).Select(n =>
            Body((1, Int, Zigzag(Utf8Type)), (3, Int, Zigzag(0)), (4, Text, Chars(n)), (6, Int, Zigzag(0)))
        );
        byte[] schema = [0x4c, .. Body((4, Text, Chars("rows")), (5, Int, Zigzag(3))), .. columns.SelectMany(c => c)];
        byte[] footer = Body(
            (1, Int, Zigzag(1)),
            (2, 9, schema),
            (3, Long, Zigzag(claim ?? rows)),
            (4, 9, [0x1c, .. group])
        );
        file.Write(footer);
        file.Write(Bytes(footer.Length));
        file.Write("PAR1"u8);
        return file.ToArray();
    }

    private static byte[] Page(int kind, int size, byte[] packed, (int Field, int Type, byte[] Body) header) =>
        [
            .. Body(
                (1, Int, Zigzag(kind)),
                (2, Int, Zigzag(size)),
                (3, Int, Zigzag(packed.Length)),
                (header.Field, Struct, header.Body)
            ),
            .. packed,
        ];

    // A structure: each field as its distance from the last one and its type, then its value; empty values are left
    // out.
    private static byte[] Body(params (int Field, int Type, byte[] Value)[] fields)
    {
        List<byte> bytes = [];
        int last = 0;
        foreach ((int field, int type, byte[] value) in fields.Where(f => f.Value.Length > 0))
        {
            bytes.Add((byte)(((field - last) << 4) | type));
            bytes.AddRange(value);
            last = field;
        }

        return [.. bytes, 0];
    }

    private static byte[] Zigzag(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    private static byte[] Number(ulong value)
    {
        List<byte> bytes = [];
        for (; value > 127; value >>= 7)
        {
            bytes.Add((byte)(value | 128));
        }

        return [.. bytes, (byte)value];
    }

    private static byte[] Chars(string text) => [.. Number((ulong)text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Bytes(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Repeated(byte[] text, int times)
    {
        byte[] all = new byte[text.Length * times];
        for (int i = 0; i < times; i++)
        {
            text.CopyTo(all, i * text.Length);
        }

        return all;
    }

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }
}
