using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fulcrum.Data;

/// <summary>One row of a table and its place in the file.</summary>
/// <param name="Place">For errors: <c>line 3</c>, <c>row 3</c>.</param>
/// <param name="Number">From 1, the header not counted.</param>
public sealed record TableRow(string File, string Place, int Number, JsonObject Values)
{
    /// <summary>The split to which the row belongs; null: the name of the file without its ending.</summary>
    public string? Split { get; init; }

    /// <summary>The names of class labels by column, in the order of their numbers; null: none. The row holds the
    /// numbers, as Python's <c>datasets</c> gives them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? ClassLabels { get; init; }

    /// <summary>The id of the row: its split and its number from 0.</summary>
    public string Id => $"{Split ?? Path.GetFileNameWithoutExtension(File)}/{Number - 1}";

    /// <summary>Returns an error about this row.</summary>
    public InputException Error(string what) => new($"{File} {Place}: {what}");

    /// <summary>Returns a column's value as text. Numbers and Booleans are returned as written in JSON.</summary>
    /// <exception cref="InputException">There is no such column, or its value is null, a list or a record.</exception>
    public string Text(string column) =>
        AsText(TryFind(column, out JsonNode? node) ? node : throw Missing(column), column);

    /// <summary>Returns a column's value as text; null if no column is named.</summary>
    /// <exception cref="InputException">As for <see cref="Text"/>.</exception>
    public string? TextOrNull(string? column) => column is null ? null : Text(column);

    /// <summary>Returns the text of the column that names the row's cluster; empty if no column is named.</summary>
    /// <exception cref="InputException">As for <see cref="Text"/>, or the text is empty: such rows would form a cluster
    /// together although nothing says that they belong together.</exception>
    internal string Cluster(string? column) =>
        column is null ? ""
        : Text(column) is var text && !string.IsNullOrWhiteSpace(text) ? text
        : throw Error(
            $"the column '{column}' names the row's cluster and is empty. Write a text there; a row that belongs to no "
                + "other row needs a text of its own"
        );

    /// <summary>Returns the values of a column of lists. A single value counts as a list of one.</summary>
    /// <exception cref="InputException">As for <see cref="Text"/>.</exception>
    public IReadOnlyList<string> Texts(string column) =>
        !TryFind(column, out JsonNode? node) ? throw Missing(column)
        : node is JsonArray list ? [.. list.Select(v => AsText(v, column))]
        : [AsText(node, column)];

    /// <summary>Returns the values like <see cref="Texts"/>, with the names of class labels in place of their
    /// numbers.</summary>
    /// <exception cref="InputException">As for <see cref="Text"/>.</exception>
    public IReadOnlyList<string> NamedTexts(string column) => [.. Texts(column).Select(t => LabelOf(column, t) ?? t)];

    private string? LabelOf(string column, string text) =>
        ClassLabels?.GetValueOrDefault(column) is { } names
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && number < names.Count
            ? names[number]
            : null;

    /// <summary>Finds a column's value.</summary>
    /// <param name="column">A column's name, or a path with dots to a field of a record: <c>choices.text</c>. A path
    /// through a list of records gives the list of their values.</param>
    /// <returns>False if there is no such column.</returns>
    public bool TryFind(string column, out JsonNode? value) =>
        Values.TryGetPropertyValue(column, out value) || TryFind(Values, column, out value);

    private static bool TryFind(JsonNode? node, string path, out JsonNode? value)
    {
        value = null;
        if (node is JsonArray list)
        {
            List<JsonNode?> values = [];
            foreach (JsonNode? item in list)
            {
                if (!TryFind(item, path, out JsonNode? found))
                {
                    return false;
                }

                values.Add(found?.DeepClone());
            }

            value = new JsonArray([.. values]);
            return list.Count > 0;
        }

        if (node is not JsonObject record || record.TryGetPropertyValue(path, out value))
        {
            return node is JsonObject;
        }

        int dot = path.IndexOf('.');
        return dot > 0
            && record.TryGetPropertyValue(path[..dot], out JsonNode? inner)
            && TryFind(inner, path[(dot + 1)..], out value);
    }

    private InputException Missing(string column) =>
        Error($"there is no column '{column}'; there are {string.Join(", ", Values.Select(v => v.Key))}");

    private string AsText(JsonNode? node, string column) =>
        node switch
        {
            JsonValue v when v.TryGetValue(out string? text) => text,
            JsonValue v => v.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
                ? v.ToJsonString()
                : throw Error($"the column '{column}' must hold text"),
            null => throw Error($"the column '{column}' holds nothing"),
            _ => throw Error(
                $"the column '{column}' holds a {(node is JsonArray ? "list" : "structure")} where one text is needed"
            ),
        };
}
