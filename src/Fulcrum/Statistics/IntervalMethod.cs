using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fulcrum.Statistics;

/// <summary>Which piece the interval's width comes from.</summary>
public enum IntervalBasis
{
    /// <summary>Student's t on the variance within strata.</summary>
    StratifiedT,

    /// <summary>Student's t on the cluster-robust variance CR2.</summary>
    Cr2T,

    /// <summary>Student's t on the variance over items, wider than CR2's interval.</summary>
    ItemT,

    /// <summary>No value differs from another: the share of other items that such a sample can miss.</summary>
    ClopperPearson,
}

/// <summary>How an interval came about.</summary>
/// <param name="Basis">The t piece, or what replaces it.</param>
/// <param name="Counts">Whether an interval of the counts (Bonett-Price, score) moved a bound.</param>
[JsonConverter(typeof(IntervalMethodConverter))]
public readonly record struct IntervalMethod(IntervalBasis Basis, bool Counts)
{
    /// <summary>The name in <c>comparison.json</c>: <c>cr2-t+counts</c>.</summary>
    public override string ToString() => Name + (Counts ? "+counts" : "");

    private string Name =>
        Basis switch
        {
            IntervalBasis.StratifiedT => "stratified-t",
            IntervalBasis.Cr2T => "cr2-t",
            IntervalBasis.ItemT => "item-t",
            _ => "clopper-pearson",
        };
}

/// <summary>Writes the method by its name.</summary>
internal sealed class IntervalMethodConverter : JsonConverter<IntervalMethod>
{
    /// <inheritdoc/>
    public override IntervalMethod Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? name = reader.GetString();
        IEnumerable<IntervalMethod> all = Enum.GetValues<IntervalBasis>()
            .SelectMany(b => (IntervalMethod[])[new(b, false), new(b, true)]);
        IntervalMethod? found = all.Select(m => (IntervalMethod?)m).FirstOrDefault(m => m.ToString() == name);
        return found ?? throw new JsonException($"'{name}' is no interval method");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IntervalMethod value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
