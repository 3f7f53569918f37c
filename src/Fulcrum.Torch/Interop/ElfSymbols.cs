using System.Buffers.Binary;
using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Torch.Interop;

/// <summary>The names in the dynamic symbol table of a 64-bit ELF library.</summary>
/// <param name="Defined">Symbols that the library exports.</param>
/// <param name="Undefined">Symbols that the library needs from others.</param>
internal sealed record ElfSymbols(IReadOnlySet<string> Defined, IReadOnlySet<string> Undefined)
{
    private const int HeaderSize = 64,
        SymbolSize = 24,
        LargestTable = 1 << 29;
    private const long LargestFile = 1L << 34; // only its tables are read
    private const uint DynamicSymbols = 11;

    // 64 bits, little-endian.
    private static ReadOnlySpan<byte> Magic => [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];

    private readonly record struct Section(uint Type, long Offset, long Size, int Link);

    /// <summary>Reads the names that a filter accepts. Only the tables of the file are read.</summary>
    /// <exception cref="FulcrumException">The file is not a little-endian 64-bit ELF library.</exception>
    public static ElfSymbols Read(string path, Func<string, bool> filter)
    {
        try
        {
            using Stream file = BoundedFile.Open(path, LargestFile);
            return Read(file, filter);
        }
        catch (Exception e)
            when (e is EndOfStreamException or ArgumentOutOfRangeException or OverflowException or InvalidDataException)
        {
            throw new FulcrumException($"{path} is not a 64-bit ELF library: {e.Message}", e);
        }
    }

    private static ElfSymbols Read(Stream file, Func<string, bool> filter)
    {
        Section[] sections = Sections(file);
        Section symbols = sections.FirstOrDefault(s => s.Type == DynamicSymbols);
        if (symbols.Size == 0)
        {
            throw new InvalidDataException("it has no dynamic symbols");
        }

        byte[] table = Bytes(file, symbols.Offset, symbols.Size),
            names = Bytes(file, sections[symbols.Link].Offset, sections[symbols.Link].Size);
        HashSet<string> defined = new(StringComparer.Ordinal),
            undefined = new(StringComparer.Ordinal);
        for (int at = 0; at + SymbolSize <= table.Length; at += SymbolSize)
        {
            int section = BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan(at + 6));
            string name = Name(names, BinaryPrimitives.ReadInt32LittleEndian(table.AsSpan(at)));
            if (filter(name))
            {
                (section == 0 ? undefined : defined).Add(name);
            }
        }

        return new ElfSymbols(defined, undefined);
    }

    private static Section[] Sections(Stream file)
    {
        byte[] header = Bytes(file, 0, HeaderSize);
        if (!header.AsSpan(0, 6).SequenceEqual(Magic))
        {
            throw new InvalidDataException("its first bytes are others");
        }

        long table = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(40));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(58)),
            count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(60));
        byte[] all = Bytes(file, table, (long)size * count);
        return [.. Enumerable.Range(0, count).Select(i => Of(all.AsSpan(i * size)))];
    }

    private static Section Of(ReadOnlySpan<byte> entry) =>
        new(
            BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(entry[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(entry[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(entry[40..])
        );

    private static byte[] Bytes(Stream file, long offset, long size)
    {
        byte[] bytes = new byte[
            size is >= 0 and <= LargestTable ? size : throw new InvalidDataException("a table is too large")
        ];
        file.Position = offset;
        file.ReadExactly(bytes);
        return bytes;
    }

    private static string Name(byte[] names, int offset)
    {
        ReadOnlySpan<byte> rest = names.AsSpan(offset);
        int end = rest.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? rest : rest[..end]);
    }
}
