using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Simulation;

/// <summary>One simulated figure.</summary>
/// <param name="Cell">Which kind of study.</param>
/// <param name="Figures">By name: shares of studies, half-widths in points, shares of items.</param>
internal sealed record Result(string Table, string Cell, int Studies, SortedDictionary<string, double> Figures);

/// <summary>Simulated studies through the code that compares real ones.</summary>
internal static partial class Simulations
{
    /// <summary>The margin of all studies, in points.</summary>
    public const double Margin = 2;

    // 10,000 draws instead of 100,000: the error of one study's critical value averages out over the studies.
    private const int Draws = 10_000;

    /// <summary>How many studies are drawn at the same time.</summary>
    public static int Threads { get; set; } = 1;

    /// <summary>How often the 95% intervals hold their true difference, and how wide they are.</summary>
    public static SortedDictionary<string, double> Coverage(Cell cell, int studies) =>
        Means(
            cell.Name,
            studies,
            random =>
            {
                Study study = cell.Draw(random);
                Sample sample = Sample.OfPairs(study.Pairs);
                Dictionary<string, double> seen = [];
                Add(seen, "items", new Estimator(sample, Estimand.Items).At(), study.ItemsTruth);
                if (sample.Clusters >= Estimator.LeastClusters)
                {
                    Add(seen, "clusters", new Estimator(sample, Estimand.Clusters).At(), cell.Truth);
                }

                return seen;
            }
        );

    /// <summary>Early decisions about a loss of 2 points: what is shown, and the share of items asked for it.</summary>
    public static SortedDictionary<string, double> Decisions(Cell cell, Estimand estimand, int studies)
    {
        AskedStudies asked = new(cell);
        return Means(
            cell.Name,
            studies,
            random =>
            {
                Study study = cell.Draw(random);
                double limit = -Margin / 100 + (estimand == Estimand.Items ? study.ItemsTruth - cell.Truth : 0);
                Estimate whole = new Estimator(Sample.OfPairs(study.Pairs), estimand).At();
                Look last = asked.Of(study).Decide(new EarlyRule(limit, Estimand: estimand));
                return new Dictionary<string, double>
                {
                    ["above"] = last.Outcome == LookOutcome.Above ? 1 : 0,
                    ["below"] = last.Outcome == LookOutcome.Below ? 1 : 0,
                    ["futile"] = last.Outcome == LookOutcome.Futile ? 1 : 0,
                    ["share"] = last.Share,
                    ["fixed above"] = whole.Low > limit ? 1 : 0,
                    ["fixed below"] = whole.High < limit ? 1 : 0,
                };
            }
        );
    }

    /// <summary>The verdict over several general tasks: one or all of them lose exactly the margin.</summary>
    /// <param name="others">The tasks beside the first; equal to <paramref name="cell"/> where all lose the
    /// margin.</param>
    /// <param name="decide">Whether each task is asked only until its decision.</param>
    public static SortedDictionary<string, double> Verdicts(Cell cell, Cell others, int tasks, bool decide, int studies)
    {
        (AskedStudies first, AskedStudies rest) = (new(cell), new(others));
        return Means(
            $"{tasks} tasks of {cell.Name} and {others.Name}",
            studies,
            random =>
            {
                PairedResult[] results =
                [
                    .. Enumerable
                        .Range(0, tasks)
                        .Select(t => (t == 0 ? first : rest).Of((t == 0 ? cell : others).Draw(random)))
                        .Select((s, t) => s.Compare($"t{t}", decide ? tasks : null)),
                ];
                VerdictKind kind = Judgement.Of(results, [], Margin).Kind;
                return new Dictionary<string, double>
                {
                    ["accept"] = kind == VerdictKind.Accept ? 1 : 0,
                    ["reject"] = kind == VerdictKind.Reject ? 1 : 0,
                };
            }
        );
    }

    /// <summary>Several candidates that all lose the margin: whether a bound of any lies above it.</summary>
    public static SortedDictionary<string, double> Candidates(Cell cell, int candidates, int studies) =>
        Means(
            $"{candidates} candidates",
            studies,
            random =>
            {
                Sample[] samples = [.. Family(cell, candidates, random).Select(d => Sample.OfPairs(d.Pairs))];
                FamilyLevel level = MaxT.Of(samples, Estimand.Clusters, random, Draws);
                Estimator[] all = [.. samples.Select(s => new Estimator(s, Estimand.Clusters))];
                return new Dictionary<string, double>
                {
                    ["simultaneous"] = all.Any(e => e.At(level.LocalLevel).Low > -Margin / 100) ? 1 : 0,
                    ["each alone"] = all.Any(e => e.At().Low > -Margin / 100) ? 1 : 0,
                };
            }
        );

