namespace Fulcrum.Statistics;

/// <summary>One round of a search.</summary>
/// <param name="Share">The length of its trainings, as a share of the full length.</param>
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

    /// <summary>Returns the largest useful number of rounds: in the last one a candidate is left, and the shortest
    /// training has enough steps.</summary>
    /// <param name="steps">Steps of the shortest full training.</param>
    /// <param name="leastSteps">Fewer steps say nothing.</param>
    public static int Most(int candidates, int steps, int leastSteps)
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
    /// <param name="most">As <see cref="Most"/> returns it.</param>
    /// <param name="cost">The cost of a round.</param>
    public static IReadOnlyList<HalvingRound>? Within(
        int candidates,
        int most,
        double budget,
        Func<HalvingRound, double> cost
    ) => Enumerable.Range(1, most).Select(r => Of(candidates, r)).FirstOrDefault(s => s.Sum(cost) <= budget + 1e-9);

    // The half, rounded up, of the round before.
    private static int Kept(int candidates, int round) => (candidates + (1 << round) - 1) >> round;
}
