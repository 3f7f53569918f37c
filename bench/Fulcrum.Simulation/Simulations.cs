using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Simulation;

/// <summary>One simulated figure.</summary>
/// <param name="Cell">Which kind of study.</param>
/// <param name="Figures">By name: shares of studies, half-widths in points, shares of items.</param>
internal sealed record Result(string Table, string Cell, int Studies, SortedDictionary<string, double> Figures);

/// <summary>Simulated studies through the code that compares real ones.</summary>
internal static class Simulations
{
    private const double Margin = 2;

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
        IReadOnlyList<double> shares = EarlyDecision.Shares(cell.Items),
            boundaries = GroupSequential.Boundaries(shares);
        return Means(
            cell.Name,
            studies,
            random =>
            {
                Study study = cell.Draw(random);
                double limit = -Margin / 100 + (estimand == Estimand.Items ? study.ItemsTruth - cell.Truth : 0);
                Estimate whole = new Estimator(Sample.OfPairs(study.Pairs), estimand).At();
                Look last = Enumerable
                    .Range(0, shares.Count)
                    .Select(l => EarlyDecision.At(shares, l, Seen(cell, study, l), estimand, limit, boundaries))
                    .First(l => l.Stops);
                return new Dictionary<string, double>
                {
                    ["above"] = last.Outcome == LookOutcome.Above ? 1 : 0,
                    ["below"] = last.Outcome == LookOutcome.Below ? 1 : 0,
                    ["share"] = last.Share,
                    ["fixed above"] = whole.Low > limit ? 1 : 0,
                    ["fixed below"] = whole.High < limit ? 1 : 0,
                };
            }
        );
    }

    /// <summary>The whole verdict where a target gains and every general task loses exactly the margin.</summary>
    public static SortedDictionary<string, double> Verdicts(Cell cell, int tasks, int studies) =>
        Means(
            $"{tasks} tasks",
            studies,
            random =>
            {
                PairedResult[] results =
                [
                    .. Enumerable.Range(0, tasks).Select(t => Compare($"t{t}", cell.Draw(random))),
                ];
                VerdictKind kind = Judgement.Of(results, [], Margin).Kind;
                return new Dictionary<string, double>
                {
                    ["accept"] = kind == VerdictKind.Accept ? 1 : 0,
                    ["reject"] = kind == VerdictKind.Reject ? 1 : 0,
                };
            }
        );

    /// <summary>Several candidates that all lose the margin: whether a bound of any lies above it.</summary>
    public static SortedDictionary<string, double> Candidates(Cell cell, int candidates, int studies) =>
        Means(
            $"{candidates} candidates",
            studies,
            random =>
            {
                Study[] drawn = [.. Enumerable.Range(0, candidates).Select(_ => cell.Draw(random))];
                bool[] shared = [.. drawn[0].Pairs.Select(_ => random.NextDouble() < 0.3)];
                Sample[] samples =
                [
                    .. drawn.Select(d =>
                        Sample.OfPairs([.. d.Pairs.Select((p, i) => shared[i] ? drawn[0].Pairs[i] : p)])
                    ),
                ];
                FamilyLevel level = MaxT.Of(samples, Estimand.Clusters, random);
                Estimator[] all = [.. samples.Select(s => new Estimator(s, Estimand.Clusters))];
                return new Dictionary<string, double>
                {
                    ["simultaneous"] = all.Any(e => e.At(level.LocalLevel).Low > -Margin / 100) ? 1 : 0,
                    ["each alone"] = all.Any(e => e.At().Low > -Margin / 100) ? 1 : 0,
                };
            }
        );

    private static void Add(Dictionary<string, double> seen, string name, Estimate e, double truth)
    {
        seen[name] = e.Low <= truth && truth <= e.High ? 1 : 0;
        seen[$"{name} low above"] = e.Low > truth ? 1 : 0;
        seen[$"{name} high below"] = e.High < truth ? 1 : 0;
        seen[$"{name} half-width"] = (e.High - e.Low) / 2;
    }

    /// <summary>The first items of every cluster; drawn items have no order, so these are a random part.</summary>
    private static Sample Seen(Cell cell, Study study, int look)
    {
        double share = EarlyDecision.Looks(study.Pairs.Count)[look];
        List<(string, double, double)> seen = [];
        for (int g = 0, from = 0; g < cell.Items.Length; from += cell.Items[g++])
        {
            seen.AddRange(study.Pairs.Skip(from).Take(EarlyDecision.Asked(cell.Items[g], share)));
        }

        return Sample.OfPairs(seen);
    }

    private static PairedResult Compare(string task, Study study)
    {
        Answer[] Side(Func<(string Cluster, double Before, double After), double> score) =>
            [.. study.Pairs.Select((p, i) => new Answer($"{i}", p.Cluster, "", score(p), "", "", ""))];
        return PairedComparison.Of(task, Side(p => p.Before), Side(p => p.After), new ComparisonSettings(Margin));
    }

    /// <summary>Means over studies, each with random numbers of its own, so that the order of threads changes
    /// nothing.</summary>
    private static SortedDictionary<string, double> Means(
        string name,
        int studies,
        Func<RandomStream, Dictionary<string, double>> study
    )
    {
        Dictionary<string, double>[] seen = new Dictionary<string, double>[studies];
        Parallel.For(0, studies, i => seen[i] = study(RandomStream.For(i, $"simulation of {name}")));
        return new SortedDictionary<string, double>(
            seen[0].Keys.ToDictionary(k => k, k => seen.Average(s => s[k])),
            StringComparer.Ordinal
        );
    }
}
