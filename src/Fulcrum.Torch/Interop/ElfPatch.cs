using System.Buffers.Binary;
using System.Text;

namespace Fulcrum.Torch.Interop;

/// <summary>Makes one undefined symbol of a 64-bit ELF library resolvable by an older libstdc++.</summary>
/// <remarks>
/// Objects compiled by GCC 13 call <c>_ZSt21ios_base_library_initv</c> (GLIBCXX_3.4.32) to initialise the standard
/// streams; earlier ones called <c>std::ios_base::Init::Init()</c> (GLIBCXX_3.4), which does the same and ignores its
/// argument here. The structures are those of the System V gABI, chapters 4 and 5, and of the symbol versioning
/// extension (LSB core, chapter 10.7).
///</remarks>
internal static class ElfPatch
{
    public const string NewSymbol = "_ZSt21ios_base_library_initv";
    private const string OldSymbol = "_ZNSt8ios_base4InitC1Ev";
    private const uint DynamicSymbols = 11,
        VersionSymbols = 0x6fffffff,
        VersionNeeds = 0x6ffffffe;

    private sealed record Section(uint Type, int Offset, int Size, int Link, int Entries);

    /// <summary>Rewrites the image in place; leaves it as it is when it does not need the newer symbol.</summary>
    /// <exception cref="FulcrumException">The image is not a library of the known layout.</exception>
    public static void RelaxStreamInitialiser(Span<byte> image)
    {
        try
        {
            Patch(image);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new FulcrumException(
                "libLibTorchSharp.so has an unknown layout and could not be repaired for this system's "
                    + "libstdc++; install libstdc++6 of GCC 13 or newer, or set FULCRUM_LIBTORCH",
                e
            );
        }
    }

    private static void Patch(Span<byte> image)
    {
        Section[] sections = Sections(image);
        Section symbols = sections.First(s => s.Type == DynamicSymbols),
            versions = sections.First(s => s.Type == VersionSymbols),
            needs = sections.First(s => s.Type == VersionNeeds);
        Section names = sections[symbols.Link];
        int symbol = FindSymbol(image, symbols, names);
        if (symbol < 0)
        {
            return;
        }

        Span<byte> name = image.Slice(names.Offset + Int(image, symbols.Offset + symbol * 24), NewSymbol.Length);
        name.Clear();
        Encoding.ASCII.GetBytes(OldSymbol, name);
        ushort old = RelaxNeed(image, needs, sections[needs.Link]);
        BinaryPrimitives.WriteUInt16LittleEndian(image[(versions.Offset + symbol * 2)..], old);
    }

    private static Section[] Sections(ReadOnlySpan<byte> image)
    {
        int table = checked((int)BinaryPrimitives.ReadInt64LittleEndian(image[40..]));
        int size = Short(image, 58),
            count = Short(image, 60);
        Section[] sections = new Section[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> at = image[(table + i * size)..];
            sections[i] = new Section(
                (uint)Int(at, 4),
                checked((int)BinaryPrimitives.ReadInt64LittleEndian(at[24..])),
                checked((int)BinaryPrimitives.ReadInt64LittleEndian(at[32..])),
                Int(at, 40),
                Int(at, 44)
            );
        }

        return sections;
    }

    private static int FindSymbol(ReadOnlySpan<byte> image, Section symbols, Section names)
    {
        for (int i = 0; i < symbols.Size / 24; i++)
        {
            if (Name(image, names, Int(image, symbols.Offset + i * 24)) == NewSymbol)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Marks the need for GLIBCXX_3.4.32 weak; returns the version index of GLIBCXX_3.4.</summary>
    private static ushort RelaxNeed(Span<byte> image, Section needs, Section names)
    {
        ushort old = 1; // VER_NDX_GLOBAL: any version
        int need = needs.Offset;
        for (int i = 0; i < needs.Entries; i++)
        {
            int entry = need + Int(image, need + 8);
            for (int k = Short(image, need + 2); k > 0; k--)
            {
                string version = Name(image, names, Int(image, entry + 8));
                if (version == "GLIBCXX_3.4.32")
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(
                        image[(entry + 4)..],
                        (ushort)(Short(image, entry + 4) | 2)
                    ); // VER_FLG_WEAK
                }
                else if (version == "GLIBCXX_3.4")
                {
                    old = (ushort)Short(image, entry + 6);
                }

                entry += Int(image, entry + 12);
            }

            need += Int(image, need + 12);
        }

        return old;
    }

    private static string Name(ReadOnlySpan<byte> image, Section names, int offset)
    {
        ReadOnlySpan<byte> rest = image.Slice(names.Offset + offset, names.Size - offset);
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private static int Int(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadInt32LittleEndian(image[at..]);

    private static int Short(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(image[at..]);
}
