using System.Text.Json.Serialization;

namespace Fulcrum.Comparisons;

/// <summary>How a candidate was selected: <c>selection.json</c>.</summary>
/// <param name="Chosen">The selected candidate.</param>
/// <param name="Confirmed">The selected candidate and those that are measured beside it on the other half.</param>
/// <param name="Candidates">The number of candidates to choose from.</param>
/// <param name="Others">What the candidates that were not selected scored on the selection half. The selected one is
/// left out: it was chosen for its score, so that score is too high.</param>
/// <param name="Search">How the candidates were searched; null: all of them were trained in full.</param>
public sealed record SelectionResult(
    string Chosen,
    IReadOnlyList<string> Confirmed,
    int Candidates,
    IReadOnlyList<SelectionScore> Others,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SearchSummary? Search = null
);

/// <summary>How a search found the selected candidate, and what it cost.</summary>
/// <param name="Trainings">The number of trainings, short ones included.</param>
/// <param name="Work">Their length together, in full trainings.</param>
/// <param name="Answers">Answers of candidates on the selection half.</param>
/// <param name="Rounds">The number of candidates of each round.</param>
/// <param name="Settings">By key, as <c>train.rank</c>, the selected candidate's values of the keys in which the
/// trainings differ.</param>
public sealed record SearchSummary(
    int Trainings,
    double Work,
    long Answers,
    IReadOnlyList<int> Rounds,
    IReadOnlyDictionary<string, string> Settings
);

/// <summary>What a candidate that was not selected scored on the selection half: no result, a reason for the
/// choice.</summary>
/// <param name="Points">By task, the mean difference from the base as a fraction.</param>
public sealed record SelectionScore(string Name, IReadOnlyDictionary<string, double> Points);

/// <summary>A candidate that may be selected.</summary>
/// <param name="Root">The candidate from which it is derived; its own name if it is not derived.</param>
/// <param name="Place">Its place among candidates of the same root, as the part of the adapter and the step.</param>
/// <param name="IsSeed">Whether it is another training seed of its root: seeds are no candidates for the best.</param>
/// <param name="Points">By task, the mean difference from the base on the selection half.</param>
internal sealed record Selectable(
    string Name,
    string Root,
    (int Step, double Lambda) Place,
    bool IsSeed,
    IReadOnlyDictionary<string, double> Points
);

/// <summary>Selects one candidate by its scores on the selection half.</summary>
internal static class CandidateSelection
{
    /// <summary>
    /// Selects the candidate with the largest mean gain on the targets among those whose loss on every general task is
    /// at most the margin; if there is none, the one whose largest loss is smallest. Ties go to the first. Its
    /// neighbours are the next lower and the next higher part of the same adapter; its other training seeds are
    /// confirmed too.
    /// </summary>
    /// <param name="margin">As a fraction.</param>
    /// <exception cref="ArgumentException">There is no candidate.</exception>
    public static SelectionResult Of(IReadOnlyList<Selectable> candidates, IReadOnlyList<string> targets, double margin)
    {
        Selectable[] possible = [.. candidates.Where(c => !c.IsSeed)];
        if (possible.Length == 0)
        {
            throw new ArgumentException("no candidate to select", nameof(candidates));
        }

        Selectable chosen = Ranked(possible, targets, margin)[0];
        string[] confirmed =
        [
            chosen.Name,
            .. Neighbours(possible, chosen),
            .. candidates.Where(c => c.IsSeed && c.Root == chosen.Name).Select(c => c.Name),
        ];
        return new SelectionResult(
            chosen.Name,
            confirmed,
            possible.Length,
            [.. candidates.Where(c => !confirmed.Contains(c.Name)).Select(c => new SelectionScore(c.Name, c.Points))]
        );
    }

    /// <summary>Returns candidates by the rule of <see cref="Of"/>, the best first.</summary>
    public static IReadOnlyList<Selectable> Ranked(
        IReadOnlyList<Selectable> candidates,
        IReadOnlyList<string> targets,
        double margin
    ) =>
        [
            .. candidates
                .Select(c => (Candidate: c, Loss: Loss(c, targets)))
                .OrderBy(c => c.Loss > margin)
                .ThenByDescending(c => c.Loss > margin ? -c.Loss : Gain(c.Candidate, targets))
                .Select(c => c.Candidate),
        ];

    private static IEnumerable<string> Neighbours(Selectable[] possible, Selectable chosen)
    {
        Selectable[] family = [.. possible.Where(c => c.Root == chosen.Root).OrderBy(c => c.Place)];
        int place = Array.IndexOf(family, chosen);
        return new[] { place - 1, place + 1 }.Where(i => i >= 0 && i < family.Length).Select(i => family[i].Name);
    }

    private static double Gain(Selectable c, IReadOnlyList<string> targets) =>
        c.Points.Where(p => targets.Contains(p.Key)).Average(p => p.Value);

    private static double Loss(Selectable c, IReadOnlyList<string> targets) =>
        c.Points.Where(p => !targets.Contains(p.Key)).Select(p => -p.Value).DefaultIfEmpty(0).Max();
}
