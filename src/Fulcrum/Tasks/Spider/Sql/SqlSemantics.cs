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
}
