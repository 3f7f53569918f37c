using Fulcrum.Comparisons;
using Fulcrum.Statistics;

namespace Fulcrum.Simulation;

/// <content>Searches by successive halving, with numbers instead of models.</content>
internal static partial class Simulations
{
    private const int Arms = 16,
        Rounds = 4;

    /// <summary>A search over 16 trainings in four rounds; the winner is judged on the items that the search never
    /// saw.</summary>
    /// <param name="target">The target task of a full training; a short one gains less.</param>
    /// <param name="general">The general task of a full training; a short one loses less.</param>
    /// <param name="spread">How far the candidates' true gains and losses lie apart, as a fraction: from none for the
    /// first candidate to this much more for the last. 0: all alike, and short trainings too.</param>
    public static SortedDictionary<string, double> Searches(Cell target, Cell general, double spread, int studies) =>
        Means(
            $"search of {target.Name} and {general.Name}, spread {spread}",
            studies,
            random =>
            {
                (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) gainHalves = Halves(
                        target.Draw(random),
                        random
                    ),
                    lossHalves = Halves(general.Draw(random), random);
                List<Tried> tried = [];
                int[] kept = [.. Enumerable.Range(0, Arms)];
                foreach (HalvingRound round in SuccessiveHalving.Of(Arms, Rounds))
                {
                    Tried[] now =
                    [
                        .. kept.Take(round.Candidates)
                            .Select(arm => Tried.Draw(arm, round.Share, target, general, spread, random)),
                    ];
                    tried.AddRange(now);
                    kept = [.. Best(now, gainHalves.Selection, lossHalves.Selection).Select(i => now[i].Arm)];
                }

                Tried chosen = tried[Best(tried, gainHalves.Selection, lossHalves.Selection)[0]];
                return Judged(chosen, gainHalves, lossHalves);
            }
        );

    private static Dictionary<string, double> Judged(
        Tried chosen,
        (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) gainHalves,
        (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) lossHalves
    )
    {
        Estimate gain = new Estimator(
                Sample.OfPairs(chosen.Gain.Only(gainHalves.Confirmation).Pairs),
                Estimand.Clusters
            ).At(),
            loss = new Estimator(
                Sample.OfPairs(chosen.Loss.Only(lossHalves.Confirmation).Pairs),
                Estimand.Clusters
            ).At();
        bool accepted = gain.Low > 0 && loss.Low > -Margin / 100;
        return new Dictionary<string, double>
        {
            ["bias, these clusters"] = gain.Points - chosen.Gain.Only(gainHalves.Confirmation).ItemsTruth,
            ["bias, other clusters"] = gain.Points - chosen.TrueGain,
            ["bias of the selection score"] = chosen.Gain.Only(gainHalves.Selection).Mean - chosen.TrueGain,
            ["coverage"] = gain.Low <= chosen.TrueGain && chosen.TrueGain <= gain.High ? 1 : 0,
            ["accepted"] = accepted ? 1 : 0,
            ["accepted wrongly"] = accepted && chosen.TrueLoss <= -Margin / 100 + 1e-9 ? 1 : 0,
        };
    }

    /// <summary>Places of candidates, the best on the selection items first.</summary>
    private static int[] Best(IReadOnlyList<Tried> all, IReadOnlyList<int> ofGain, IReadOnlyList<int> ofLoss)
    {
        Selectable[] seen =
        [
            .. all.Select((t, i) => new Selectable($"{i}", $"{i}", (0, 1), IsSeed: false, t.Seen(ofGain, ofLoss))),
        ];
        return
        [
            .. CandidateSelection
                .Ranked(seen, ["target"], Margin / 100)
                .Select(c => Array.FindIndex(seen, s => s == c)),
        ];
    }

    /// <summary>A training that a search tried.</summary>
    private sealed record Tried(int Arm, Study Gain, Study Loss, double TrueGain, double TrueLoss)
    {
        private Dictionary<string, Difference>? seen;

        /// <summary>What the selection items show, computed once.</summary>
        public Dictionary<string, Difference> Seen(IReadOnlyList<int> ofGain, IReadOnlyList<int> ofLoss) =>
            seen ??= new()
            {
                ["target"] = Simulations.Seen(Gain.Only(ofGain)),
                ["general"] = Simulations.Seen(Loss.Only(ofLoss)),
            };

        public static Tried Draw(int arm, double share, Cell target, Cell general, double spread, RandomStream random)
        {
            double more = spread * arm / (Arms - 1),
                part = spread == 0 ? 1 : (1 + share) / 2;
            Cell gain = target with { Mean = part * (target.Mean + more) },
                loss = general with { Mean = part * (general.Mean - (more / 2)) };
            return new Tried(arm, gain.Draw(random), loss.Draw(random), gain.Truth, loss.Truth);
        }
    }
}
