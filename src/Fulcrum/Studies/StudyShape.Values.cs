using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Data;

namespace Fulcrum.Studies;

/// <content>Compares single values with their types.</content>
internal sealed partial class StudyShape
{
    /// <summary>Returns what a value should be; null if it has the type.</summary>
    public static string? Misfit(JsonElement value, JsonTypeInfo type, bool mayBeNull)
    {
        if (mayBeNull && value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(value.GetRawText()));
        reader.Read();
        (string wanted, bool holds) = Wanted(ref reader, type);
        bool parts =
            type.Kind != JsonTypeInfoKind.Enumerable
            || value.ValueKind != JsonValueKind.Array
            || value.EnumerateArray().All(v => Misfit(v, Of(type, type.ElementType!), mayBeNull: false) is null);
        return !holds ? wanted + (mayBeNull ? " or null" : "")
            : parts ? null
            : "a list of other values";
    }

    private static (string Wanted, bool Holds) Wanted(ref Utf8JsonReader reader, JsonTypeInfo type) =>
        (type.Kind, Type.GetTypeCode(Nullable.GetUnderlyingType(type.Type) ?? type.Type)) switch
        {
            (JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary, _) => (
                "an object {...}",
                reader.TokenType == JsonTokenType.StartObject
            ),
            (JsonTypeInfoKind.Enumerable, _) => ("a list [...]", reader.TokenType == JsonTokenType.StartArray),
            _ when (Nullable.GetUnderlyingType(type.Type) ?? type.Type) is { IsEnum: true } set => OneOf(
                ref reader,
                set
            ),
            (_, TypeCode.Int32) => (
                "a whole number",
                reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out _)
            ),
            (_, TypeCode.Double) => (
                "a finite number",
                reader.TokenType == JsonTokenType.Number
                    && reader.TryGetDouble(out double number)
                    && double.IsFinite(number)
            ),
            (_, TypeCode.Boolean) => ("true or false", reader.TokenType is JsonTokenType.True or JsonTokenType.False),
            _ => ("text", reader.TokenType == JsonTokenType.String),
        };

    private static (string Wanted, bool Holds) OneOf(ref Utf8JsonReader reader, Type set)
    {
        IReadOnlyList<string> names = EnumNames.All(set);
        bool holds = reader.TokenType == JsonTokenType.String && names.Contains(reader.GetString());
        return ($"one of {string.Join(", ", names)}", holds);
    }

    private static string Found(ref Utf8JsonReader reader) =>
        reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => $"text \"{reader.GetString()}\"",
            _ => Encoding.UTF8.GetString(reader.ValueSpan),
        };
}
