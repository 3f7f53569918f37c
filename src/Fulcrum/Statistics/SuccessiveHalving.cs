namespace Fulcrum.Statistics;

/// <summary>One round of a search.</summary>
/// <param name="Share">The number of steps of its trainings, as a share of the full number.</param>
/// <param name="Candidates">The number of candidates that are trained.</param>
internal readonly record struct HalvingRound(double Share, int Candidates);

/// <summary>Successive halving (Jamieson and Talwalkar 2016, AISTATS, arXiv:1502.07943): all candidates are trained for
/// a short time, the better half for twice as long, and so on up to the full length.</summary>
internal static class SuccessiveHalving
{
    /// <summary>The largest number of rounds: the shortest trainings have 1/32 of the full length.</summary>
    public const int MostRounds = 6;

    /// <summary>Returns a schedule with a number of rounds. The last round has the full length.</summary>
    public static IReadOnlyList<HalvingRound> Of(int candidates, int rounds) =>
        [
            .. Enumerable
                .Range(0, rounds)
                .Select(k => new HalvingRound(1.0 / (1 << (rounds - 1 - k)), Kept(candidates, k))),
        ];

    /// <summary>Returns the largest number of rounds in which at least one candidate is left for the last round and the
    /// trainings of the first round have enough steps.</summary>
    /// <param name="steps">Steps of the shortest full training.</param>
    /// <param name="leastSteps">The smallest number of steps after which scores are worth comparing.</param>
    public static int LargestRounds(int candidates, int steps, int leastSteps)
    {
        int rounds = 1;
        while (rounds < MostRounds && 1 << (rounds - 1) < candidates && steps >> rounds >= leastSteps)
        {
            rounds++;
        }

        return rounds;
    }

    /// <summary>Returns the schedule with the longest trainings that a budget allows; null: no schedule is that
    /// cheap.</summary>
    /// <param name="rounds">The largest number of rounds, from <see cref="LargestRounds"/>.</param>
    /// <param name="budget">The largest total cost, in the unit of <paramref name="cost"/>.</param>
    /// <param name="cost">Returns the cost of a round.</param>
    public static IReadOnlyList<HalvingRound>? Within(
        int candidates,
        int rounds,
        double budget,
        Func<HalvingRound, double> cost
    ) => Enumerable.Range(1, rounds).Select(r => Of(candidates, r)).FirstOrDefault(s => s.Sum(cost) <= budget + 1e-9);

    // Half of the candidates of the round before, rounded up.
    private static int Kept(int candidates, int round) => (candidates + (1 << round) - 1) >> round;
}
