using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Data;
using Fulcrum.Tasks.Harness;

namespace Fulcrum.Studies;

/// <summary>Checks a study's JSON against the records that it is read into. An error names file, line and key, and
/// suggests the key that was probably meant.</summary>
/// <param name="source">The file, for messages.</param>
/// <param name="text">The whole text, because lines are counted in it.</param>
/// <param name="place">Where in a study the whole text belongs.</param>
internal sealed partial class StudyShape(string source, byte[] text, string place)
{
    private readonly FileFaults faults = new(source);

    /// <summary>Checks a whole text.</summary>
    /// <param name="place">Where in a study the text belongs: empty for a whole study, <c>train</c> for that
    /// section.</param>
    /// <exception cref="InputException">A key is unknown, missing or repeated, or a value has the wrong type. The
    /// message names the first few faults.</exception>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static void Check(string text, string source, JsonTypeInfo type, string place)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Utf8JsonReader reader = new(
            bytes,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
        );
        reader.Read();
        StudyShape shape = new(source, bytes, place);
        try
        {
            shape.Value(ref reader, type, place, mayBeNull: false);
            reader.Read();
            shape.RefuseNul();
        }
        catch (InputException e)
        {
            shape.faults.Add(e); // what follows it cannot be checked
        }

        if (shape.faults.Refusal is { } refusal)
        {
            throw refusal;
        }
    }

    // A study of a hundred thousand faults is not read to its end.
    private void Note(InputException fault)
    {
        if (faults.IsFull)
        {
            throw fault;
        }

        faults.Add(fault);
    }

    // No name and no path can hold it.
    private void RefuseNul()
    {
        Utf8JsonReader reader = new(
            text,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
        );
        while (reader.Read())
        {
            if (reader.ValueIsEscaped && reader.GetString()!.Contains('\0', StringComparison.Ordinal))
            {
                throw Error(reader.TokenStartIndex, "a text holds the character U+0000; remove it");
            }
        }
    }

    private void Value(ref Utf8JsonReader reader, JsonTypeInfo type, string path, bool mayBeNull)
    {
        if (type.Type == typeof(GeneralPlan) && reader.TokenType == JsonTokenType.String)
        {
            Value(ref reader, Of(type, typeof(Preset)), path, mayBeNull: false);
            return;
        }

        // A text stands for a plan with that model.
        if (type.Type == typeof(BasePlan) && reader.TokenType == JsonTokenType.String)
        {
            return;
        }

        if (mayBeNull && reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (type.Type == typeof(JsonElement))
        {
            reader.Skip(); // of any form
            return;
        }

        (string wanted, bool holds) = Wanted(ref reader, type);
        if (!holds)
        {
            Note(
                Error(
                    reader.TokenStartIndex,
                    $"{(path.Length > 0 ? path : "the study")}: wanted {wanted}{(mayBeNull ? " or null" : "")}, "
                        + $"found {Found(ref reader)}"
                )
            );
            reader.Skip();
            return;
        }

        Parts(ref reader, type, path);
    }

    private void Parts(ref Utf8JsonReader reader, JsonTypeInfo type, string path)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                Record(ref reader, type, path);
                break;
            case JsonTypeInfoKind.Dictionary:
                ByName(ref reader, Of(type, type.ElementType!), path);
                break;
            case JsonTypeInfoKind.Enumerable:
                for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                {
                    Value(ref reader, Of(type, type.ElementType!), $"{path}[{i}]", mayBeNull: false);
                }

                break;
        }
    }

    private void Record(ref Utf8JsonReader reader, JsonTypeInfo type, string path)
    {
        long start = reader.TokenStartIndex;
        string? kind = type.PolymorphismOptions?.TypeDiscriminatorPropertyName;
        Dictionary<string, JsonPropertyInfo> keys = StudyKeys.Of(kind is null ? type : KindOf(reader, type, path));
        HashSet<string> seen = new(StringComparer.Ordinal);
        bool allKnown = true;
        while (NextKey(ref reader, seen, path) is { } key)
        {
            bool isSpecial = key == kind || (key == StudySchema.Key && path == place);
            JsonPropertyInfo? known = isSpecial
                ? null
                : keys.GetValueOrDefault(kind is null ? key : KeyOf(key, keys.Keys));
            if (known is null && !isSpecial)
            {
                allKnown = false;
                Note(Unknown(reader.TokenStartIndex, path, key, kind is null ? keys.Keys : keys.Keys.Append(kind)));
            }

            reader.Read();
            if (known is null)
            {
                reader.Skip();
            }
            else
            {
                Value(
                    ref reader,
                    Of(type, known.PropertyType),
                    Under(path, key),
                    known.AssociatedParameter!.IsNullable
                );
            }
        }

        // An unknown key may be the missing one, misspelt.
        if (allKnown)
        {
            RequireAll(keys, seen, start, path);
        }
    }

    // A task of custom data has one file, which may be called "file" or "data".
    private static string KeyOf(string key, IEnumerable<string> known) =>
        key == "data" && !known.Contains(key) && known.Contains("file") ? "file" : key;

    private void RequireAll(Dictionary<string, JsonPropertyInfo> keys, HashSet<string> seen, long start, string path)
    {
        foreach (string missing in keys.Where(k => StudyKeys.IsRequired(k.Value)).Select(k => k.Key).Except(seen))
        {
            Note(
                Error(
                    start,
                    $"{Under(path, missing)} is missing: \"{missing}\" "
                        + $"belongs {(path.Length > 0 ? $"in {path}" : "at the top level of the study")}"
                )
            );
        }
    }

    private void ByName(ref Utf8JsonReader reader, JsonTypeInfo type, string path)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (NextKey(ref reader, seen, path) is { } name)
        {
            reader.Read();
            Value(ref reader, type, Under(path, name), mayBeNull: false);
        }
    }

    /// <summary>Moves the reader to the next key of an object and returns it; null at the end of the object.</summary>
    private string? NextKey(ref Utf8JsonReader reader, HashSet<string> seen, string path)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            return null;
        }

        string key = reader.GetString()!;
        return seen.Add(key)
            ? key
            : throw Error(reader.TokenStartIndex, $"{Under(path, key)}: the key \"{key}\" occurs twice");
    }

    /// <summary>Returns the record of an object's kind. The reader is a copy, so the kind may follow other
    /// keys.</summary>
    private JsonTypeInfo KindOf(Utf8JsonReader reader, JsonTypeInfo type, string path)
    {
        long start = reader.TokenStartIndex;
        bool ofHarness = HasKeyOfHarness(reader);
        JsonPolymorphismOptions kinds = type.PolymorphismOptions!;
        string key = kinds.TypeDiscriminatorPropertyName,
            known = string.Join(", ", kinds.DerivedTypes.Select(d => d.TypeDiscriminator));
        if (!ToValueOf(ref reader, key))
        {
            throw Error(start, $"{Under(path, key)} is missing: \"{key}\" belongs in {path}; the kinds are {known}");
        }

        string kind = reader.TokenType == JsonTokenType.String ? reader.GetString()! : Found(ref reader);
        return TaskKinds.IsBuiltIn(kind, ofHarness) ? Of(type, typeof(HarnessPlan))
            : kinds.DerivedTypes.FirstOrDefault(d => kind.Equals(d.TypeDiscriminator)) is { DerivedType: { } derived }
                ? Of(type, derived)
            : throw Error(
                reader.TokenStartIndex,
                $"{Under(path, key)}: \"{kind}\" is no kind of task; {Meant(kind, known)}"
            );
    }

    private static string Meant(string kind, string known) =>
        HarnessPlan.Nearest(kind) is { } near
            ? $"did you mean \"{near}\"?"
            : $"the kinds are {known}, and the names of built-in tasks";

    private static bool HasKeyOfHarness(Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (TaskKinds.KeysOfBuiltIn.Contains(reader.GetString()!))
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private static bool ToValueOf(ref Utf8JsonReader reader, string key)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool named = reader.ValueTextEquals(key);
            reader.Read();
            if (named)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private InputException Unknown(long at, string path, string key, IEnumerable<string> known)
    {
        string hint =
            StudyKeys.Renamed.TryGetValue(key, out string? now) ? $"it is called {now} now"
            : Spelling.Nearest(key, known) is { } near ? $"did you mean \"{near}\"?"
            : $"known are {string.Join(", ", known.Order(StringComparer.Ordinal))}";
        return Error(at, $"{Under(path, key)}: unknown key \"{key}\"; {hint}");
    }

    private InputException Error(long at, string what) =>
        new($"{source} line {1 + text.AsSpan(0, (int)at).Count((byte)'\n')}: {what}");

    private static JsonTypeInfo Of(JsonTypeInfo near, Type type) => near.Options.GetTypeInfo(type);

    private static string Under(string path, string key) => path.Length > 0 ? $"{path}.{key}" : key;
}
