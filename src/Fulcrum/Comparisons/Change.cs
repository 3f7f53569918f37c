using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>What an interval shows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Change>))]
public enum Change
{
    /// <summary>The interval contains 0.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>The interval lies above 0.</summary>
    [JsonStringEnumMemberName("gain")]
    Gain,

    /// <summary>The interval lies below 0.</summary>
    [JsonStringEnumMemberName("loss")]
    Loss,
}

/// <summary>Reads a change off an interval.</summary>
internal static class Changes
{
    /// <summary>A gain, a loss, or none where the interval contains 0.</summary>
    public static Change Of(Difference d) =>
        d.Low > 0 ? Change.Gain
        : d.High < 0 ? Change.Loss
        : Change.None;
}