    /// <summary>The same with early decision: each candidate stops by itself, bounds for all of them
    /// together.</summary>
    public static SortedDictionary<string, double> DecidedCandidates(Cell cell, int candidates, int studies)
    {
        AskedStudies asked = new(cell);
        LookPlan joint = LookPlan.Of(asked.Plan.Asked, GroupSequential.Error / candidates);
        return Means(
            $"{candidates} candidates",
            studies,
            random =>
            {
                (AskedStudy Study, Look Last)[] all =
                [
                    .. Family(cell, candidates, random)
                        .Select(asked.Of)
                        .Select(s => (s, s.Decide(new EarlyRule(-Margin / 100, Estimand: Estimand.Clusters)))),
                ];
                bool Passes((AskedStudy Study, Look Last) c) =>
                    c.Study.At(c.Last.Asked, joint.Boundaries[asked.Plan.Asked.ToList().IndexOf(c.Last.Asked)]).Low
                    > -Margin / 100;
                return new Dictionary<string, double>
                {
                    ["simultaneous"] = all.Any(Passes) ? 1 : 0,
                    ["each alone"] = all.Any(c => c.Last.Outcome == LookOutcome.Above) ? 1 : 0,
                    ["share"] = all.Average(c => c.Last.Share),
                };
            }
        );
    }

    /// <summary>Candidates that are equally good on the target and all lose the margin elsewhere: one is selected, and
    /// judged on the items by which it was selected or on the other half.</summary>
    public static SortedDictionary<string, double> Selections(Cell target, Cell general, int candidates, int studies) =>
        Means(
            $"selection of {candidates}",
            studies,
            random =>
            {
                Study[] gains = Family(target, candidates, random),
                    losses = Family(general, candidates, random);
                (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) halvesOfGain = Halves(gains[0], random),
                    halvesOfLoss = Halves(losses[0], random);
                int onAll = Selected(gains, losses),
                    onHalf = Selected(
                        [.. gains.Select(s => s.Only(halvesOfGain.Selection))],
                        [.. losses.Select(s => s.Only(halvesOfLoss.Selection))]
                    );
                Study confirmed = gains[onHalf].Only(halvesOfGain.Confirmation);
                Dictionary<string, double> seen = [];
                AddJudged(seen, "same items", target, gains[onAll], losses[onAll]);
                AddJudged(seen, "other half", target, confirmed, losses[onHalf].Only(halvesOfLoss.Confirmation));
                return seen;
            }
        );

    private static void AddJudged(Dictionary<string, double> seen, string name, Cell target, Study gain, Study loss)
    {
        Estimate g = new Estimator(Sample.OfPairs(gain.Pairs), Estimand.Clusters).At(),
            l = new Estimator(Sample.OfPairs(loss.Pairs), Estimand.Clusters).At();
        seen[$"{name} bias"] = g.Points - target.Truth;
        seen[$"{name} coverage"] = g.Low <= target.Truth && target.Truth <= g.High ? 1 : 0;
        seen[$"{name} passes"] = g.Low > 0 && l.Low > -Margin / 100 ? 1 : 0;
    }

    private static (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) Halves(
        Study study,
        RandomStream random
    ) => Selection.Split([.. study.Pairs.Select(p => p.Cluster)], Estimand.Clusters, random);

    private static Difference Seen(Study study) =>
        new Estimator(Sample.OfPairs(study.Pairs), Estimand.Clusters).At().ToDifference();

    /// <summary>The candidate that a study selects. No point loss keeps any from being selected where all lose the
    /// margin.</summary>
    private static int Selected(Study[] gains, Study[] losses)
    {
        Selectable[] all =
        [
            .. gains.Select(
                (g, i) =>
                    new Selectable(
                        $"{i}",
                        $"{i}",
                        (0, 1),
                        IsSeed: false,
                        new Dictionary<string, Difference> { ["target"] = Seen(g), ["general"] = Seen(losses[i]) }
                    )
            ),
        ];
        string chosen = CandidateSelection.Of(all, ["target"], Margin / 100).Chosen;
        return Array.FindIndex(all, c => c.Name == chosen);
    }

    /// <summary>Candidates that change 30% of the items alike.</summary>
    private static Study[] Family(Cell cell, int candidates, RandomStream random)
    {
        Study[] drawn = [.. Enumerable.Range(0, candidates).Select(_ => cell.Draw(random))];
        bool[] shared = [.. drawn[0].Pairs.Select(_ => random.NextDouble() < 0.3)];
        return
        [
            .. drawn.Select(d => d with { Pairs = [.. d.Pairs.Select((p, i) => shared[i] ? drawn[0].Pairs[i] : p)] }),
        ];
    }

    private static void Add(Dictionary<string, double> seen, string name, Estimate e, double truth)
    {
        seen[name] = e.Low <= truth && truth <= e.High ? 1 : 0;
        seen[$"{name} low above"] = e.Low > truth ? 1 : 0;
        seen[$"{name} high below"] = e.High < truth ? 1 : 0;
        seen[$"{name} half-width"] = (e.High - e.Low) / 2;
    }

    /// <summary>Means over studies, each with random numbers of its own, so that the order of threads changes
    /// nothing.</summary>
    public static SortedDictionary<string, double> Means(
        string name,
        int studies,
        Func<RandomStream, Dictionary<string, double>> study
    )
    {
        Dictionary<string, double>[] seen = new Dictionary<string, double>[studies];
        Parallel.For(
            0,
            studies,
            new ParallelOptions { MaxDegreeOfParallelism = Threads },
            i => seen[i] = study(RandomStream.For(i, $"simulation of {name}"))
        );
        return new SortedDictionary<string, double>(
            seen[0].Keys.ToDictionary(k => k, k => seen.Average(s => s[k])),
            StringComparer.Ordinal
        );
    }
}
