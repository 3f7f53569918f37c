namespace Fulcrum.Runs;

/// <summary>How far a stage is.</summary>
/// <param name="Stage">One of the experiment's stages.</param>
/// <param name="What">The part of the stage at work: a benchmark, the loss; <c>complete</c> when the stage was
/// skipped.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 while unknown.</param>
/// <param name="Unit">items, steps, stage; <c>note</c>: <paramref name="What"/> is a sentence to be shown, and nothing
/// is counted.</param>
public sealed record Progress(string Stage, string What, int Done, int Total, string Unit);
