using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>A study that was stored for the jobs of a cluster.</summary>
/// <param name="Study">With every derived candidate named.</param>
/// <param name="Doubtful">The base and the candidates that have a manifest but may not be complete: a file is missing
/// or was modified, or the data that they read may have changed.</param>
internal sealed record Submission(Study Study, IReadOnlyList<StageNode> Doubtful);
