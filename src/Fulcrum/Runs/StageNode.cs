using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>A part of a run that one process can do by itself: a stage, or the obtaining and measuring of one
/// candidate.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Candidate">The candidate, of <see cref="Stage.Candidates"/> only.</param>
/// <param name="Part">A part of the items of the base, which another process puts together; null: the whole
/// stage.</param>
internal sealed record StageNode(Stage Stage, string? Candidate = null, StagePart? Part = null)
{
    private const string Prefix = "candidate:",
        PartPrefix = "base:";

    /// <summary>The name on the command line: <c>base</c>, <c>candidate:rank8</c>.</summary>
    public string Name =>
        Part is { } part ? $"{PartPrefix}{part.Index}/{part.Of}"
        : Candidate is { } name ? Prefix + name
        : EnumNames.Of(Stage);

    /// <summary>Where its files lie, relative to the run folder: <c>base</c>, <c>candidates/rank8</c>.</summary>
    public string Place => Candidate is { } name ? RunLayout.Candidate(name) : EnumNames.Of(Stage);

    /// <summary>Returns the node of one candidate.</summary>
    public static StageNode Of(string candidate) => new(Stage.Candidates, candidate);

    /// <summary>Reads a name.</summary>
    /// <exception cref="InputException">No node is called so.</exception>
    public static StageNode Parse(string name)
    {
        if (name.StartsWith(Prefix, StringComparison.Ordinal) && RelativeName.IsPlain(name[Prefix.Length..]))
        {
            return Of(name[Prefix.Length..]);
        }

        if (name.StartsWith(PartPrefix, StringComparison.Ordinal) && PartOf(name[PartPrefix.Length..]) is { } part)
        {
            return new StageNode(Stage.Base, null, part);
        }

        foreach (Stage stage in Enum.GetValues<Stage>().Where(s => s != Stage.Candidates))
        {
            if (EnumNames.Of(stage) == name)
            {
                return new StageNode(stage);
            }
        }

        throw new InputException(
            $"there is no stage '{Printable.Short(name)}'; there are prepare, base, candidate:NAME, compare and report"
        );
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static StagePart? PartOf(string text) =>
        text.Split('/') is [var index, var of]
        && int.TryParse(index, CultureInfo.InvariantCulture, out int i)
        && int.TryParse(of, CultureInfo.InvariantCulture, out int n)
        && i >= 0
        && i < n
            ? new StagePart(i, n)
            : null;
}

/// <summary>Every n-th chunk of a task's items.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Of">The number of parts.</param>
internal sealed record StagePart(int Index, int Of);
