using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Simulation;

/// <summary>Studies of one cell, asked in the order of an early decision.</summary>
internal sealed class AskedStudies
{
    private readonly int[] order;

    /// <param name="cell">Its drawn items have no order, so any order of a cluster's items is a random one.</param>
    public AskedStudies(Cell cell)
    {
        (string Cluster, int Place)[] items =
        [
            .. cell.Items.SelectMany((n, g) => Enumerable.Repeat($"c{g:00}", n)).Select((c, i) => (c, i)),
        ];
        Plan = LookPlan.Of(EarlyDecision.Counts(cell.Items));
        order = [.. ByLooks(items, cell.Items)];
    }

    /// <summary>The looks.</summary>
    public LookPlan Plan { get; }

    /// <summary>The answers of one study, in that order.</summary>
    public AskedStudy Of(Study study)
    {
        Answer[] Side(Func<(string Cluster, double Before, double After), double> score) =>
            [.. order.Select(i => new Answer($"{i}", study.Pairs[i].Cluster, "", score(study.Pairs[i]), "", "", ""))];
        return new AskedStudy(Plan, Side(p => p.Before), Side(p => p.After));
    }

    private static IEnumerable<int> ByLooks((string Cluster, int Place)[] items, int[] sizes)
    {
        IGrouping<string, int>[] clusters = [.. items.GroupBy(i => i.Cluster, i => i.Place)];
        HashSet<int> asked = [];
        foreach (double share in EarlyDecision.Looks(sizes.Sum()))
        {
            foreach (int place in clusters.SelectMany((c, g) => c.Take(EarlyDecision.Asked(sizes[g], share))))
            {
                if (asked.Add(place))
                {
                    yield return place;
                }
            }
        }
    }
}

/// <summary>One study, asked look by look.</summary>
internal sealed record AskedStudy(LookPlan Plan, Answer[] Before, Answer[] After)
{
    /// <summary>The look that ends the task.</summary>
    public Look Decide(EarlyRule rule) =>
        Enumerable
            .Range(0, Plan.Asked.Count)
            .Select(l => EarlyComparison.At("task", Plan, l, Before, After, rule))
            .First(l => l.Stops);

    /// <summary>The comparison of a general task, as a run makes it.</summary>
    /// <param name="failures">The number of tasks of an early decision; null: all items are asked.</param>
    public PairedResult Compare(string task, int? failures)
    {
        ComparisonSettings settings = new(Simulations.Margin);
        if (failures is not { } tasks)
        {
            return PairedComparison.Of(task, Before, After, settings);
        }

        Look last = Decide(new EarlyRule(-Simulations.Margin / 100, tasks));
        return PairedComparison.Of(
            task,
            Before[..last.Asked],
            After[..last.Asked],
            settings with
            {
                Level = last.Level,
            }
        );
    }

    /// <summary>The interval after some items at a boundary.</summary>
    public Estimate At(int asked, double boundary) =>
        new Estimator(PairedComparison.Differences("task", Before[..asked], After[..asked]), Estimand.Clusters).At(
            Student.NormalTwoSided(boundary)
        );
}
