using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>One measured form of a model, with its answers.</summary>
/// <param name="Answers">By task.</param>
internal sealed record PointAnswers(
    string Name,
    PointKind Kind,
    double Lambda,
    IReadOnlyDictionary<string, IReadOnlyList<Answer>> Answers,
    int? Step = null,
    string Form = "beside",
    int? Seed = null
);

/// <summary>Puts measured points on two axes, target and general, and finds the front.</summary>
internal static class TradeOffCurve
{
    private const double Level = 0.05;

    /// <summary>Compares every point with the first, and with every other.</summary>
    /// <param name="points">The base first; all with the same items.</param>
    /// <param name="tasks">Names, in the study's order.</param>
    /// <param name="targets">Those of them that form the first axis; the others form the second.</param>
    /// <param name="margin">In points.</param>
    /// <param name="estimands">To what each task generalises; null, or a task that is not named: its default.</param>
    public static TradeOff Of(
        IReadOnlyList<PointAnswers> points,
        IReadOnlyList<string> tasks,
        IReadOnlyList<string> targets,
        double margin,
        IReadOnlyDictionary<string, Estimand>? estimands = null
    )
    {
        Picture picture = new(points, [.. tasks.Where(targets.Contains)], [.. tasks.Except(targets)], estimands);
        MeasuredPoint[] measured = [.. points.AsParallel().AsOrdered().Select((_, i) => picture.Measured(i, tasks))];
        measured = [.. measured.AsParallel().AsOrdered().Select((_, i) => picture.Judged(i, measured))];

        (double, double)[] scores = [.. measured.Select(picture.Place)];
        bool shows = picture.General.All(t =>
            Judgement.HasEvidence(t, points[0].Answers[t], margin, estimands?.GetValueOrDefault(t))
        );
        bool[] within = shows ? picture.WithinMargin(margin / 100) : new bool[points.Count];
        MeasuredPoint? best = measured
            .Where((p, i) => within[i] && p.Kind != PointKind.Seed)
            .MaxBy(p => picture.Place(p).Target);
        return new TradeOff(
            picture.Targets,
            picture.General,
            measured,
            Hypervolume(scores),
            Hypervolume(scores[..1]),
            best?.Name,
            margin
        );
    }

    /// <summary>Area of the unit square that lies below and left of at least one point (Zitzler and Thiele 1999, IEEE
    /// Trans. Evol. Comput. 3:257), reference point (0, 0).</summary>
    public static double Hypervolume(IEnumerable<(double X, double Y)> points)
    {
        double area = 0,
            reached = 0;
        foreach ((double x, double y) in points.OrderByDescending(p => p.X).ThenByDescending(p => p.Y))
        {
            area += x * Math.Max(0, y - reached);
            reached = Math.Max(reached, y);
        }

        return area;
    }

    private static bool Better(MeasuredPoint a, MeasuredPoint b)
    {
        double task = a.Task.Points - b.Task.Points,
            general = (a.General?.Points ?? 0) - (b.General?.Points ?? 0);
        return task >= 0 && general >= 0 && task + general > 0;
    }

