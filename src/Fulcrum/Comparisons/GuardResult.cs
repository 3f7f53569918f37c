using System.Text.Json.Serialization;

namespace Fulcrum.Comparisons;

/// <summary>The outcome of a guard.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GuardStatus>))]
public enum GuardStatus
{
    /// <summary>Its condition holds.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed,

    /// <summary>Its condition does not hold, so the run stops.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Its condition does not hold, and the study overrides it.</summary>
    [JsonStringEnumMemberName("overridden")]
    Overridden,

    /// <summary>It does not apply to this study.</summary>
    [JsonStringEnumMemberName("not-applicable")]
    NotApplicable,

    /// <summary>It applies, but there was no data that it could check. So the condition may or may not hold.</summary>
    [JsonStringEnumMemberName("not-checked")]
    NotChecked,
}

/// <summary>One guard's outcome.</summary>
/// <param name="Name">The name by which a study may override it: <c>gold-against-gold</c>, <c>below-chance</c>,
/// ...</param>
/// <param name="Stage">The stage that evaluated it.</param>
/// <param name="Benchmark">The task; null: none in particular.</param>
/// <param name="Message">One sentence with the numbers that the guard saw.</param>
public sealed record GuardResult(string Name, string Stage, string? Benchmark, GuardStatus Status, string Message);
