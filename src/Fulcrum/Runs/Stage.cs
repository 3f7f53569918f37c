using System.Text.Json.Serialization;

namespace Fulcrum.Runs;

/// <summary>The parts of an experiment, in their order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Stage>))]
public enum Stage
{
    /// <summary>Guards that need no answers, detectable differences, an estimate of the work.</summary>
    [JsonStringEnumMemberName("prepare")]
    Prepare,

    /// <summary>The base is measured.</summary>
    [JsonStringEnumMemberName("base")]
    Base,

    /// <summary>Each candidate is obtained and measured.</summary>
    [JsonStringEnumMemberName("candidates")]
    Candidates,

    /// <summary>Every candidate is compared with the base.</summary>
    [JsonStringEnumMemberName("compare")]
    Compare,

    /// <summary>The report is written.</summary>
    [JsonStringEnumMemberName("report")]
    Report,
}
