using System.Buffers.Binary;
using System.Text;

namespace Fulcrum.Llama.Gguf;

/// <summary>Reads the header of a GGUF file (version 2 or 3, little-endian) from a stream. Every length is checked
/// before memory is allocated for it.</summary>
internal sealed class GgufReader(Stream stream, long length, string path)
{
    private const int LongestKey = 1 << 16,
        MostKeys = 1 << 16,
        MostTensors = 1 << 16,
        LongestName = 64,
        MostTexts = 1 << 23; // in all arrays; a vocabulary of 262,000 tokens has about 800,000 with its merges
    private const long MostBytes = 1L << 26,
        MostHeader = 1L << 28; // a vocabulary of 262,000 tokens has about 10 MB
    private long position,
        texts;

    /// <summary>The number of bytes read so far.</summary>
    public long Position => position;

    /// <summary>Reads magic and version and returns the numbers of tensors and keys.</summary>
    public (int Tensors, int Keys) Counts()
    {
        if (length < 24 || !Bytes(4).AsSpan().SequenceEqual("GGUF"u8))
        {
            throw Error("it is not a GGUF file: it does not begin with 'GGUF' and the counts of a header");
        }

        uint version = U32();
        if (version is not (2 or 3))
        {
            bool swapped = BinaryPrimitives.ReverseEndianness(version) is > 0 and < 16;
            throw Error(
                swapped
                    ? "it is big-endian; convert it to little-endian"
                    : $"it has GGUF version {version}; known are 2 and 3"
            );
        }

        return (Count("tensors", MostTensors), Count("metadata keys", MostKeys));
    }

    /// <summary>Reads one key with its value.</summary>
    public (string Key, GgufValue Value) Entry()
    {
        string key = Text("a metadata key", LongestKey);
        if (key.Length == 0)
        {
            throw Error($"a metadata key at byte {position} is empty");
        }

        GgufKind kind = Kind(key);
        return kind != GgufKind.Array ? (key, new GgufValue(kind, Scalar(kind, key))) : (key, List(key));
    }

    /// <summary>Reads one tensor info.</summary>
    public GgufTensor Tensor()
    {
        string name = Text("a tensor's name", LongestName);
        uint dimensions = U32();
        if (dimensions is < 1 or > 4)
        {
            throw Error($"the tensor '{name}' has {dimensions} dimensions; 1 to 4 are possible");
        }

        long[] sizes = new long[dimensions];
        for (int i = 0; i < sizes.Length; i++)
        {
            ulong size = U64();
            sizes[i] = size is > 0 and < 1UL << 40
                ? (long)size
                : throw Error($"the tensor '{name}' has a size of {size}");
        }

        GgufType type = (GgufType)U32();
        ulong offset = U64();
        return new GgufTensor(name, sizes, type, Offset(name, offset), Size(name, sizes, type));
    }

    /// <summary>Returns an error about this file.</summary>
    public InputException Error(string what) => new($"{path}: {what}");

    private long Offset(string name, ulong offset) =>
        offset < (ulong)length
            ? (long)offset
            : throw Error($"the tensor '{name}' begins at byte {offset} of the data, beyond the end of the file");

    private long Size(string name, long[] sizes, GgufType type)
    {
        (int elements, int bytes) =
            GgufTypes.Block(type) ?? throw Error($"the tensor '{name}' has the unknown type {(uint)type}");
        if (sizes[0] % elements != 0)
        {
            throw Error(
                $"the tensor '{name}' has rows of {sizes[0]} elements, not a multiple of {type}'s block of {elements}"
            );
        }

        UInt128 total = (UInt128)(sizes[0] / elements) * (uint)bytes;
        foreach (long size in sizes.AsSpan(1))
        {
            total = total > (ulong)length ? total : total * (ulong)size;
        }

        return total <= (ulong)length ? (long)total : throw Error($"the tensor '{name}' is larger than the file");
    }

    private int Count(string what, int most)
    {
        ulong count = U64();
        return count <= (ulong)most
            ? (int)count
            : throw Error($"it claims {count} {what}; at most {most} are possible");
    }

    private GgufKind Kind(string key)
    {
        GgufKind kind = (GgufKind)U32();
        return Enum.IsDefined(kind) ? kind : throw Error($"the key '{key}' has the unknown value type {(uint)kind}");
    }

