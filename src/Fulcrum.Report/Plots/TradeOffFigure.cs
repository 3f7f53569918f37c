using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Plots;

/// <summary>Gain on the targets against loss on general tasks of every measured point, with their front.</summary>
internal static class TradeOffFigure
{
    private const double Left = 70,
        Top = 30,
        Bottom = 396;

    private const int MostNamed = 40;

    public static Markup Of(TradeOff t, Words words) =>
        Draw.Figure(
            words.Say("Trade-off", "Compromisso"),
            Explanation(t, words),
            width => Picture(t, width, words),
            Values(t, words),
            words
        );

    private static Markup Picture(TradeOff t, double width, Words words)
    {
        double right = width - 30;
        MeasuredPoint[] points = [.. t.Points.Where(p => p.General is not null)];
        Axis x = Axis.Around(
                points.SelectMany(p => Bounds(p.General!.Value)).Append(0).Append(-t.Margin / 100),
                Left,
                right,
                0.02
            ),
            y = Axis.Around(points.SelectMany(p => Bounds(p.Task)).Append(0), Bottom, Top, 0.02);
        MeasuredPoint[] front = [.. points.Where(p => p.OnFront).OrderBy(p => p.General!.Value.Points)];
        string task = string.Join(", ", t.Tasks),
            general = string.Join(", ", t.General);
        return Draw.Picture(
            width,
            Bottom + 48,
            words.Say("gain on the task against change elsewhere", "ganho na tarefa contra mudança no restante"),
            Draw.Across(x, Top, Bottom, words.Points),
            Draw.Up(y, Left, right, words.Points),
            Draw.Line("zero", Left, y.At(0), right, y.At(0)),
            Draw.Line("curve second", x.At(-t.Margin / 100), Top, x.At(-t.Margin / 100), Bottom),
            Draw.Label(x.At(-t.Margin / 100) + 5, Top + 10, words.Say("margin", "margem")),
            Draw.Label(
                (Left + right) / 2,
                Bottom + 40,
                words.Say($"{general}: change in points", $"{general}: mudança em pontos"),
                "middle"
            ),
            Draw.Label(4, Top - 16, words.Say($"{task}: change in points", $"{task}: mudança em pontos")),
            Draw.Path("curve front", front.Select(p => (x.At(p.General!.Value.Points), y.At(p.Task.Points)))),
            Markup.Join(points.OrderBy(p => !p.Dominated).Select(p => Point(p, x, y, IsBare(p, points), words))),
            Names(points.Where(p => !IsBare(p, points)), t.Best, x, y, right, words)
        );
    }

    /// <summary>Returns a point's name as readers see it.</summary>
    public static string Name(MeasuredPoint p, Words words) =>
        p.Kind == PointKind.Base ? words.Say("base", "base") : p.Name;

    /// <summary>Returns the name of a serving form as readers see it.</summary>
    public static string Form(string form, Words words) =>
        EnumNames.All<ServingForm>().Contains(form) ? Form(EnumNames.Parse<ServingForm>(form, "form"), words) : form;

    /// <summary>Returns the name of a point as that of its serving form.</summary>
    public static string FormOf(MeasuredPoint p, Words words) =>
        p.Kind == PointKind.Base ? words.Say("base", "base") : Form(p.Form, words);

    private static string Form(ServingForm form, Words words) =>
        form switch
        {
            ServingForm.Attached => words.Say("beside the base", "ao lado da base"),
            ServingForm.Merged => words.Say("merged", "fundido"),
            ServingForm.Int8Attached => words.Say("8-bit base, beside", "base de 8 bits, ao lado"),
            ServingForm.UnquantizedAttached => words.Say("unquantized, beside", "sem quantização, ao lado"),
            _ => words.Say("unquantized, merged", "sem quantização, fundido"),
        };

    private static string Explanation(TradeOff t, Words words) =>
        words.Say(
            "Up is better on the target, right is better on the general tasks. "
                + "The dotted line joins the candidates that no other candidate beats on both axes. "
                + "Grey candidates are shown to be dominated. Bars are 95% intervals of the paired difference.",
            "Para cima é melhor na tarefa, para a direita é melhor no restante. "
                + "A linha pontilhada une os pontos que nenhum outro supera nos dois eixos; "
                + "pontos cinzentos são comprovadamente dominados. As barras são intervalos de 95% da "
                + "mudança pareada."
        )
        + " "
        + (
            t.Points.Count > MostNamed
                ? words.Say(
                    "A grey candidate shows its name and interval on hover. ",
                    "Um candidato cinzento mostra o nome e o intervalo ao passar o cursor. "
                )
                : ""
        )
        + Findings(t, words);

