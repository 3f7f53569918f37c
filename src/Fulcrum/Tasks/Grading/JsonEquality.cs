using System.Globalization;
using System.Text.Json;

namespace Fulcrum.Tasks.Grading;

/// <summary>Equality of JSON values: numbers by value, texts to the character, keys in any order, the last of repeated
/// keys.</summary>
internal static class JsonEquality
{
    /// <summary>Returns the share of the target's leaves that stand at the same path in a value.</summary>
    /// <remarks>Leaves are scalars, empty objects and empty arrays; elements of arrays are compared by
    /// position.</remarks>
    public static double Fields(JsonElement target, JsonElement value)
    {
        (int same, int all) = Count(target, value);
        return (double)same / all;
    }

    /// <summary>Tells whether two values are equal.</summary>
    public static bool AreEqual(JsonElement a, JsonElement b) =>
        (a.ValueKind, b.ValueKind) switch
        {
            (JsonValueKind.Object, JsonValueKind.Object) => SameObject(Properties(a), Properties(b)),
            (JsonValueKind.Array, JsonValueKind.Array) => a.GetArrayLength() == b.GetArrayLength()
                && a.EnumerateArray().Zip(b.EnumerateArray()).All(p => AreEqual(p.First, p.Second)),
            (JsonValueKind.Number, JsonValueKind.Number) => SameNumber(a.GetRawText(), b.GetRawText()),
            (JsonValueKind.String, JsonValueKind.String) => Text(a) == Text(b),
            _ => a.ValueKind == b.ValueKind,
        };

    private static (int Same, int All) Count(JsonElement target, JsonElement? value)
    {
        IEnumerable<(JsonElement Target, JsonElement? Value)> parts = target.ValueKind switch
        {
            JsonValueKind.Object when target.EnumerateObject().Any() => Members(target, value),
            JsonValueKind.Array when target.GetArrayLength() > 0 => Elements(target, value),
            _ => [],
        };
        int same = 0,
            all = 0;
        foreach ((JsonElement part, JsonElement? counterpart) in parts)
        {
            (int s, int a) = Count(part, counterpart);
            (same, all) = (same + s, all + a);
        }

        return all > 0 ? (same, all) : (value is { } leaf && AreEqual(target, leaf) ? 1 : 0, 1);
    }

    private static IEnumerable<(JsonElement, JsonElement?)> Members(JsonElement target, JsonElement? value)
    {
        Dictionary<string, JsonElement> there = value is { ValueKind: JsonValueKind.Object } o ? Properties(o) : [];
        return Properties(target)
            .Select(p => (p.Value, there.TryGetValue(p.Key, out JsonElement found) ? found : (JsonElement?)null));
    }

    private static IEnumerable<(JsonElement, JsonElement?)> Elements(JsonElement target, JsonElement? value)
    {
        JsonElement[] there = value is { ValueKind: JsonValueKind.Array } a ? [.. a.EnumerateArray()] : [];
        return target.EnumerateArray().Select((t, i) => (t, i < there.Length ? there[i] : (JsonElement?)null));
    }

    private static bool SameObject(Dictionary<string, JsonElement> a, Dictionary<string, JsonElement> b) =>
        a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out JsonElement other) && AreEqual(p.Value, other));

    private static Dictionary<string, JsonElement> Properties(JsonElement value)
    {
        Dictionary<string, JsonElement> properties = new(StringComparer.Ordinal);
        foreach (JsonProperty property in value.EnumerateObject())
        {
            properties[Name(property)] = property.Value;
        }

        return properties;
    }

    // Whole numbers exactly, all others as double-precision numbers. JSON has no leading zeros, so equal numbers have
    // equal
    // digits, and millions of digits need no arithmetic.
    private static bool SameNumber(string a, string b) =>
        IsWhole(a) && IsWhole(b)
            ? Digits(a) == Digits(b)
            : double.Parse(a, CultureInfo.InvariantCulture) == double.Parse(b, CultureInfo.InvariantCulture);

    private static bool IsWhole(string number) => !number.AsSpan().ContainsAny("eE.");

    private static string Digits(string number) => number == "-0" ? "0" : number;

    // Half of a surrogate pair is no text for .NET; its escaped form is compared instead.
    private static string Text(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return text.GetRawText();
        }
    }

    private static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "\\u";
        }
    }
}
