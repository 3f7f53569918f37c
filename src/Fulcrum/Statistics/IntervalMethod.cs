using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fulcrum.Statistics;

/// <summary>Which variance, or which exact method, an interval rests on.</summary>
public enum IntervalBasis
{
    /// <summary>Student's t on the variance within strata.</summary>
    StratifiedT,

    /// <summary>Student's t on the cluster-robust variance CR2.</summary>
    Cr2T,

    /// <summary>Student's t on the variance over items, wider than CR2's interval.</summary>
    ItemT,

    /// <summary>All values are equal, so there is no variance. The interval comes from the share of differing items
    /// that such a sample can miss (Clopper and Pearson).</summary>
    ClopperPearson,
}

/// <summary>The method of an interval, so that a reader can recompute it.</summary>
/// <param name="Basis">The reported piece: a Student interval, or the exact interval without variance.</param>
/// <param name="Counts">Whether an interval of the gained and lost counts (Bonett-Price, score) moved a bound.</param>
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
        return found
            ?? throw new JsonException(
                $"'{name}' is not an interval method; expected for example 'cr2-t' or 'cr2-t+counts'"
            );
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IntervalMethod value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
