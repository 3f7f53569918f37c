using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Spider;

/// <summary>Reads the JSON files of Spider's authors.</summary>
internal static class SpiderJson
{
    private const long LargestFile = 1 << 29;

    /// <summary>Reads a file with a list of objects.</summary>
    /// <exception cref="InputException">The file is missing or malformed; names file and entry.</exception>
    public static IEnumerable<JsonObject> Objects(string path)
    {
        JsonArray list;
        try
        {
            using Stream stream = BoundedFile.Open(path, LargestFile);
            using StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
            list =
                StrictJson.Parse(reader.ReadToEnd()) as JsonArray
                ?? throw new InputException($"{path}: expected a list");
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{path}: not valid UTF-8", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }

        return list.Select(
            (node, i) => node as JsonObject ?? throw new InputException($"{path} entry {i}: expected an object")
        );
    }

    /// <summary>Reads one entry, and names it if it is malformed.</summary>
    /// <exception cref="InputException">The entry is malformed.</exception>
    public static T Read<T>(string path, int index, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e)
            when (e
                    is InvalidOperationException
                        or FormatException
                        or ArgumentException
                        or NullReferenceException
                        or IndexOutOfRangeException
                        or KeyNotFoundException
            )
        {
            throw new InputException($"{path} entry {index}: malformed: {e.Message}", e);
        }
    }

    /// <summary>Reads an entry of <c>tables.json</c>.</summary>
    public static SpiderSchema Schema(JsonObject entry)
    {
        string[] tables = [.. List(entry, "table_names_original").Select(name => name!.GetValue<string>())];
        (int Table, string Name)[] columns =
        [
            .. List(entry, "column_names_original").Select(c => (c![0]!.GetValue<int>(), c[1]!.GetValue<string>())),
        ];
        string[] types = [.. List(entry, "column_types").Select(type => type!.GetValue<string>())];
        // A key is a column, or a list of columns that form the key together.
        HashSet<int> primary =
        [
            .. List(entry, "primary_keys")
                .SelectMany(key => key is JsonArray several ? several.ToArray() : [key])
                .Select(column => column!.GetValue<int>()),
        ];
        // Looked up, because the file decides how many tables and columns there are.
        ILookup<int, int> columnsByTable = Enumerable.Range(0, columns.Length).ToLookup(c => columns[c].Table);
        return new SpiderSchema(
            Text(entry, "db_id"),
            [.. tables.Select((name, table) => new SpiderTable(name, [.. columnsByTable[table].Select(Column)]))],
            [
                .. List(entry, "foreign_keys")
                    .Select(key => (FullName(key![0]!.GetValue<int>()), FullName(key[1]!.GetValue<int>()))),
            ]
        );

        SpiderColumn Column(int column) => new(columns[column].Name, types[column], primary.Contains(column));

        string FullName(int column) => $"{tables[columns[column].Table]}.{columns[column].Name}";
    }

    private static JsonArray List(JsonObject entry, string name) => entry[name]!.AsArray();

    /// <summary>Reads a text.</summary>
    /// <exception cref="FormatException">The value is no text.</exception>
    public static string Text(JsonObject o, string name) =>
        o[name] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw new FormatException($"'{name}' must be a text");
}
