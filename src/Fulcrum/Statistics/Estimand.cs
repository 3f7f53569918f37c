using System.Text.Json.Serialization;

namespace Fulcrum.Statistics;

/// <summary>To what an estimate generalises.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Estimand>))]
public enum Estimand
{
    /// <summary>Other items of these clusters: the clusters are the whole of what is of interest (MMLU's
    /// subjects).</summary>
    [JsonStringEnumMemberName("items")]
    Items,

    /// <summary>Items of other clusters of the same kind (new databases).</summary>
    [JsonStringEnumMemberName("clusters")]
    Clusters,
}
