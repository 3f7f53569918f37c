using System.Text.Json.Serialization;

namespace Fulcrum.Comparisons;

/// <summary>What became of a guard.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GuardStatus>))]
public enum GuardStatus
{
    /// <summary>What it checks holds.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed,

    /// <summary>What it checks does not hold, so the run stops.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>What it checks does not hold, and the study overrides it.</summary>
    [JsonStringEnumMemberName("overridden")]
    Overridden,

    /// <summary>It checks nothing in this study.</summary>
    [JsonStringEnumMemberName("not-applicable")]
    NotApplicable,

    /// <summary>It would apply, but there was nothing that it could look at. So it says neither that all is well nor
    /// that something is wrong.</summary>
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