    /// <summary>Returns which candidate is the best within the margin, and the area below the points.</summary>
    public static string Findings(TradeOff t, Words words)
    {
        MeasuredPoint? best = t.Points.FirstOrDefault(p => p.Name == t.Best);
        string margin = words.Number(t.Margin);
        return (
                best is null
                    ? words.Say(
                        $"No candidate is shown to lose at most {margin} points elsewhere.",
                        $"Nenhum candidato perde comprovadamente no máximo {margin} pontos no restante."
                    )
                    : words.Say(
                        $"Highest target score within the margin of {margin} points: {Name(best, words)}.",
                        $"Maior nota no alvo dentro da margem de {margin} pontos: {Name(best, words)}."
                    )
            )
            + " "
            + words.Say(
                $"Hypervolume {words.Number(t.Hypervolume, "0.0000")} (base "
                    + $"alone {words.Number(t.BaseHypervolume, "0.0000")}).",
                $"Hipervolume {words.Number(t.Hypervolume, "0.0000")} (só a "
                    + $"base {words.Number(t.BaseHypervolume, "0.0000")})."
            );
    }

    // The intervals and names of many dominated candidates would cover each other and the others.
    private static bool IsBare(MeasuredPoint p, IReadOnlyCollection<MeasuredPoint> all) =>
        p.Dominated && all.Count > MostNamed;

    private static Markup Point(MeasuredPoint p, Axis x, Axis y, bool bare, Words words)
    {
        Difference general = p.General!.Value;
        double px = x.At(general.Points),
            py = y.At(p.Task.Points);
        string form = p.Kind switch
        {
            PointKind.Base => "hollow",
            PointKind.Serving => "square",
            PointKind.Seed => "diamond",
            _ => "dot",
        };
        return Draw.Mark(
            p.Dominated ? "dim"
                : p.Kind == PointKind.Base ? "before"
                : "after",
            $"{Name(p, words)}\n{words.Say("task", "tarefa")} {words.Change(p.Task)}\n"
                + $"{words.Say("elsewhere", "restante")} {words.Change(general)}",
            bare
                ? Markup.Empty
                : Draw.Cross(
                    "span",
                    (px, py),
                    (x.At(general.Low), x.At(general.High)),
                    (y.At(p.Task.Low), y.At(p.Task.High))
                ),
            Draw.Dot(px, py, form),
            Draw.Hit(px - 10, py - 10, 20, 20)
        );
    }

    /// <summary>As many names as stand beside their points without covering each other, the points of the front first;
    /// every name appears on hover.</summary>
    private static Markup Names(
        IEnumerable<MeasuredPoint> points,
        string? best,
        Axis x,
        Axis y,
        double right,
        Words words
    )
    {
        const double letter = 6.6,
            height = 15;
        List<(double X, double Y, double Width)> taken = [];
        List<Markup> names = [];
        foreach (
            MeasuredPoint p in points.OrderBy(p =>
                (p.Name != best, p.Kind is not (PointKind.Base or PointKind.Candidate), !p.OnFront, p.Dominated)
            )
        )
        {
            string name = (p.Name == best ? "★ " : "") + Name(p, words);
            double px = x.At(p.General!.Value.Points),
                py = y.At(p.Task.Points),
                width = name.Length * letter;
            (double, double)[] places =
            [
                (px + 9, py - 8),
                (px + 9, py + 16),
                (px - 9 - width, py - 8),
                (px - 9 - width, py + 16),
            ];
            if (
                places
                    .Where(c =>
                        c.Item1 > Left
                        && c.Item1 + width < right
                        && !taken.Any(o =>
                            Math.Abs(o.Y - c.Item2) < height && c.Item1 < o.X + o.Width && o.X < c.Item1 + width
                        )
                    )
                    .Cast<(double X, double Y)?>()
                    .FirstOrDefault() is
                { } place
            )
            {
                taken.Add((place.X, place.Y, width));
                names.Add(Draw.Label(place.X, place.Y, name, p.Dominated ? "" : "name"));
            }
        }

        return Markup.Join(names);
    }

    private static Markup Values(TradeOff t, Words words) => Draw.Table(Titles(words), Rows(t, words));

    /// <summary>Of the table of points.</summary>
    public static IReadOnlyList<string> Titles(Words words) =>
        [
            words.Say("candidate", "candidato"),
            words.Say("task, points", "tarefa, pontos"),
            words.Say("elsewhere, points", "restante, pontos"),
            words.Say("on the front", "na fronteira"),
            words.Say("dominated by", "dominado por"),
        ];

    /// <summary>A row for each point, the base and the adapter as trained among them.</summary>
    public static IEnumerable<string[]> Rows(TradeOff t, Words words) =>
        t.Points.Select(p =>
            (string[])
                [
                    Name(p, words),
                    words.Change(p.Task),
                    p.General is { } g ? words.Change(g) : "",
                    p.OnFront ? words.Say("yes", "sim") : "",
                    t.Points.FirstOrDefault(o => o.Name == p.DominatedBy) is { } by ? Name(by, words) : "",
                ]
        );

    private static double[] Bounds(Difference d) => [d.Low, d.High];
}
