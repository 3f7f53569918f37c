using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fulcrum.Files;

/// <summary>A relative file name from an untrusted file. It can only denote an entry inside the folder that it is
/// relative to.</summary>
/// <remarks>
/// Names in manifests, checksums, comparisons, model indexes and studies have this type, so that no untrusted text
/// reaches <see cref="Path.Combine(string, string)"/> unchecked. JSON reads and writes it as a text, also as a key, and
/// reports a refused name as a <see cref="JsonException"/>. The entry of a valid name may still be a link;
/// <see cref="PlainFolder.Require"/> refuses those.
///</remarks>
[JsonConverter(typeof(RelativeNameConverter))]
internal readonly record struct RelativeName
{
    private const int LongestPart = 255,
        MostParts = 32;

    private readonly string? text;

    private RelativeName(string text) => this.text = text;

    /// <summary>Reads a name such as <c>base/spider.jsonl</c>.</summary>
    /// <param name="text">Parts between single slashes; each is a plain name (<see cref="IsPlain"/>).</param>
    /// <param name="place">The file, with line or key, that contains the name; for the message.</param>
    /// <exception cref="InputException">The name is empty, absolute, leads upwards, or contains a character that
    /// <see cref="IsPlain"/> refuses.</exception>
    public static RelativeName Parse(string? text, string place) =>
        TryParse(text)
        ?? throw new InputException(
            $"{place}: '{Printable.Short(text ?? "")}' is not the name of a file inside its folder"
        );

    /// <summary>Reads a name; returns null if it is refused.</summary>
    public static RelativeName? TryParse(string? text)
    {
        string[] parts = (text ?? "").Split('/', MostParts + 1);
        return parts.Length <= MostParts && parts.All(IsPlain) ? new RelativeName(text!) : null;
    }

    /// <summary>
    /// Returns whether a text can only denote an entry directly in a folder: no separator, not <c>.</c> or <c>..</c>,
    /// at most 255 bytes (the limit of common file systems), no control or formatting character, no drive, no dot or
    /// space at the end, which Windows drops. On Windows no name of a device either.
    ///</summary>
    public static bool IsPlain(string? name) =>
        name is { Length: > 0 and <= LongestPart }
        && name is not ("." or "..")
        && name.IndexOfAny(['/', '\\', ':']) < 0
        && name[^1] is not ('.' or ' ')
        && IsWellFormed(name)
        && Encoding.UTF8.GetByteCount(name) <= LongestPart
        && name.EnumerateRunes().All(IsVisible)
        && !(OperatingSystem.IsWindows() && IsSpecialOnWindows(name));

    /// <summary>Returns whether a name denotes a device on Windows (<c>NUL</c>, <c>con.txt</c>) or has a character that
    /// Windows refuses.</summary>
    internal static bool IsSpecialOnWindows(string name)
    {
        string stem = name.Split('.', 2)[0].TrimEnd(' ').ToUpperInvariant();
        bool isPort = stem.Length == 4 && stem[..3] is "COM" or "LPT" && stem[3] is >= '0' and <= '9';
        return stem is "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$"
            || isPort
            || name.AsSpan().ContainsAny("<>\"|?*");
    }

    /// <summary>Returns the path of the entry in a folder.</summary>
    public string In(string folder) =>
        Path.Combine(folder, text ?? throw new InvalidOperationException("a name that was never read"));

    /// <inheritdoc/>
    public override string ToString() => text ?? "";

    private static bool IsWellFormed(string name)
    {
        ReadOnlySpan<char> rest = name;
        while (rest.Length > 0)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out int consumed) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            rest = rest[consumed..];
        }

        return true;
    }

    private static bool IsVisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.Surrogate
            );
}

/// <summary>Names as JSON texts and keys.</summary>
internal sealed class RelativeNameConverter : JsonConverter<RelativeName>
{
    public override RelativeName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Of(reader.GetString());

    public override RelativeName ReadAsPropertyName(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    ) => Of(reader.GetString());

    public override void Write(Utf8JsonWriter writer, RelativeName value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    public override void WriteAsPropertyName(
        Utf8JsonWriter writer,
        RelativeName value,
        JsonSerializerOptions options
    ) => writer.WritePropertyName(value.ToString());

    private static RelativeName Of(string? text) =>
        RelativeName.TryParse(text)
        ?? throw new JsonException($"'{Printable.Short(text ?? "")}' is not the name of a file inside the folder");
}
