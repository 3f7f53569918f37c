using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>A study that was stored for the jobs of a cluster.</summary>
/// <param name="Study">With every derived candidate named.</param>
/// <param name="Doubtful">The base and the candidates that a manifest alone does not make complete: a file is missing
/// or was modified, or what they read may have changed.</param>
internal sealed record Submission(Study Study, IReadOnlyList<StageNode> Doubtful);