    /// <summary>The points with the two sets of tasks that form the axes.</summary>
    private sealed class Picture(
        IReadOnlyList<PointAnswers> points,
        string[] targets,
        string[] general,
        IReadOnlyDictionary<string, Estimand>? estimands
    )
    {
        private readonly Dictionary<(int Point, string Task), IReadOnlyList<Answer>> aligned = Aligned(points);

        public string[] Targets => targets;

        public string[] General => general;

        public (double Target, double General) Place(MeasuredPoint point) =>
            (Score(point, targets), general.Length == 0 ? 1 : Score(point, general));

        public MeasuredPoint Measured(int i, IReadOnlyList<string> tasks)
        {
            PointAnswers p = points[i];
            PointScore[] scores = [.. tasks.Select(t => ScoreOf(p.Answers[t], t, Between(0, i, t)))];
            Difference target = Axis(0, i, targets, Level)!.Value;
            Difference? elsewhere = Axis(0, i, general, Level);
            return new MeasuredPoint(
                p.Name,
                p.Kind,
                p.Lambda,
                p.Step,
                p.Form,
                p.Seed,
                scores,
                target,
                elsewhere,
                OnFront: false,
                Dominated: false
            );
        }

        /// <summary>Whether each point's loss is shown to lie within the margin on every general task, by bounds that
        /// hold for all points together: the best of them is chosen on the same items.</summary>
        public bool[] WithinMargin(double margin)
        {
            bool[] within = [.. points.Select(_ => true)];
            foreach (string task in general)
            {
                Sample[] samples = [.. Enumerable.Range(1, points.Count - 1).Select(i => Between(0, i, task))];
                bool comparable = samples.Length > 0 && samples.All(s => s.Items == samples[0].Items);
                Estimand estimand = comparable ? EstimandOf(samples[0], task) : Estimand.Items;
                double level = comparable
                    ? MaxT.Of(samples, estimand, RandomStream.For(0, $"points on {task}")).LocalLevel
                    : Level / Math.Max(1, samples.Length);
                for (int i = 0; i < samples.Length; i++)
                {
                    Estimator estimator = FewChanges.AgainstLimits(samples[i], EstimandOf(samples[i], task));
                    within[i + 1] &= estimator.At(level).Low > -margin;
                }
            }

            return within;
        }

        /// <summary>Returns a point with its place among the others.</summary>
        public MeasuredPoint Judged(int i, MeasuredPoint[] measured)
        {
            int better = Enumerable.Range(0, measured.Length).FirstOrDefault(j => Dominates(j, i, measured), -1);
            return measured[i] with
            {
                OnFront = !measured.Any(p => Better(p, measured[i])),
                Dominated = better >= 0,
                DominatedBy = better >= 0 ? measured[better].Name : null,
            };
        }

        /// <summary>At least as good on both axes and shown to be better on one. The intervals hold for all pairs of
        /// points and both axes together (Bonferroni).</summary>
        private bool Dominates(int better, int worse, MeasuredPoint[] measured)
        {
            if (better == worse || !Better(measured[better], measured[worse]))
            {
                return false;
            }

            double level = Level / (points.Count * (points.Count - 1) / 2.0 * (general.Length > 0 ? 2 : 1));
            return Axis(worse, better, targets, level)!.Value.Low > 0
                || Axis(worse, better, general, level) is { Low: > 0 };
        }

        private PointScore ScoreOf(IReadOnlyList<Answer> answers, string task, Sample difference)
        {
            (string Cluster, double Score)[] scores =
            [
                .. answers.Where(a => a.Score is not null).Select(a => (a.Cluster, a.Score!.Value)),
            ];
            Estimate estimate = new Estimator(difference, EstimandOf(difference, task)).At();
            bool binary = scores.All(s => s.Score is 0 or 1);
            return new PointScore(task, scores.Length, PairedComparison.Score(scores, binary), estimate.ToDifference());
        }

        private Sample Between(int from, int to, string task) =>
            aligned.TryGetValue((from, task), out IReadOnlyList<Answer>? first)
            && aligned.TryGetValue((to, task), out IReadOnlyList<Answer>? second)
                ? PairedComparison.Differences([.. first.Zip(second)])
                : PairedComparison.Differences(task, points[from].Answers[task], points[to].Answers[task]);

        // Points whose items are in the base's order, once each: pairing them by id would find the same pairs.
        private static Dictionary<(int Point, string Task), IReadOnlyList<Answer>> Aligned(
            IReadOnlyList<PointAnswers> points
        )
        {
            Dictionary<(int Point, string Task), IReadOnlyList<Answer>> all = [];
            foreach (string task in points[0].Answers.Keys)
            {
                string[] ids = [.. QuestionForms.Joined(points[0].Answers[task]).Select(a => a.Id)];
                bool unique = ids.Distinct(StringComparer.Ordinal).Count() == ids.Length;
                for (int i = 0; i < points.Count && unique; i++)
                {
                    IReadOnlyList<Answer> own = QuestionForms.Joined(points[i].Answers[task]);
                    if (own.Select(a => a.Id).SequenceEqual(ids, StringComparer.Ordinal))
                    {
                        all.Add((i, task), own);
                    }
                }
            }

            return all;
        }

        private Estimand EstimandOf(Sample sample, string task) =>
            PairedComparison.Allowed(sample, estimands?.TryGetValue(task, out Estimand e) == true ? e : null);

        /// <summary>The mean difference over the tasks of an axis; null: the axis has none.</summary>
        private Difference? Axis(int from, int to, string[] tasks, double level) =>
            tasks.Length == 0
                ? null
                : MeanEstimate.Of(
                    [
                        .. tasks
                            .Select(t => (Sample: Between(from, to, t), Task: t))
                            .Select(t => new Estimator(t.Sample, EstimandOf(t.Sample, t.Task)).At(level)),
                    ],
                    level
                );

        private static double Score(MeasuredPoint point, string[] tasks) =>
            point.Scores.Where(s => tasks.Contains(s.Task)).Average(s => s.Score.Score);
    }
}
