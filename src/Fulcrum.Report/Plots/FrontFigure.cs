using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;

namespace Fulcrum.Report.Plots;

/// <summary>Gain against loss over everything that a search tried, with the front.</summary>
internal static class FrontFigure
{
    private const double Left = 70,
        Top = 30,
        Bottom = 396;

    public static Markup Of(IReadOnlyList<TriedPoint> all, double margin, Words words) =>
        Draw.Figure(
            words.Say("Everything that was tried", "Tudo o que foi experimentado"),
            words.Say(
                "Filled points were measured on the confirmation items and are results. Hollow points were measured on "
                    + "the selection items: they show the search and are no results. The dotted line is the front.",
                "Pontos cheios foram medidos nos itens de confirmação e são resultados. Pontos vazios foram medidos "
                    + "nos itens de seleção: mostram a busca e não são resultados. A linha pontilhada é a fronteira."
            ),
            width => Picture(all, margin, width, words),
            Markup.Empty,
            words
        );

    private static Markup Picture(IReadOnlyList<TriedPoint> all, double margin, double width, Words words)
    {
        double right = width - 30;
        TriedPoint[] points = [.. all.Where(p => p.Elsewhere is not null)];
        Axis x = Axis.Around(points.Select(p => p.Elsewhere!.Value).Append(0).Append(-margin / 100), Left, right, 0.02),
            y = Axis.Around(points.Select(p => p.Gain).Append(0), Bottom, Top, 0.02);
        return Draw.Picture(
            width,
            Bottom + 48,
            words.Say("gain against loss of every candidate", "ganho contra perda de cada candidato"),
            Draw.Across(x, Top, Bottom, words.Points),
            Draw.Up(y, Left, right, words.Points),
            Draw.Line("curve second", x.At(-margin / 100), Top, x.At(-margin / 100), Bottom),
            Draw.Label(x.At(-margin / 100) + 5, Top + 10, words.Say("margin", "margem")),
            Draw.Label(
                (Left + right) / 2,
                Bottom + 40,
                words.Say("lowest change on a general task, in points", "menor mudança em uma tarefa geral, em pontos"),
                "middle"
            ),
            Draw.Label(4, Top - 16, words.Say("gain on the targets, in points", "ganho nos alvos, em pontos")),
            Draw.Path(
                "curve front",
                points
                    .Where(p => p.OnFront)
                    .OrderBy(p => p.Elsewhere)
                    .Select(p => (x.At(p.Elsewhere!.Value), y.At(p.Gain)))
            ),
            Markup.Join([.. points.OrderBy(p => p.Confirmed).Select(p => Point(p, x, y, words))])
        );
    }

    private static Markup Point(TriedPoint p, Axis x, Axis y, Words words)
    {
        (double px, double py) = (x.At(p.Elsewhere!.Value), y.At(p.Gain));
        return Draw.Mark(
            p.Confirmed ? "after" : "before",
            $"{p.Name}\n{words.Say("gain", "ganho")} {words.Points(p.Gain)}\n"
                + $"{words.Say("elsewhere", "restante")} {words.Points(p.Elsewhere.Value)}",
            Draw.Dot(px, py, p.Confirmed ? "dot" : "hollow"),
            Draw.Hit(px - 10, py - 10, 20, 20)
        );
    }
}
