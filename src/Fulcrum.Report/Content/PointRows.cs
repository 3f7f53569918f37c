using Fulcrum.Comparisons;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Content;

/// <summary>Serving forms and training seeds as rows, the same in every form of the report.</summary>
internal static class PointRows
{
    /// <summary>The heading of a task's serving forms.</summary>
    public static string ServingTitle(string task, Words words) =>
        words.Say($"Serving forms: {task}", $"Formas de servir: {task}");

    /// <summary>The heading of a task's training seeds.</summary>
    public static string SeedsTitle(string task, Words words) =>
        words.Say($"Training seeds: {task}", $"Sementes de treino: {task}");

    /// <summary>What the scores of the serving forms are.</summary>
    public static string Serving(Words words) =>
        words.Say(
            "The same model in the forms in which it is served, with 95% Wilson intervals. Deploy only the serving "
                + "form that was measured.",
            "O mesmo modelo nas formas em que é servido, com intervalos de Wilson de 95%. Implante apenas o modo de "
                + "servir que foi medido."
        );

    /// <summary>The base, the candidate and its serving forms; empty if no serving form is derived.</summary>
    public static IReadOnlyList<MeasuredPoint> Forms(Comparison comparison)
    {
        MeasuredPoint[] forms =
        [
            .. comparison.TradeOff?.Points.Where(p =>
                p.Kind is PointKind.Serving or PointKind.Base or PointKind.Candidate
            ) ?? [],
        ];
        return forms.Any(p => p.Kind == PointKind.Serving) ? forms : [];
    }

    /// <summary>What the differences of training seeds are.</summary>
    public static string Seeds(SeedsResult s, Words words)
    {
        bool few = s.Recipe is { Seeds: < RecipeEstimate.LeastSeeds };
        return words.Say(
            "This adapter: the difference of each training seed. This recipe (training again with another seed): the "
                + "mean, with an interval that holds for new items and new seeds"
                + (few ? "; two seeds are too few for a verdict." : "."),
            "Este adaptador: a diferença de cada semente de treino. Esta receita (treinar de novo com outra semente): "
                + "a média, com um intervalo válido para novos itens e novas sementes"
                + (few ? "; duas sementes são poucas para um veredito." : ".")
        );
    }

    /// <summary>The recipe first, if it has several seeds, then its seeds.</summary>
    public static IReadOnlyList<(string Name, Difference Difference, Change Change, bool Part)> OfSeeds(
        SeedsResult s,
        Words words
    ) =>
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
        ];
}
