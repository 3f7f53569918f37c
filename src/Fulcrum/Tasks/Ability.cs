using System.Text.Json.Serialization;

namespace Fulcrum.Tasks;

/// <summary>The ability that a task measures: one row of the ability profile.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Ability>))]
public enum Ability
{
    /// <summary>Factual knowledge.</summary>
    [JsonStringEnumMemberName("knowledge")]
    Knowledge,

    /// <summary>Inference and common sense.</summary>
    [JsonStringEnumMemberName("reasoning")]
    Reasoning,

    /// <summary>Arithmetic word problems.</summary>
    [JsonStringEnumMemberName("arithmetic")]
    Arithmetic,

    /// <summary>Following of instructions on the form of a reply.</summary>
    [JsonStringEnumMemberName("instructions")]
    Instructions,

    /// <summary>Avoidance of common falsehoods.</summary>
    [JsonStringEnumMemberName("truthfulness")]
    Truthfulness,

    /// <summary>Questions about a given text.</summary>
    [JsonStringEnumMemberName("reading")]
    Reading,

    /// <summary>Likelihood of ordinary text.</summary>
    [JsonStringEnumMemberName("language")]
    Language,

    /// <summary>Refusal of harmful and answering of harmless requests.</summary>
    [JsonStringEnumMemberName("safety")]
    Safety,
}
