using System.Text.Json.Serialization;

namespace Fulcrum.Statistics;

/// <summary>The population that an estimate is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Estimand>))]
public enum Estimand
{
    /// <summary>Other items of the same clusters. Fits clusters that are a fixed part of the benchmark (MMLU's
    /// subjects).</summary>
    [JsonStringEnumMemberName("items")]
    Items,

    /// <summary>Items of other clusters of the same kind. Fits clusters that are examples of many
    /// (databases).</summary>
    [JsonStringEnumMemberName("clusters")]
    Clusters,
}
