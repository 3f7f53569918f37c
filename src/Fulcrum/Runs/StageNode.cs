using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>How much of a stage a node does.</summary>
internal enum NodeKind
{
    /// <summary>The whole stage; of a candidate, obtaining and measuring it.</summary>
    Whole,

    /// <summary>Obtains a candidate only.</summary>
    Obtained,

    /// <summary>Obtains a candidate and measures it on the items by which one is selected.</summary>
    Tried,

    /// <summary>Tries one candidate of a round of a search. Which one, follows from the round before.</summary>
    Round,

    /// <summary>Everything that needs the answers of several candidates: selects one, asks look by look, and measures
    /// the base and the candidates that are judged.</summary>
    Judged,
}

/// <summary>A part of a run that one process can do by itself: a stage, or the obtaining and measuring of one
/// candidate.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Candidate">The candidate, of <see cref="Stage.Candidates"/> only.</param>
/// <param name="Part">Of the base: a part of its items, which another process puts together. Of a round of a search:
/// the candidate's place in the round. Null: neither.</param>
/// <param name="Kind">How much of the stage.</param>
internal sealed record StageNode(
    Stage Stage,
    string? Candidate = null,
    StagePart? Part = null,
    NodeKind Kind = NodeKind.Whole
)
{
    private const string Prefix = "candidate:",
        ObtainedPrefix = "obtained:",
        TriedPrefix = "tried:",
        RoundPrefix = "round:",
        PartPrefix = "base:",
        JudgedName = "judged";

    /// <summary>The selection, the looks and the confirmation, of a study that has them.</summary>
    public static readonly StageNode Judged = new(Stage.Candidates, Kind: NodeKind.Judged);

    /// <summary>The name on the command line: <c>base</c>, <c>candidate:rank8</c>.</summary>
    public string Name =>
        Kind switch
        {
            NodeKind.Judged => JudgedName,
            NodeKind.Round => $"{RoundPrefix}{Part!.Index}/{Part.Of}",
            NodeKind.Tried => TriedPrefix + Candidate,
            NodeKind.Obtained => ObtainedPrefix + Candidate,
            _ when Part is { } part => $"{PartPrefix}{part.Index}/{part.Of}",
            _ => Candidate is { } name ? Prefix + name : EnumNames.Of(Stage),
        };

    /// <summary>Where its files lie, relative to the run folder: <c>base</c>, <c>candidates/rank8</c>.</summary>
    public string Place =>
        Kind switch
        {
            NodeKind.Judged => JudgedName,
            NodeKind.Round => $"rounds/{Part!.Of}-{Part.Index}",
            _ => Candidate is { } name ? RunLayout.Candidate(name) : EnumNames.Of(Stage),
        };

    /// <summary>Whether the node works in a separate folder, which is published at the end. A stage that computes only
    /// from other files of the run writes directly into the run folder.</summary>
    public bool HasAttempts => Stage <= Stage.Candidates;

    /// <summary>Returns the node of one candidate.</summary>
    public static StageNode Of(string candidate) => new(Stage.Candidates, candidate);

    /// <summary>Returns the node of a place in a round of a search; both are counted from 1.</summary>
    public static StageNode OfRound(int round, int place) =>
        new(Stage.Candidates, Part: new StagePart(place, round), Kind: NodeKind.Round);

    /// <summary>Reads a name.</summary>
    /// <exception cref="InputException">No node is called so.</exception>
    public static StageNode Parse(string name)
    {
        (string Prefix, NodeKind Kind)[] candidates =
        [
            (Prefix, NodeKind.Whole),
            (ObtainedPrefix, NodeKind.Obtained),
            (TriedPrefix, NodeKind.Tried),
        ];
        foreach ((string prefix, NodeKind kind) in candidates)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && RelativeName.IsPlain(name[prefix.Length..]))
            {
                return Of(name[prefix.Length..]) with { Kind = kind };
            }
        }

        if (name.StartsWith(RoundPrefix, StringComparison.Ordinal) && PartOf(name[RoundPrefix.Length..]) is { } place)
        {
            return OfRound(place.Of, place.Index);
        }

        if (name.StartsWith(PartPrefix, StringComparison.Ordinal) && PartOf(name[PartPrefix.Length..]) is { } part)
        {
            bool within = part.Index < part.Of;
            return within ? new StageNode(Stage.Base, null, part) : throw Unknown(name);
        }

        return name == JudgedName ? Judged : OfStage(name) ?? throw Unknown(name);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static StageNode? OfStage(string name)
    {
        foreach (Stage stage in Enum.GetValues<Stage>().Where(s => s != Stage.Candidates))
        {
            if (EnumNames.Of(stage) == name)
            {
                return new StageNode(stage);
            }
        }

        return null;
    }

    private static InputException Unknown(string name) =>
        new(
            $"there is no stage '{Printable.Short(name)}'; there are prepare, base, candidate:NAME, obtained:NAME, "
                + "tried:NAME, round:PLACE/ROUND, judged, compare and report"
        );

    private static StagePart? PartOf(string text) =>
        text.Split('/') is [var index, var of]
        && int.TryParse(index, CultureInfo.InvariantCulture, out int i)
        && int.TryParse(of, CultureInfo.InvariantCulture, out int n)
        && i >= 0
        && n > 0
            ? new StagePart(i, n)
            : null;
}

/// <summary>Every n-th chunk of a task's items, or a place in a round.</summary>
/// <param name="Index">Of the base from 0, of a round from 1.</param>
/// <param name="Of">The number of parts, or the round.</param>
internal sealed record StagePart(int Index, int Of);
