namespace Fulcrum.Guards;

/// <summary>One guard's outcome.</summary>
/// <param name="Name">The name by which a study may override it: <c>gold-against-gold</c>, <c>below-chance</c>,
/// ...</param>
/// <param name="Stage">The stage that evaluated it.</param>
/// <param name="Benchmark">The task; null: none in particular.</param>
/// <param name="Status"><c>passed</c>, <c>failed</c>, <c>overridden</c> (it failed, and the study goes on by its own
/// word) or <c>not-applicable</c>.</param>
/// <param name="Message">The finding, in a sentence with the numbers.</param>
public sealed record GuardResult(string Name, string Stage, string? Benchmark, string Status, string Message);
