using System.Text;

namespace Fulcrum.Tokenization;

/// <summary>GPT-2's alphabet: every byte as one printable character, so that byte-pair encoding can work on
/// text.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Letters = MakeLetters();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The UTF-8 bytes of a text as characters of the alphabet.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = text.Length < 256 ? stackalloc byte[text.Length * 3] : new byte[text.Length * 3];
        int count = Encoding.UTF8.GetBytes(text, utf8);
        return string.Create(
            count,
            utf8[..count],
            static (span, bytes) =>
            {
                for (int i = 0; i < bytes.Length; i++)
                {
                    span[i] = Letters[bytes[i]];
                }
            }
        );
    }

    /// <summary>Appends the bytes that a token represents; a token with other characters represents its own
    /// UTF-8.</summary>
    public static void Decode(string token, List<byte> bytes)
    {
        int start = bytes.Count;
        foreach (char c in token)
        {
            if (c >= Bytes.Length || Bytes[c] < 0)
            {
                bytes.RemoveRange(start, bytes.Count - start);
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }

            bytes.Add((byte)Bytes[c]);
        }
    }

    private static char[] MakeLetters()
    {
        char[] letters = new char[256];
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            letters[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF)
                ? (char)b
                : (char)next++;
        }

        return letters;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[512];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++)
        {
            bytes[Letters[b]] = (short)b;
        }

        return bytes;
    }
}
