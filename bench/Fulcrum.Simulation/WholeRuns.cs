using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Simulation;

/// <summary>Drawn studies as whole runs: scripted models are asked, their replies are graded and stored, guards are
/// tried, and the run compares the files that it wrote.</summary>
/// <param name="General">The cell of every general task; its mean loss is the margin.</param>
internal sealed record WholeRuns(Cell General, int Tasks = 1, int Candidates = 1, bool Decide = false)
{
    private const string Base = "base";
    private const string Target = "target";

    // Every candidate gains far more than any interval is wide, so the general tasks alone decide.
    private static readonly Cell Gain = new("40", [20, 20], 0.45, 0.45);

    /// <summary>The kind of runs in words.</summary>
    public string Name =>
        $"{Candidates} {(Candidates == 1 ? "candidate" : "candidates")}, "
        + $"{Tasks} general {(Tasks == 1 ? "task" : "tasks")}{(Decide ? ", early decision" : "")}";

    private string[] CandidateNames => [.. Enumerable.Range(0, Candidates).Select(c => $"candidate-{c}")];

    private string[] TaskNames => [Target, .. Enumerable.Range(1, Tasks).Select(t => $"general-{t}")];

    /// <summary>Shares of runs: any candidate is accepted, any is rejected; and the share whose intervals are those of
    /// the comparison that the other tables call.</summary>
    public SortedDictionary<string, double> Verdicts(int studies) =>
        Simulations.Means($"whole runs of {Candidates} x {Tasks} of {General.Name}", studies, Run);

    private Dictionary<string, double> Run(RandomStream random)
    {
        Dictionary<(string Model, string Task), double[]> scores = Draw(random);
        string folder = Directory.CreateTempSubdirectory("fulcrum-simulation").FullName;
        try
        {
            Comparison comparison = Run(folder, scores);
            Dictionary<string, double> seen = new()
            {
                ["accept"] = Any(comparison, VerdictKind.Accept),
                ["reject"] = Any(comparison, VerdictKind.Reject),
            };
            if (Candidates > 1)
            {
                seen["together"] = AcceptsTogether(comparison) ? 1 : 0;
            }

            if (Decide)
            {
                seen["share"] = ShareAsked(comparison);
            }
            else
            {
                seen["same"] = comparison.Candidates.All(c => IsSame(c, scores)) ? 1 : 0;
            }

            return seen;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private Comparison Run(string folder, IReadOnlyDictionary<(string Model, string Task), double[]> scores)
    {
        string Model(string name) => Directory.CreateDirectory(Path.Combine(folder, "models", name)).FullName;
        Studies.Study study = new(
            new BasePlan(Model(Base), Dtype.F32, Device: "cpu", Threads: 1),
            TaskNames.ToDictionary(t => t, TaskPlan (_) => new SpiderPlan(Data: folder)),
            CandidateNames.ToDictionary(c => c, c => new CandidatePlan(Model: Model(c))),
            Margin: Simulations.Margin,
            Decide: Decide
        );
        Corpus corpus = new([.. TaskNames.Select(t => new DrawnTask(t, ClustersOf(t)))], [], "drawn");
        using RunLock run = RunLock.Open(Path.Combine(folder, "run"));
        return new Experiment(study, run, new Engines([new DrawnModels(scores)]), _ => corpus).Run(Stage.Compare)!;
    }

    /// <summary>Each base answer is right or wrong with equal probability; each candidate changes it by
    /// itself.</summary>
    private Dictionary<(string Model, string Task), double[]> Draw(RandomStream random)
    {
        Dictionary<(string, string), double[]> scores = [];
        foreach (string task in TaskNames)
        {
            double[] before = [.. ClustersOf(task).Select(_ => random.NextDouble() < 0.5 ? 1.0 : 0.0)];
            scores[(Base, task)] = before;
            foreach (string candidate in CandidateNames)
            {
                scores[(candidate, task)] = Changed(task == Target ? Gain : General, before, random);
            }
        }

        return scores;
    }

    private static double[] Changed(Cell cell, double[] before, RandomStream random)
    {
        double[] after = new double[before.Length];
        int at = 0;
        foreach (int items in cell.Items)
        {
            double change = cell.Mean + (cell.Spread * random.NextNormal()),
                flips = cell.FlipsAt(change);
            for (int end = at + items; at < end; at++)
            {
                double flip = before[at] == 0 ? flips + change : flips - change;
                after[at] = random.NextDouble() < flip ? 1 - before[at] : before[at];
            }
        }

        return after;
    }

    private string[] ClustersOf(string task) =>
        [.. (task == Target ? Gain : General).Items.SelectMany((n, g) => Enumerable.Repeat($"c{g:00}", n))];

    private double ShareAsked(Comparison comparison) =>
        comparison.Candidates.Average(c => c.Tasks.Skip(1).Average(t => (double)t.Items / General.Items.Sum()));

    private static double Any(Comparison comparison, VerdictKind kind) =>
        comparison.Candidates.Any(c => c.Verdict.Kind == kind) ? 1 : 0;

    /// <summary>Whether the bounds that hold for all candidates together show any to be within the margin.</summary>
    private static bool AcceptsTogether(Comparison comparison) =>
        comparison.Families is { } families
        && comparison.Candidates.Any(c =>
            families
                .Where(f => f.Task != Target)
                .All(f =>
                    f.Candidates.Single(o => o.Name == c.Name).Simultaneous!.Value.Low > -Simulations.Margin / 100
                )
        );

    private bool IsSame(CandidateComparison got, IReadOnlyDictionary<(string Model, string Task), double[]> scores) =>
        got.Tasks.All(result =>
        {
            string[] clusters = ClustersOf(result.Task);
            Sample sample = Sample.OfPairs([
                .. clusters.Select((c, i) => (c, scores[(Base, result.Task)][i], scores[(got.Name, result.Task)][i])),
            ]);
            Statistics.Estimate expected = new Estimator(sample, result.Estimand).At();
            return (expected.Points, expected.Low, expected.High)
                == (result.Difference.Points, result.Difference.Low, result.Difference.High);
        });
}
