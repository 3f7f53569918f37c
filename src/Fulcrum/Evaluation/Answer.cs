namespace Fulcrum.Evaluation;

/// <summary>One line of an answer file: everything about one item that a number in the report can be traced to.</summary>
/// <param name="Id">The item's id; answers are paired by it.</param>
/// <param name="Cluster">The item's cluster (database, subject).</param>
/// <param name="Group">The item's group (hardness, category).</param>
/// <param name="Score">1 right, 0 wrong, null not scorable.</param>
/// <param name="Prediction">What the reply was read as.</param>
/// <param name="Target">The gold answer.</param>
/// <param name="Verdict">The kind of outcome in one word.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Input">The question in words.</param>
/// <param name="Output">The raw text that the model wrote; null for a choice.</param>
/// <param name="LogLikelihoods">Of each continuation of a choice; null for written answers.</param>
/// <param name="Tokens">Number of generated tokens; null for a choice.</param>
/// <param name="Protocol">Hash of everything that can change a score (see <c>docs/method.md</c>).</param>
public sealed record Answer(
    string Id, string Cluster, string Group, int? Score, string Prediction, string Target, string Verdict, string? Reason = null,
    string? Input = null, string? Output = null, IReadOnlyList<double>? LogLikelihoods = null, int? Tokens = null, string? Protocol = null);
