using Fulcrum.Data;
using Fulcrum.Studies;

namespace Fulcrum.Runs;

/// <summary>The stages of a study and what each needs before it: prepare, base, one node per candidate, compare,
/// report. The same graph runs in one process, in several, and on a cluster.</summary>
/// <remarks>If what is asked of a candidate depends on the answers of the others, the candidates are obtained, and
/// tried on the selection half, by themselves. One more node then judges them together. A search has a node for each
/// place in each of its rounds.</remarks>
/// <param name="Nodes">In an order in which one process can do them.</param>
/// <param name="Needs">By node, the nodes whose files it reads.</param>
internal sealed record StageGraph(
    IReadOnlyList<StageNode> Nodes,
    IReadOnlyDictionary<StageNode, IReadOnlyList<StageNode>> Needs
)
{
    private static readonly StageNode Prepare = new(Stage.Prepare),
        Base = new(Stage.Base),
        Compare = new(Stage.Compare),
        Report = new(Stage.Report);

    /// <summary>Returns the graph of a study.</summary>
    /// <param name="study">With every derived candidate named.</param>
    /// <param name="seek">The rounds of a search; null: none are planned yet.</param>
    public static StageGraph Of(Study study, SeekFile? seek = null) =>
        IsTogether(study) ? OfTogether(study, seek) : OfEach(study);

    /// <summary>Whether what is asked of one candidate depends on the answers of the others.</summary>
    public static bool IsTogether(Study study) => study.Decide || study.Selects;

    /// <summary>The nodes of single candidates and of places in rounds.</summary>
    public IEnumerable<StageNode> Candidates =>
        Nodes.Where(n => n.Stage == Stage.Candidates && n.Kind != NodeKind.Judged);

    /// <summary>What comes after the candidates: it reads the files of all of them.</summary>
    public IEnumerable<StageNode> Last => Nodes.Where(n => n.Kind == NodeKind.Judged || n.Stage > Stage.Candidates);

    /// <summary>Returns candidates in groups: a candidate needs only candidates of earlier groups.</summary>
    public IReadOnlyList<IReadOnlyList<StageNode>> Levels() =>
        [.. Candidates.GroupBy(LevelOf).OrderBy(g => g.Key).Select(g => g.ToArray())];

    /// <summary>Returns whether the files of a node are complete. Their digests are not computed.</summary>
    public static bool IsComplete(StageNode node, Study study, RunLayout run) =>
        StagesOf(node, study, run) is { } stages && stages.All(s => run.Completed(s) is not null);

    /// <summary>Returns whether the files of a node are complete and still what it wrote.</summary>
    public static bool IsIntact(StageNode node, Study study, RunLayout run) =>
        StagesOf(node, study, run) is { } stages
        && stages.All(s => run.Completed(s) is { } m && run.IsComplete(s, m.Inputs));

    /// <summary>Returns the names of all stages of a study with some of its candidates.</summary>
    public static IEnumerable<string> StagesOf(Study study, IEnumerable<string> candidates) =>
        [
            Prepare.Place,
            Base.Place,
            .. candidates.SelectMany(n => StagesOf(StageNode.Of(n), study)),
            Compare.Place,
            Report.Place,
        ];

    // Null: not known before the selection.
    private static IEnumerable<string>? StagesOf(StageNode node, Study study, RunLayout run)
    {
        if (node.Kind != NodeKind.Judged)
        {
            return StagesOf(node, study);
        }

        IReadOnlyList<string>? judged = study.Selects ? Selected(study, run) : [.. study.Candidates.Keys];
        return judged is null
            ? null
            :
            [
                .. study.Selects ? [RunLayout.Selection] : Array.Empty<string>(),
                .. study.Decide ? [EarlyRounds.Name] : Array.Empty<string>(),
                Base.Place,
                .. judged.Select(n => $"{RunLayout.Candidate(n)}/measure"),
            ];
    }

    // A damaged file completes nothing: the stage is done again.
    private static IReadOnlyList<string>? Selected(Study study, RunLayout run)
    {
        try
        {
            return SelectionRun.ConfirmedOf(study, run);
        }
        catch (InputException)
        {
            return null;
        }
    }

    // A candidate's model may have to be made before it is measured.
    private static IEnumerable<string> StagesOf(StageNode node, Study study)
    {
        if (node.Stage == Stage.Base && study.Selects)
        {
            return [$"{Base.Place}/{RunLayout.Selection}"];
        }

        if (node.Candidate is not { } name)
        {
            return [node.Place];
        }

        string[] making = Makes(study, name) ? [$"{node.Place}/obtain"] : [];
        return node.Kind switch
        {
            NodeKind.Obtained => making,
            NodeKind.Tried => [.. making, $"{node.Place}/{RunLayout.Selection}"],
            _ => [.. making, $"{node.Place}/measure"],
        };
    }

    private static StageGraph OfEach(Study study)
    {
        StageNode[] candidates = [.. study.Candidates.Keys.Select(StageNode.Of)];
        Dictionary<StageNode, IReadOnlyList<StageNode>> needs = new()
        {
            [Prepare] = [],
            [Base] = [Prepare],
            [Compare] = [Base, .. candidates],
            [Report] = [Compare],
        };
        candidates.ToList().ForEach(n => needs[n] = WithParent(n, study, [Base]));
        return new StageGraph([Prepare, Base, .. candidates, Compare, Report], needs);
    }

    private static StageGraph OfTogether(Study study, SeekFile? seek)
    {
        StageNode[] before = study.Selects ? [Prepare, Base] : [Prepare];
        Dictionary<StageNode, IReadOnlyList<StageNode>> needs = new()
        {
            [Prepare] = [],
            [Base] = [Prepare],
            [Compare] = [StageNode.Judged],
            [Report] = [Compare],
        };
        StageNode[] tried = study.Seek is null
            ? [.. Tried(study)]
            : [.. (seek?.Planned ?? []).SelectMany((r, k) => Places(k + 1, r.Candidates))];
        foreach (StageNode node in tried)
        {
            needs[node] =
                node.Kind != NodeKind.Round ? WithParent(node, study, [before[^1]])
                : node.Part!.Of == 1 ? [before[^1]]
                : [.. Places(node.Part.Of - 1, seek!.Planned[node.Part.Of - 2].Candidates)];
        }

        needs[StageNode.Judged] = [before[^1], .. tried];
        return new StageGraph([.. before, .. tried, StageNode.Judged, Compare, Report], needs);
    }

    private static IEnumerable<StageNode> Tried(Study study) =>
        study
            .Candidates.Keys.Where(n => study.Selects || Makes(study, n))
            .Select(n => StageNode.Of(n) with { Kind = study.Selects ? NodeKind.Tried : NodeKind.Obtained });

    private static IEnumerable<StageNode> Places(int round, int count) =>
        Enumerable.Range(1, count).Select(i => StageNode.OfRound(round, i));

    private static StageNode[] WithParent(StageNode node, Study study, StageNode[] needs)
    {
        string? parent = ParentOf(study, node.Candidate!);
        while (node.Kind == NodeKind.Obtained && parent is not null && !Makes(study, parent))
        {
            parent = ParentOf(study, parent);
        }

        return parent is null ? needs : [.. needs, node with { Candidate = parent }];
    }

    private int LevelOf(StageNode node) =>
        node.Kind == NodeKind.Round
            ? node.Part!.Of
            : Needs[node].Where(n => n.Candidate is not null).Select(n => 1 + LevelOf(n)).DefaultIfEmpty(0).Max();

    /// <summary>Returns the candidate whose files a candidate reads; null if it reads those of no other.</summary>
    private static string? ParentOf(Study study, string name) =>
        study.Candidates[name] is { From: { } from, Seed: null, MaxSteps: null } && MadeBy(study, from) ? from : null;

    // A candidate that is derived from one that exists already needs no other candidate's files.
    private static bool MadeBy(Study study, string name) =>
        Makes(study, name) || (study.Candidates[name].From is { } from && MadeBy(study, from));

    private static bool Makes(Study study, string name) => study.Candidates.GetValueOrDefault(name) is { IsMade: true };
}
