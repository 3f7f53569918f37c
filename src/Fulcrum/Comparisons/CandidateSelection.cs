using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>How a candidate was selected: <c>selection.json</c>.</summary>
/// <param name="Chosen">The selected candidate.</param>
/// <param name="Confirmed">The selected candidate and the others that are evaluated on the confirmation half.</param>
/// <param name="Candidates">The number of candidates to choose from.</param>
/// <param name="Others">Scores on the selection half of the candidates that were not selected. The score of the
/// selected one is left out: it was selected for its score, so the score is too high.</param>
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
/// <param name="Work">Their total length, in units of a full training.</param>
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

/// <summary>The scores on the selection half of a candidate that was not selected. They explain the selection and are
/// not results of the study.</summary>
/// <param name="Points">By task, the mean difference from the base as a fraction.</param>
internal sealed record SelectionScore(string Name, IReadOnlyDictionary<string, double> Points);

/// <summary>A candidate that may be selected.</summary>
/// <param name="Root">The candidate from which it is derived; its own name if it is not derived.</param>
/// <param name="Place">Its place among candidates of the same root, as the part of the adapter and the step.</param>
/// <param name="IsSeed">Whether it is another training seed of its root. Seeds cannot be selected.</param>
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
    /// Selects the candidate with the largest product of its mean gain on the targets and its chance of being accepted
    /// on the confirmation half. So a smaller gain that can be confirmed is preferred to a larger one that cannot.
    /// Among equal products the smaller loss counts, then the order. The neighbours of the selected candidate (the next
    /// lower and the next higher lambda of the same adapter) and its other training seeds are confirmed too.
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

    // A candidate without a gain has no chance of being accepted.
    private static double Worth(Selectable c, IReadOnlyList<string> targets, double margin) =>
        Gain(c, targets) is var gain && gain > 0 ? gain * Chance(c, targets, margin) : gain;

    /// <summary>Returns the probability that the confirmation half shows every target's gain, and that every general
    /// task's loss lies within the margin.</summary>
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
