using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>Reads JSON files that Fulcrum wrote and that may have been changed since, such as those of a run
/// folder.</summary>
/// <remarks>
/// By default the serialiser accepts null in place of a text or of an element, and a missing property. Code that uses
/// the record would then fail far away from the file. Here each of them is an <see cref="InputException"/> that names
/// the file.
/// </remarks>
internal static class StoredJson
{
    /// <summary>The options of reading: null is refused for a property that is not nullable, and a property without a
    /// default is required.</summary>
    public static readonly JsonSerializerOptions Options = new(SnakeCaseJson.Options)
    {
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RefuseNullElements } },
    };

    /// <summary>Reads a file; returns null if it does not exist.</summary>
    /// <param name="kind">What the file should be, for the message: "a comparison".</param>
    /// <exception cref="InputException">The file is special, too large, or has another form. The message names
    /// it.</exception>
    public static T? ReadIfThere<T>(string path, string kind)
        where T : class => BoundedFile.ReadTextIfThere(path) is { } text ? Parse<T>(text, path, kind) : null;

    /// <summary>Parses a text.</summary>
    /// <param name="place">Where the text comes from, for the message: a file, with its line where it has
    /// several.</param>
    /// <param name="kind">As for <see cref="ReadIfThere"/>.</param>
    /// <exception cref="InputException">The text has another form.</exception>
    public static T Parse<T>(string text, string place, string kind)
        where T : class => Checked(() => JsonSerializer.Deserialize<T>(text, Options), place, kind);

    /// <summary>Reads a large file as a stream, without holding its text in memory.</summary>
    /// <param name="kind">As for <see cref="ReadIfThere"/>.</param>
    /// <exception cref="InputException">The file is missing, special, too large, or has another form. The message names
    /// it.</exception>
    public static T Read<T>(string path, string kind, long mostBytes)
        where T : class
    {
        try
        {
            using Stream stream = BoundedFile.Open(path, mostBytes);
            return Checked(() => JsonSerializer.Deserialize<T>(stream, Options), path, kind);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

    private static T Checked<T>(Func<T?> parse, string place, string kind)
        where T : class
    {
        try
        {
            T read = parse() ?? throw new JsonException("it holds null");
            return HoldsNull(read) ? throw new JsonException("an element is null") : read;
        }
        catch (Exception e)
            when (e is JsonException or ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InputException($"{place}: not {kind}: {Sentence(e)}", e);
        }
    }

    private static string Sentence(Exception e) => e is JsonException json ? StrictJson.Located(json) : e.Message;

    private static void RefuseNullElements(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        JsonPropertyInfo[] collections =
        [
            .. type.Properties.Where(p =>
                p.PropertyType != typeof(string) && typeof(IEnumerable).IsAssignableFrom(p.PropertyType)
            ),
        ];
        if (collections.Length > 0)
        {
            type.OnDeserialized = read =>
            {
                if (collections.FirstOrDefault(p => HoldsNull(p.Get?.Invoke(read))) is { } property)
                {
                    throw new JsonException($"an element of {property.Name} is null");
                }
            };
        }
    }

    private static bool HoldsNull(object? value) =>
        value switch
        {
            string => false,
            IDictionary map => HoldsNull(map.Values),
            IEnumerable list => list.Cast<object?>().Contains(null),
            _ => false,
        };
}
