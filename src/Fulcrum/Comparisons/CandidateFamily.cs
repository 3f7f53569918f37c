using System.Text.Json.Serialization;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>Several candidates compared with their base.</summary>
/// <param name="Tasks">One family per task.</param>
internal sealed record CandidatesComparison(IReadOnlyList<CandidateFamily> Tasks);

/// <summary>The comparison of several candidates with the same base on one task, over the items that are scored for all
/// of them.</summary>
/// <param name="Items">Items that the base and every candidate scored.</param>
/// <param name="Unscored">Items that one of them could not score.</param>
/// <param name="CriticalValue">The distance of the simultaneous bounds in standard errors; null: not computed.</param>
public sealed record CandidateFamily(
    string Task,
    int Items,
    int Unscored,
    int Clusters,
    ScoreInterval Before,
    Estimand Estimand,
    IReadOnlyList<CandidateDifference> Candidates,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? CriticalValue = null
)
{
    /// <summary>The candidates as seeds of one recipe; null: they are not.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal RecipeEstimate? Recipe { get; init; }

    /// <summary>Compares candidates with their base.</summary>
    /// <param name="candidates">By name, in order.</param>
    /// <param name="simultaneous">Whether bounds are wanted that hold for all candidates together.</param>
    /// <param name="seeds">Whether the candidates are training seeds of one recipe.</param>
    /// <exception cref="InputException">An id is missing on one side, or repeated; names it.</exception>
    public static CandidateFamily Of(
        string task,
        IReadOnlyList<Answer> before,
        IReadOnlyList<(string Name, IReadOnlyList<Answer> Answers)> candidates,
        Estimand? estimand = null,
        bool simultaneous = true,
        bool seeds = false,
        int seed = 0
    )
    {
        IReadOnlyList<Answer> questions = QuestionForms.Joined(before);
        (Sample[] samples, (string Cluster, double Score)[][] scores) = Common(
            task,
            questions,
            [.. candidates.Select(c => (c.Name, QuestionForms.Joined(c.Answers)))]
        );
        Estimand chosen = PairedComparison.Allowed(samples[0], estimand);
        FamilyLevel? level = simultaneous
            ? MaxT.Of(samples, chosen, RandomStream.For(seed, $"candidates on {task}"))
            : null;
        bool binary = samples.All(s => s.Flips is not null);
        CandidateDifference[] each =
        [
            .. candidates.Select((c, j) => Candidate(c.Name, samples[j], scores[j + 1], chosen, level)),
        ];
        return new CandidateFamily(
            task,
            samples[0].Items,
            questions.Count - samples[0].Items,
            samples[0].Clusters,
            PairedComparison.Score(scores[0], binary),
            chosen,
            each,
            level?.CriticalValue
        )
        {
            Recipe = seeds ? RecipeEstimate.Of(samples, estimand) : null,
        };
    }

    private static CandidateDifference Candidate(
        string name,
        Sample sample,
        IReadOnlyList<(string Cluster, double Score)> scores,
        Estimand estimand,
        FamilyLevel? level
    )
    {
        Estimator estimator = new(sample, estimand);
        SimultaneousBounds? bounds =
            level is { } of && estimator.At(of.LocalLevel) is var at ? new SimultaneousBounds(at.Low, at.High) : null;
        FewChanges? few = level is { } local ? FewChanges.Of(sample, estimand, local.LocalLevel) : null;
        return new CandidateDifference(
            name,
            PairedComparison.Score(scores, sample.Flips is not null),
            estimator.At().ToDifference(),
            bounds
        )
        {
            AgainstMargin = few is null ? null : new SimultaneousBounds(few.Low, few.High),
        };
    }

    /// <summary>The differences of each candidate, and the scores of base and candidates, on the items that all
    /// scored.</summary>
    private static (Sample[] Differences, (string Cluster, double Score)[][] Scores) Common(
        string task,
        IReadOnlyList<Answer> before,
        IReadOnlyList<(string Name, IReadOnlyList<Answer> Answers)> candidates
    )
    {
        IReadOnlyList<(Answer Before, Answer After)>[] pairs =
        [
            .. candidates.Select(c => AnswerPairs.Of(task, before, c.Answers)),
        ];
        int[] kept =
        [
            .. Enumerable
                .Range(0, before.Count)
                .Where(i => before[i].Score is not null && pairs.All(p => p[i].After.Score is not null)),
        ];
        return (
            [
                .. pairs.Select(p =>
                    Sample.OfPairs([
                        .. kept.Select(i => (before[i].Cluster, before[i].Score!.Value, p[i].After.Score!.Value)),
                    ])
                ),
            ],
            [
                [.. kept.Select(i => (before[i].Cluster, before[i].Score!.Value))],
                .. pairs.Select(p => kept.Select(i => (before[i].Cluster, p[i].After.Score!.Value)).ToArray()),
            ]
        );
    }
}

/// <summary>One candidate of several.</summary>
/// <param name="Difference">The difference from the base, with its own 95% interval.</param>
/// <param name="Simultaneous">Bounds that hold for all candidates together in 95% of studies; null: not
/// computed.</param>
public sealed record CandidateDifference(
    string Name,
    ScoreInterval After,
    Difference Difference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SimultaneousBounds? Simultaneous
)
{
    /// <summary>What is compared with a margin in place of <see cref="Simultaneous"/>, because few clusters changed;
    /// null: enough clusters changed.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal SimultaneousBounds? AgainstMargin { get; init; }
}

/// <summary>Lower and upper bound, as fractions.</summary>
public readonly record struct SimultaneousBounds(double Low, double High);
