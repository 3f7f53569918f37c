using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>Rows of a <c>.json</c> file: a list of objects, one object, or in spite of the ending an object a line.
/// </summary>
internal static class JsonTable
{
    private const long LargestFile = 1 << 28;

    /// <summary>Returns every row, in the file's order.</summary>
    /// <exception cref="InputException">The file is missing, too large or malformed; names the file and the
    /// entry.</exception>
    public static IReadOnlyList<TableRow> Read(string path)
    {
        JsonNode? whole;
        try
        {
            whole = StrictJson.Parse(BoundedFile.ReadText(path, LargestFile));
        }
        catch (JsonException e) when (e.LineNumber > 0)
        {
            return [.. JsonLines.Read(path).Select(l => new TableRow(path, $"line {l.Number}", l.Number, l.Value))];
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }

        JsonArray rows = whole as JsonArray ?? [whole?.DeepClone()];
        return [.. rows.Select((row, i) => Row(path, i, row))];
    }

    private static TableRow Row(string path, int index, JsonNode? row) =>
        row is JsonObject values
            ? new TableRow(path, $"entry {index}", index + 1, values)
            : throw new InputException($"{path} entry {index}: expected an object");
}
