using System.Text;

namespace Fulcrum.Data;

/// <summary>Reads text that must be UTF-8. Text in another encoding is refused, because its letters would silently
/// change.</summary>
internal static class Utf8Text
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="path">Names the file in errors.</param>
    /// <exception cref="InputException">It is not UTF-8. The message names file and line.</exception>
    public static string Read(string path, Stream stream)
    {
        using MemoryStream all = new();
        stream.CopyTo(all);
        ReadOnlySpan<byte> bytes = all.GetBuffer().AsSpan(0, (int)all.Length);
        bytes = bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + bytes[..Math.Clamp(e.Index, 0, bytes.Length)].Count((byte)'\n');
            throw new InputException($"{path} line {line}: not valid UTF-8", e);
        }
    }
}
