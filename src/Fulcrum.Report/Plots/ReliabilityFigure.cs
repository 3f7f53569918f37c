using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Plots;

/// <summary>The reliability diagram: confidence against the share of correct choices.</summary>
internal static class ReliabilityFigure
{
    private const double Left = 60,
        Right = 420,
        Top = 28;

    public static Markup Of(string task, CalibrationComparison c, Words words)
    {
        return Draw.Figure(
            Title(task, words),
            Explanation(c, words)
                + words.Say(
                    " On the dotted line a model is as sure as it is right. Larger marks hold more items.",
                    " Sobre a linha pontilhada o modelo tem tanta certeza quanto razão. Marcas maiores têm mais itens."
                ),
            width => Markup.Of($"{Draw.Key(words)}{Picture(task, c, width, words)}"),
            Draw.Table(Heads(words), Rows(c, words)),
            words
        );
    }

    /// <summary>The heading.</summary>
    public static string Title(string task, Words words) =>
        words.Say($"Calibration of {task}", $"Calibração de {task}");

    /// <summary>What is compared, then the expected calibration error and the Brier score of both sides.</summary>
    public static string Explanation(CalibrationComparison c, Words words)
    {
        string before = words.Number(c.Before.Error, "0.000"),
            after = words.Number(c.After.Error, "0.000"),
            brier = words.Number(c.Before.Brier, "0.000"),
            later = words.Number(c.After.Brier, "0.000");
        return words.Say(
            "Choices by the probability given to them, against the share that is right. Expected calibration error "
                + $"{before} before and {after} after; Brier score {brier} before and {later} after.",
            "Escolhas pela probabilidade atribuída, contra a parcela certa. Erro esperado de calibração "
                + $"{before} antes e {after} depois; escore de Brier {brier} antes e {later} depois."
        );
    }

    /// <summary>The names of the columns of the table.</summary>
    public static string[] Heads(Words words) =>
        ["", words.Say("confidence", "confiança"), words.Say("right", "certas"), words.Say("items", "itens")];

    /// <summary>A row for each bin of each side.</summary>
    public static IReadOnlyList<string[]> Rows(CalibrationComparison c, Words words) =>
        [.. Rows(words.Say("before", "antes"), c.Before, words), .. Rows(words.Say("after", "depois"), c.After, words)];

    // On a narrow picture the figures stand below the axes.
    private static Markup Picture(string task, CalibrationComparison c, double width, Words words)
    {
        bool narrow = width < Draw.Wide;
        double right = narrow ? width - 30 : Right,
            bottom = Top + right - Left,
            facts = narrow ? Left : Right + 50;
        Axis x = new(0, 1, Left, right),
            y = new(0, 1, bottom, Top);
        string percent(double v) => words.Number(v * 100, "0") + "%";
        return Draw.Picture(
            width,
            bottom + (narrow ? 190 : 46),
            words.Say($"reliability of {task}", $"confiabilidade de {task}"),
            Draw.Across(x, Top, bottom, percent),
            Draw.Up(y, Left, right, percent),
            Draw.Line("curve front", x.At(0), y.At(0), x.At(1), y.At(1)),
            Draw.Label((Left + right) / 2, bottom + 38, words.Say("confidence", "confiança"), "middle"),
            Draw.Label(4, Top - 16, words.Say("right", "certas")),
            Side(words.Say("before", "antes"), "before", c.Before, x, y, words),
            Side(words.Say("after", "depois"), "after", c.After, x, y, words),
            Facts(words.Say("before", "antes"), c.Before, facts, narrow ? bottom + 70 : 60, words),
            Facts(words.Say("after", "depois"), c.After, facts, narrow ? bottom + 136 : 130, words)
        );
    }

    private static Markup Side(string name, string kind, Calibration c, Axis x, Axis y, Words words)
    {
        double most = Math.Max(1, c.Bins.Select(b => b.Items).DefaultIfEmpty(1).Max());
        Markup path = Draw.Path("span", c.Bins.Select(b => (x.At(b.Confidence), y.At(b.Accuracy))));
        IEnumerable<Markup> marks = c.Bins.Select(b =>
            Draw.Mark(
                kind,
                $"{name}: {words.Say("confidence", "confiança")} {words.Percent(b.Confidence)}, "
                    + $"{words.Say("right", "certas")} {words.Percent(b.Accuracy)}, "
                    + $"{words.Count(b.Items)} {words.Say("items", "itens")}",
                Draw.Dot(
                    x.At(b.Confidence),
                    y.At(b.Accuracy),
                    kind == "before" ? "hollow" : "dot",
                    3 + 6 * Math.Sqrt(b.Items / most)
                )
            )
        );
        return Markup.Of($"<g class=\"mark {kind}\">{path}</g>{marks}");
    }

    private static Markup Facts(string name, Calibration c, double x, double y, Words words)
    {
        string error = words.Number(c.Error, "0.000"),
            brier = words.Number(c.Brier, "0.000");
        return Markup.Join([
            Draw.Label(x, y, name, "name"),
            Draw.Label(
                x,
                y + 20,
                words.Say($"expected calibration error {error}", $"erro esperado de calibração {error}")
            ),
            Draw.Label(x, y + 38, words.Say($"Brier score {brier}", $"escore de Brier {brier}")),
        ]);
    }

    private static IEnumerable<string[]> Rows(string name, Calibration c, Words words) =>
        c.Bins.Select(b =>
            (string[])
                [
                    $"{name}, {words.Percent(b.Low)} {words.To} {words.Percent(b.Low + 0.1)}",
                    words.Percent(b.Confidence),
                    words.Percent(b.Accuracy),
                    words.Count(b.Items),
                ]
        );
}
