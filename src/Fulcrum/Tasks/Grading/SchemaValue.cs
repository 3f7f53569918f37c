using System.Text.Json;

namespace Fulcrum.Tasks.Grading;

/// <summary>The form of a JSON value, as far as the work of testing it depends on it.</summary>
internal sealed class SchemaValue(IReadOnlyList<string> names, IReadOnlyList<SchemaValue> items)
{
    /// <summary>A text, a number, true, false or null.</summary>
    public static readonly SchemaValue Scalar = new([], []);

    /// <summary>The names of the members of an object; empty for other values.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>The members of an object, or the elements of a list.</summary>
    public IReadOnlyList<SchemaValue> Items => items;

    /// <summary>The number of values in it, itself included.</summary>
    public long Size { get; } = 1 + items.Sum(i => i.Size);

    /// <summary>Returns the form of a value.</summary>
    /// <exception cref="InvalidOperationException">A text in it holds half of a surrogate pair, which .NET cannot
    /// read.</exception>
    public static SchemaValue Of(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                JsonProperty[] members = [.. value.EnumerateObject()];
                return new SchemaValue([.. members.Select(m => m.Name)], [.. members.Select(m => Of(m.Value))]);
            case JsonValueKind.Array:
                return new SchemaValue([], [.. value.EnumerateArray().Select(Of)]);
            case JsonValueKind.String:
                _ = value.GetString();
                return Scalar;
            default:
                return Scalar;
        }
    }

    /// <summary>Returns the members of a name.</summary>
    public IEnumerable<SchemaValue> Named(string name) => Items.Where((_, i) => i < Names.Count && Names[i] == name);
}
