using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;

namespace Fulcrum.Comparisons;

/// <summary>Compares the measures that answers have in addition to their score, for all kinds of tasks.</summary>
internal static class MeasureStatistics
{
    private const int Bins = 10;

    /// <summary>Compares every measure that both sides have, in the order of their names. If questions were asked with
    /// several orders of options, the robustness to the order follows.</summary>
    /// <param name="pairs">The two answers of each item.</param>
    /// <param name="level">Two-sided level of the intervals.</param>
    public static IReadOnlyList<MeasureComparison> Of(
        IReadOnlyList<(Answer Before, Answer After)> pairs,
        double level = ComparisonSettings.Usual
    )
    {
        IEnumerable<string> names = pairs
            .SelectMany(p => p.Before.Measures?.Keys ?? [])
            .Distinct()
            .Order(StringComparer.Ordinal);
        IEnumerable<MeasureComparison?> all = names
            .Select(name => Compare(name, [.. Questions(name, pairs)], level))
            .Append(SameOption(pairs, level));
        return [.. all.OfType<MeasureComparison>()];
    }

    /// <summary>Compares the measures within every group and every cluster, if there are several.</summary>
    public static IReadOnlyList<MeasureBreakdown> Parts(
        IReadOnlyList<(Answer Before, Answer After)> pairs,
        double level = ComparisonSettings.Usual
    ) => [.. Parts("group", pairs, a => a.Group, level), .. Parts("cluster", pairs, a => a.Cluster, level)];

    /// <summary>Returns the calibration of both sides; null if answers carry no <c>confidence</c>.</summary>
    public static CalibrationComparison? CalibrationOf(IReadOnlyList<(Answer Before, Answer After)> pairs)
    {
        (Answer Before, Answer After)[] both =
        [
            .. pairs.Where(p =>
                Has(p.Before, "confidence")
                && Has(p.After, "confidence")
                && p.Before.Score is not null
                && p.After.Score is not null
            ),
        ];
        return both.Length == 0
            ? null
            : new CalibrationComparison(
                CalibrationOf([.. both.Select(p => p.Before)]),
                CalibrationOf([.. both.Select(p => p.After)])
            );
    }

    /// <summary>Returns the calibration of answers that carry <c>confidence</c> and <c>brier</c>.</summary>
    public static Calibration CalibrationOf(IReadOnlyList<Answer> answers)
    {
        CalibrationBin[] bins =
        [
            .. answers
                .GroupBy(a => Math.Clamp((int)(a.Measures!["confidence"] * Bins), 0, Bins - 1))
                .OrderBy(g => g.Key)
                .Select(g => new CalibrationBin(
                    (double)g.Key / Bins,
                    g.Count(),
                    g.Average(a => a.Measures!["confidence"]),
                    g.Average(a => a.Score!.Value)
                )),
        ];
        double error = bins.Sum(b => Math.Abs(b.Confidence - b.Accuracy) * b.Items) / answers.Count;
        return new Calibration(error, answers.Average(a => a.Measures!.GetValueOrDefault("brier")), bins);
    }

    /// <summary>Returns one value per question, because the forms of a question are not independent of each
    /// other.</summary>
    private static IEnumerable<(string Cluster, double Before, double After)> Questions(
        string name,
        IReadOnlyList<(Answer Before, Answer After)> pairs
    ) =>
        pairs
            .Where(p => Has(p.Before, name) && Has(p.After, name))
            .GroupBy(p => p.Before.Stem ?? p.Before.Id, StringComparer.Ordinal)
            .Select(g =>
                (
                    g.First().Before.Cluster,
                    g.Average(p => p.Before.Measures![name]),
                    g.Average(p => p.After.Measures![name])
                )
            );

    /// <summary>Compares the share of questions for which the same option is chosen in every order. Rows that only
    /// repeat a question have one order.</summary>
    private static MeasureComparison? SameOption(IReadOnlyList<(Answer Before, Answer After)> pairs, double level) =>
        Compare(
            "same_option",
            [
                .. pairs
                    .Where(p => p.Before.Stem is not null)
                    .GroupBy(p => p.Before.Stem!)
                    .Where(g => g.Any(p => ChoiceForm.IsRotated(p.Before.Id, p.Before.Stem)))
                    .Select(g =>
                        (g.First().Before.Cluster, Same(g.Select(p => p.Before)), Same(g.Select(p => p.After)))
                    ),
            ],
            level
        );

    private static double Same(IEnumerable<Answer> forms)
    {
        int?[] choices = [.. forms.Select(a => a.Choice).Distinct()];
        return choices is [not null] ? 1 : 0;
    }

    private static MeasureComparison? Compare(
        string name,
        IReadOnlyList<(string Cluster, double Before, double After)> values,
        double level
    ) =>
        values.Count == 0
            ? null
            : new MeasureComparison(
                name,
                values.Count,
                values.Average(v => v.Before),
                values.Average(v => v.After),
                Interval(Sample.OfMeasures([.. values.Select(v => (v.Cluster, v.After - v.Before))]), level)
            );

    private static Difference Interval(Sample sample, double level) =>
        new Estimator(sample, Estimator.Default(sample)).At(level).ToDifference();

    private static IEnumerable<MeasureBreakdown> Parts(
        string by,
        IReadOnlyList<(Answer Before, Answer After)> pairs,
        Func<Answer, string> part,
        double level
    )
    {
        IGrouping<string, (Answer Before, Answer After)>[] parts =
        [
            .. pairs.GroupBy(p => part(p.Before)).OrderBy(g => g.Key, StringComparer.Ordinal),
        ];
        return parts.Length < 2
            ? []
            : parts
                .Select(g => new MeasureBreakdown(by, g.Key, Of([.. g], level / parts.Length)))
                .Where(b => b.Measures.Count > 0);
    }

    private static bool Has(Answer answer, string name) => answer.Measures?.ContainsKey(name) ?? false;
}
