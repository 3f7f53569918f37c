using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>How a candidate was selected: <c>selection.json</c>.</summary>
/// <param name="Chosen">The selected candidate.</param>
/// <param name="Confirmed">The selected candidate and those that are measured beside it on the other half.</param>
/// <param name="Candidates">The number of candidates to choose from.</param>
/// <param name="Others">What the candidates that were not selected scored on the selection half. The selected one is
/// left out: it was chosen for its score, so that score is too high.</param>
/// <param name="Search">How the candidates were searched; null: all of them were trained in full.</param>
internal sealed record SelectionResult(
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
internal sealed record SearchSummary(
    int Trainings,
    double Work,
    long Answers,
    IReadOnlyList<int> Rounds,
    IReadOnlyDictionary<string, string> Settings
);

/// <summary>What a candidate that was not selected scored on the selection half: no result, a reason for the
/// choice.</summary>
/// <param name="Points">By task, the mean difference from the base as a fraction.</param>
internal sealed record SelectionScore(string Name, IReadOnlyDictionary<string, double> Points);

/// <summary>A candidate that may be selected.</summary>
/// <param name="Root">The candidate from which it is derived; its own name if it is not derived.</param>
/// <param name="Place">Its place among candidates of the same root, as the part of the adapter and the step.</param>
/// <param name="IsSeed">Whether it is another training seed of its root: seeds are no candidates for the best.</param>
/// <param name="Scores">By task, the difference from the base on the selection half.</param>
internal sealed record Selectable(
    string Name,
    string Root,
    (int Step, double Lambda) Place,
    bool IsSeed,
    IReadOnlyDictionary<string, Difference> Scores
);

/// <summary>Selects one candidate by its scores on the selection half.</summary>
internal static class CandidateSelection
{
    /// <summary>
    /// Selects the candidate with the largest product of its mean gain on the targets and its chance to be accepted on
    /// the other half. A gain that the other half cannot confirm is worth nothing, so a smaller one that it can confirm
    /// is preferred. Ties go to the smaller loss, then to the first. The selected candidate's neighbours are the next
    /// lower and the next higher part of the same adapter; its other training seeds are confirmed too.
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
            [.. candidates.Where(c => !confirmed.Contains(c.Name)).Select(c => new SelectionScore(c.Name, Points(c)))]
        );
    }

    /// <summary>Returns candidates by the rule of <see cref="Of"/>, the best first.</summary>
    public static IReadOnlyList<Selectable> Ranked(
        IReadOnlyList<Selectable> candidates,
        IReadOnlyList<string> targets,
        double margin
    ) => [.. candidates.OrderByDescending(c => Worth(c, targets, margin)).ThenBy(c => Loss(c, targets))];

    private static IEnumerable<string> Neighbours(Selectable[] possible, Selectable chosen)
    {
        Selectable[] family = [.. possible.Where(c => c.Root == chosen.Root).OrderBy(c => c.Place)];
        int place = Array.IndexOf(family, chosen);
        return new[] { place - 1, place + 1 }.Where(i => i >= 0 && i < family.Length).Select(i => family[i].Name);
    }

    // Without a gain there is nothing to accept.
    private static double Worth(Selectable c, IReadOnlyList<string> targets, double margin) =>
        Gain(c, targets) is var gain && gain > 0 ? gain * Chance(c, targets, margin) : gain;

    /// <summary>Returns the chance that every target's gain and every general task's loss within the margin is shown on
    /// the other half.</summary>
    private static double Chance(Selectable c, IReadOnlyList<string> targets, double margin) =>
        c.Scores.Aggregate(
            1.0,
            (chance, s) => chance * Selection.ChanceToShow(s.Value, targets.Contains(s.Key) ? 0 : -margin)
        );

    private static double Gain(Selectable c, IReadOnlyList<string> targets) =>
        c.Scores.Where(s => targets.Contains(s.Key)).Average(s => s.Value.Points);

    private static double Loss(Selectable c, IReadOnlyList<string> targets) =>
        c.Scores.Where(s => !targets.Contains(s.Key)).Select(s => -s.Value.Points).DefaultIfEmpty(0).Max();

    private static Dictionary<string, double> Points(Selectable c) =>
        c.Scores.ToDictionary(s => s.Key, s => s.Value.Points, StringComparer.Ordinal);
}
