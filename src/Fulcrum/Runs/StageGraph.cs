using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>The stages of a study and what each needs before it: prepare, base, one node per candidate, compare,
/// report. The same graph runs in one process, in several, and on a cluster.</summary>
/// <param name="Nodes">In an order in which one process can do them.</param>
/// <param name="Needs">By node, the nodes whose files it reads.</param>
internal sealed record StageGraph(
    IReadOnlyList<StageNode> Nodes,
    IReadOnlyDictionary<StageNode, IReadOnlyList<StageNode>> Needs
)
{
    /// <summary>Returns the graph of a study.</summary>
    /// <param name="study">With every derived candidate named.</param>
    public static StageGraph Of(Study study)
    {
        StageNode prepare = new(Stage.Prepare),
            measured = new(Stage.Base),
            compare = new(Stage.Compare),
            report = new(Stage.Report);
        StageNode[] candidates = [.. study.Candidates.Keys.Select(StageNode.Of)];
        Dictionary<StageNode, IReadOnlyList<StageNode>> needs = new()
        {
            [prepare] = [],
            [measured] = [prepare],
            [compare] = [measured, .. candidates],
            [report] = [compare],
        };
        foreach (StageNode node in candidates)
        {
            needs[node] = ParentOf(study, node.Candidate!) is { } parent
                ? [measured, StageNode.Of(parent)]
                : [measured];
        }

        return new StageGraph(Around(candidates), needs);
    }

    /// <summary>The candidates' nodes.</summary>
    public IEnumerable<StageNode> Candidates => Nodes.Where(n => n.Candidate is not null);

    /// <summary>Returns candidates in groups: a candidate needs only candidates of earlier groups.</summary>
    public IReadOnlyList<IReadOnlyList<StageNode>> Levels() =>
        [.. Candidates.GroupBy(LevelOf).OrderBy(g => g.Key).Select(g => g.ToArray())];

    /// <summary>Returns whether the files of a node are complete. Their digests are not computed.</summary>
    public static bool IsComplete(StageNode node, Study study, RunLayout run) =>
        StagesOf(node, study).All(s => run.Completed(s) is not null);

    /// <summary>Returns the number of candidates that are not complete.</summary>
    public static int Open(Study study, RunLayout run) =>
        study.Candidates.Keys.Count(n => !IsComplete(StageNode.Of(n), study, run));

    /// <summary>Returns the names of the stages of a node. A candidate's model may have to be made before it is
    /// measured.</summary>
    public static IReadOnlyList<string> StagesOf(StageNode node, Study study) =>
        node.Candidate is not { } name ? [node.Place]
        : Makes(study, name) ? [$"{node.Place}/obtain", $"{node.Place}/measure"]
        : [$"{node.Place}/measure"];

    /// <summary>Returns the names of all stages of a study with some of its candidates.</summary>
    public static IEnumerable<string> StagesOf(Study study, IEnumerable<string> candidates) =>
        Around(candidates.Select(StageNode.Of)).SelectMany(n => StagesOf(n, study));

    private static IReadOnlyList<StageNode> Around(IEnumerable<StageNode> candidates) =>
        [
            new StageNode(Stage.Prepare),
            new StageNode(Stage.Base),
            .. candidates,
            new StageNode(Stage.Compare),
            new StageNode(Stage.Report),
        ];

    private int LevelOf(StageNode node) =>
        Needs[node].Where(n => n.Candidate is not null).Select(n => 1 + LevelOf(n)).DefaultIfEmpty(0).Max();

    /// <summary>Returns the candidate whose files a candidate reads; null if it reads those of no other.</summary>
    private static string? ParentOf(Study study, string name) =>
        study.Candidates[name] is { From: { } from, Seed: null, MaxSteps: null } && MadeBy(study, from) ? from : null;

    // A candidate that is derived from one that exists already needs no other candidate's files.
    private static bool MadeBy(Study study, string name) =>
        Makes(study, name) || (study.Candidates[name].From is { } from && MadeBy(study, from));

    private static bool Makes(Study study, string name) => study.Candidates.GetValueOrDefault(name) is { IsMade: true };
}
