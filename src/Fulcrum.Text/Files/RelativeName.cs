using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fulcrum.Files;

/// <summary>A file's name, relative to a folder, that came from somebody else's file: it can only mean something inside
/// that folder.</summary>
/// <remarks>
/// Names that manifests, checksums, comparisons, model indexes and studies give are of this type, so that no text of
/// theirs reaches <see cref="Path.Combine(string, string)"/> unchecked. JSON reads and writes it as a text, also as a
/// key; a name that is refused is a <see cref="JsonException"/> there. That a name is harmless says nothing about
/// links: <see cref="PlainFolder.Require"/> refuses those.
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
    /// <param name="place">Where the name stands, for the message: a file, with line or key.</param>
    /// <exception cref="InputException">The name is empty, absolute, leads upwards, or holds a character that no name
    /// of ours has.</exception>
    public static RelativeName Parse(string? text, string place) =>
        TryParse(text)
        ?? throw new InputException(
            $"{place}: '{Printable.Short(text ?? "")}' is not the name of a file inside its folder"
        );

    /// <summary>Reads a name; null where it is refused.</summary>
    public static RelativeName? TryParse(string? text)
    {
        string[] parts = (text ?? "").Split('/', MostParts + 1);
        return parts.Length <= MostParts && parts.All(IsPlain) ? new RelativeName(text!) : null;
    }

    /// <summary>
    /// Whether a text can only mean a file or folder right here: no separator, not <c>.</c> or <c>..</c>, at most 255
    /// bytes, no control or formatting character, no drive, no dot or space at the end, which Windows drops. On Windows
    /// no name of a device either.
    ///</summary>
    public static bool IsPlain(string? name) =>
        name is { Length: > 0 and <= LongestPart }
        && name is not ("." or "..")
        && name.IndexOfAny(['/', '\\', ':']) < 0
        && name[^1] is not ('.' or ' ')
        && IsWellFormed(name)
        && Encoding.UTF8.GetByteCount(name) <= LongestPart
        && name.EnumerateRunes().All(IsVisible)
        && !(OperatingSystem.IsWindows() && MeansElseOnWindows(name));

    /// <summary>Whether Windows takes a name for a device (<c>NUL</c>, <c>con.txt</c>) or refuses a character in
    /// it.</summary>
    internal static bool MeansElseOnWindows(string name)
    {
        string stem = name.Split('.', 2)[0].TrimEnd(' ').ToUpperInvariant();
        bool isPort = stem.Length == 4 && stem[..3] is "COM" or "LPT" && stem[3] is >= '0' and <= '9';
        return stem is "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$"
            || isPort
            || name.AsSpan().ContainsAny("<>\"|?*");
    }

    /// <summary>The path in a folder.</summary>
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
