using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Html;

/// <summary>Points beyond before and after: the trade-off curve, forms of serving, training seeds.</summary>
internal static class PointsSection
{
    public static Markup Of(RunReport report) =>
        Markup.Join([.. TradeOff(report), .. Serving(report), .. Seeds(report)]);

    private static IEnumerable<Markup> TradeOff(RunReport report) =>
        report.Comparison.TradeOff is { } t && t.Points.Count(p => p.General is not null) > 1
            ? [TradeOffFigure.Of(t, report.Words)]
            : [];

    private static IEnumerable<Markup> Serving(RunReport report)
    {
        Words words = report.Words;
        MeasuredPoint[] forms =
        [
            .. report.Comparison.TradeOff?.Points.Where(p =>
                p.Kind is PointKind.Serving or PointKind.Base or PointKind.Candidate
            ) ?? [],
        ];
        return !forms.Any(p => p.Kind == PointKind.Serving)
            ? []
            : report.Shown.Tasks.Select(b =>
                RowFigures.Scores(
                    words.Say($"Serving forms: {b.Task}", $"Formas de servir: {b.Task}"),
                    words.Say(
                        "The same model in the forms in which it is served, with 95% Wilson intervals. Deploy "
                            + "only the serving form that was measured.",
                        "O mesmo modelo nas formas em que é servido, com intervalos de Wilson de 95%. Implante "
                            + "apenas o modo de servir que foi medido."
                    ),
                    [
                        .. forms.Select(p =>
                            (
                                p.Kind == PointKind.Base
                                    ? words.Say("base", "base")
                                    : TradeOffFigure.Form(p.Form, words),
                                p.Scores.First(s => s.Task == b.Task).Score,
                                p.Kind == PointKind.Base ? "before" : "after"
                            )
                        ),
                    ],
                    words
                )
            );
    }

    private static IEnumerable<Markup> Seeds(RunReport report)
    {
        Words words = report.Words;
        return (report.Comparison.Seeds ?? []).SelectMany(r => r.Tasks).Select(s => Seeds(s, words));
    }

    private static Markup Seeds(SeedsResult s, Words words)
    {
        bool few = s.Recipe is { Seeds: < RecipeEstimate.LeastSeeds };
        return RowFigures.Differences(
            words.Say($"Training seeds: {s.Task}", $"Sementes de treino: {s.Task}"),
            words.Say(
                "This adapter: the difference of each training seed. "
                    + "This recipe (training again with another seed): the mean, "
                    + "with an interval that holds for new items and new seeds"
                    + (few ? "; two seeds are too few for a verdict." : "."),
                "Este adaptador: a diferença de cada semente de treino. "
                    + "Esta receita (treinar de novo com outra semente): a média, "
                    + "com um intervalo válido para novos itens e novas sementes"
                    + (few ? "; duas sementes são poucas para um veredito." : ".")
            ),
            [
                .. s.Recipe is { } r
                    ?
                    [
                        (
                            words.Say("recipe", "receita"),
                            new Difference(r.Points, r.Low, r.High, r.StandardError),
                            s.Change,
                            false
                        ),
                    ]
                    : Array.Empty<(string, Difference, Change, bool)>(),
                .. s.Seeds.Select(o =>
                    (words.Say($"seed {o.Seed}", $"semente {o.Seed}"), o.Difference, Changes.Of(o.Difference), true)
                ),
            ],
            words
        );
    }
}
