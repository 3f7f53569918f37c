namespace Fulcrum.Data;

/// <summary>Reads the part of Thrift's compact protocol that Parquet's headers use.</summary>
internal ref struct ThriftCursor(ReadOnlySpan<byte> bytes)
{
    // Type codes of the compact protocol.
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
    private const int Deepest = 16;
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Reads the header of a field; returns false at the end of the structure.</summary>
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

    /// <summary>Skips a value.</summary>
    /// <param name="depth">The number of structures and lists around it.</param>
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
                throw new FormatException("a header cannot be read");
        }
    }

    private void SkipList(int depth)
    {
        int head = Next();
        ulong count = (head >> 4) == 15 ? Unsigned() : (ulong)(head >> 4);
        for (ulong i = 0; i < count; i++)
        {
            // A Boolean outside a list takes no byte. Type 0 makes Skip refuse a list of them, which could be endless;
            // no Parquet header has one.
            Skip((head & 15) is True or False ? 0 : head & 15, depth + 1);
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

        throw new FormatException("a header cannot be read");
    }

    private int Next() =>
        Position < bytes.Length ? bytes[Position++] : throw new FormatException("a header ends too early");

    private void Pass(ulong count)
    {
        Position =
            count <= (ulong)(bytes.Length - Position)
                ? Position + (int)count
                : throw new FormatException("a header ends too early");
    }
}
