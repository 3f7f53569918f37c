using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Statistics;

namespace Fulcrum.Studies;

/// <summary>How a range is drawn from.</summary>
internal enum SweepScale
{
    /// <summary>Uniform in the value.</summary>
    [JsonStringEnumMemberName("linear")]
    Linear,

    /// <summary>Uniform in the logarithm of the value.</summary>
    [JsonStringEnumMemberName("log")]
    Log,

    /// <summary>Whole numbers, both bounds included.</summary>
    [JsonStringEnumMemberName("integers")]
    Integers,
}

/// <summary>What one key of a sample is drawn from.</summary>
/// <param name="Key">The key.</param>
/// <param name="Values">A list of values; null: a range.</param>
/// <param name="Scale">How the range is drawn from.</param>
/// <param name="Low">Of the range.</param>
/// <param name="High">Of the range.</param>
internal sealed record SweepRange(
    SweepKey Key,
    IReadOnlyList<JsonElement>? Values,
    SweepScale Scale = SweepScale.Linear,
    double Low = 0,
    double High = 0
)
{
    private const string Forms =
        "a list of values, {\"log\": [LOW, HIGH]}, {\"linear\": [LOW, HIGH]} or {\"integers\": [LOW, HIGH]}";

    /// <summary>Reads a range or a list.</summary>
    /// <exception cref="InputException">It is neither; names the key and the value.</exception>
    public static SweepRange Parse(string name, JsonElement value, string source)
    {
        SweepKey key = SweepKey.Parse(name, "sample", source);
        string place = $"sample.{name}",
            text = value.GetRawText();
        if (value.ValueKind == JsonValueKind.Array)
        {
            JsonElement[] values = [.. value.EnumerateArray()];
            Wanted.That(values.Length > 0, source, place, text, "at least one value");
            Sweep.RequireDistinct(key, values, place, source);
            Array.ForEach(values, v => key.Check(v, "sample", source));
            return new SweepRange(key, values);
        }

        JsonProperty[] forms = value.ValueKind == JsonValueKind.Object ? [.. value.EnumerateObject()] : [];
        bool known = forms.Length == 1 && EnumNames.All(typeof(SweepScale)).Contains(forms[0].Name);
        Wanted.That(known, source, place, text, Forms);
        Wanted.That(key.IsNumber, source, place, text, "a list of values, because the key is no number");
        SweepScale scale = Enum.GetValues<SweepScale>().First(s => EnumNames.Of(s) == forms[0].Name);
        (double low, double high) = Bounds(forms[0].Value, place, source);
        bool positive = scale != SweepScale.Log || low > 0;
        Wanted.That(positive, source, place, text, "a lower bound above 0 for a logarithmic range");
        bool whole = (scale != SweepScale.Integers && !key.IsWhole) || (low % 1 == 0 && high % 1 == 0);
        Wanted.That(whole, source, place, text, "whole numbers");
        return new SweepRange(key, null, scale, low, high);
    }

    /// <summary>Draws one value.</summary>
    public JsonElement Draw(RandomStream random)
    {
        if (Values is { } values)
        {
            return values[random.NextInt(values.Count)];
        }

        double at = random.NextDouble();
        bool whole = Key.IsWhole || Scale == SweepScale.Integers;
        double drawn =
            Scale == SweepScale.Log ? Math.Exp(Math.Log(Low) + (at * (Math.Log(High) - Math.Log(Low))))
            : whole ? Math.Floor(Low + (at * (High - Low + 1)))
            : Low + (at * (High - Low));
        double value = Math.Clamp(whole ? Math.Round(drawn) : Rounded(drawn), Low, High);
        return JsonSerializer.SerializeToElement(value, StudyJson.Default.Double);
    }

    // Three significant digits: no training notices more, and the candidate's name shows the exact value.
    private static double Rounded(double value) =>
        double.Parse(value.ToString("0.00e0", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static (double Low, double High) Bounds(JsonElement bounds, string place, string source)
    {
        double[] both =
            bounds.ValueKind == JsonValueKind.Array
            && bounds.EnumerateArray().All(b => b.ValueKind == JsonValueKind.Number)
                ? [.. bounds.EnumerateArray().Select(b => b.GetDouble())]
                : [];
        bool rising = both.Length == 2 && both.All(double.IsFinite) && both[0] < both[1];
        Wanted.That(rising, source, place, bounds.GetRawText(), "[LOW, HIGH] with LOW below HIGH");
        return (both[0], both[1]);
    }
}