    private GgufValue List(string key)
    {
        GgufKind kind = Kind(key);
        ulong count = U64();
        ulong least = (ulong)(kind == GgufKind.String ? 8 : Width(kind, key));
        if (count > (ulong)(length - position) / least)
        {
            throw Error($"the key '{key}' claims an array of {count} values, more than the file holds");
        }

        if (count * least > (ulong)(MostHeader - position))
        {
            throw Error($"its header has more than {MostHeader} bytes");
        }

        int n = checked((int)count);
        texts += kind == GgufKind.String ? n : 0;
        if (texts > MostTexts)
        {
            throw Error($"its header has more than {MostTexts} texts");
        }

        return kind switch
        {
            GgufKind.String => new GgufValue(kind, Filled(new string[n], () => Text($"a text of '{key}'", MostBytes))),
            GgufKind.I32 => new GgufValue(kind, Filled(new int[n], () => (int)U32())),
            GgufKind.F32 => new GgufValue(kind, Filled(new float[n], F32)),
            _ => new GgufValue(kind, Typed(kind, key, n)),
        };
    }

    // An array of objects would take 32 times the bytes of the file.
    private Array Typed(GgufKind kind, string key, int count)
    {
        Array values = Array.CreateInstance(
            kind switch
            {
                GgufKind.U8 => typeof(byte),
                GgufKind.I8 => typeof(sbyte),
                GgufKind.Bool => typeof(bool),
                GgufKind.U16 => typeof(ushort),
                GgufKind.I16 => typeof(short),
                GgufKind.U32 => typeof(uint),
                GgufKind.U64 => typeof(ulong),
                GgufKind.I64 => typeof(long),
                _ => typeof(double),
            },
            count
        );
        for (int i = 0; i < count; i++)
        {
            values.SetValue(Scalar(kind, key), i);
        }

        return values;
    }

    private static T[] Filled<T>(T[] values, Func<T> next)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = next();
        }

        return values;
    }

    private int Width(GgufKind kind, string key) =>
        kind switch
        {
            GgufKind.U8 or GgufKind.I8 or GgufKind.Bool => 1,
            GgufKind.U16 or GgufKind.I16 => 2,
            GgufKind.U32 or GgufKind.I32 or GgufKind.F32 => 4,
            GgufKind.U64 or GgufKind.I64 or GgufKind.F64 => 8,
            _ => throw Error($"the key '{key}' is an array of arrays, which is not supported"),
        };

    private object Scalar(GgufKind kind, string key) =>
        kind switch
        {
            GgufKind.U8 => Bytes(1)[0],
            GgufKind.I8 => (sbyte)Bytes(1)[0],
            GgufKind.U16 => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)),
            GgufKind.I16 => BinaryPrimitives.ReadInt16LittleEndian(Bytes(2)),
            GgufKind.U32 => U32(),
            GgufKind.I32 => (int)U32(),
            GgufKind.F32 => F32(),
            GgufKind.Bool => Flag(key),
            GgufKind.U64 => U64(),
            GgufKind.I64 => (long)U64(),
            GgufKind.F64 => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(8)),
            _ => Text($"the value of '{key}'", MostBytes),
        };

    private bool Flag(string key) =>
        Bytes(1)[0] switch
        {
            0 => false,
            1 => true,
            byte other => throw Error($"the flag '{key}' is {other}; 0 and 1 are possible"),
        };

    private string Text(string what, long most)
    {
        ulong bytes = U64();
        if (bytes > (ulong)(length - position))
        {
            throw Error($"{what} claims {bytes} bytes, more than the file holds");
        }

        return bytes <= (ulong)most
            ? Encoding.UTF8.GetString(Bytes((int)bytes))
            : throw Error($"{what} has {bytes} bytes; at most {most} are possible");
    }

    private uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    private ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    private float F32() => BinaryPrimitives.ReadSingleLittleEndian(Bytes(4));

    private byte[] Bytes(int count)
    {
        if (count > MostHeader - position)
        {
            throw Error($"its header has more than {MostHeader} bytes");
        }

        byte[] bytes = new byte[count];
        if (stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) < count)
        {
            throw Error($"it ends within its header, at byte {length}; it is truncated or damaged");
        }

        position += count;
        return bytes;
    }
}
