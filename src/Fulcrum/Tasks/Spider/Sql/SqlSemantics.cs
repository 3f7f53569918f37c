using System.Text.Json.Serialization;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>When the results of two queries are equal.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SqlSemantics>))]
public enum SqlSemantics
{
    /// <summary>As Spider's official evaluation by execution.</summary>
    [JsonStringEnumMemberName("official")]
    Official,

    /// <summary>Equal columns in equal order; rows as a multiset, or in order where the gold query orders.</summary>
    [JsonStringEnumMemberName("strict")]
    Strict,

    /// <summary>As the notebook compared: rows as they come.</summary>
    [JsonStringEnumMemberName("notebook")]
    Notebook,

    /// <summary>As BIRD's evaluation (Li et al., NeurIPS 2023): equal as sets of rows.</summary>
    [JsonStringEnumMemberName("bird")]
    Bird,
}
