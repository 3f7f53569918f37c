using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;
using ScottPlot;

namespace Fulcrum.Report.Plots;

/// <summary>The pictures as PNG, for slides and papers.</summary>
internal static class Pictures
{
    private const int Width = 1200,
        RowHeight = 34;
    private static readonly Color Before = Color.FromHex("#6b7689"),
        After = Color.FromHex("#1f56c0"),
        Gain = Color.FromHex("#0b6b45"),
        Loss = Color.FromHex("#b0281f"),
        Dim = Color.FromHex("#b9c1cd");

    /// <summary>Every picture that this run has data for: its name without ending, and its bytes.</summary>
    public static IEnumerable<(string Name, byte[] Png)> Of(RunReport report)
    {
        IReadOnlyList<RowFigures.Row> rows = RowFigures.Rows(report.Shown);
        yield return ("scores", Scores(rows, report.Words));
        yield return ("differences", Differences(rows, report.Words));
        if (report.Steps.Count > 1)
        {
            yield return ("training", Training(report.Steps, report.Words));
        }

        if (report.Comparison.TradeOff is { } t && t.Points.Count(p => p.General is not null) > 1)
        {
            yield return ("trade-off", TradeOff(t, report.Words));
        }
    }

    private static byte[] Scores(IReadOnlyList<RowFigures.Row> rows, Words words)
    {
        Plot plot = Rows(
            rows,
            words.Say("Scores before (circles) and after (discs), %", "Notas antes (círculos) e depois (discos), %")
        );
        for (int i = 0; i < rows.Count; i++)
        {
            Interval(
                plot,
                -i + 0.14,
                rows[i].Before.Low,
                rows[i].Before.Score,
                rows[i].Before.High,
                Before,
                MarkerShape.OpenCircle
            );
            Interval(
                plot,
                -i - 0.14,
                rows[i].After.Low,
                rows[i].After.Score,
                rows[i].After.High,
                After,
                MarkerShape.FilledCircle
            );
        }

        plot.Axes.SetLimitsX(0, 100);
        return Png(plot, rows.Count * RowHeight + 110);
    }

    private static byte[] Differences(IReadOnlyList<RowFigures.Row> rows, Words words)
    {
        Plot plot = Rows(
            rows,
            words.Say(
                "After minus before, points, with 95% intervals",
                "Depois menos antes, pontos, com intervalos de 95%"
            )
        );
        plot.Add.VerticalLine(0, 1, Colors.Black);
        for (int i = 0; i < rows.Count; i++)
        {
            Difference d = rows[i].Difference;
            (Color colour, MarkerShape shape) = Draw.Direction(d) switch
            {
                "gain" => (Gain, MarkerShape.FilledTriangleUp),
                "loss" => (Loss, MarkerShape.FilledTriangleDown),
                _ => (Before, MarkerShape.OpenCircle),
            };
            Interval(plot, -i, d.Low, d.Points, d.High, colour, shape);
        }

        return Png(plot, rows.Count * RowHeight + 110);
    }

    private static byte[] Training(IReadOnlyList<TrainingStep> steps, Words words)
    {
        Plot plot = new();
        plot.Add.ScatterLine(steps.Select(s => (double)s.Step).ToArray(), steps.Select(s => s.Loss).ToArray(), After);
        ScottPlot.Plottables.Scatter rate = plot.Add.ScatterLine(
            steps.Select(s => (double)s.Step).ToArray(),
            steps.Select(s => s.LearningRate).ToArray(),
            Before
        );
        rate.Axes.YAxis = plot.Axes.Right;
        rate.LinePattern = LinePattern.Dashed;
        plot.XLabel(words.Say("step", "passo"));
        plot.YLabel(words.Say("loss", "perda"));
        plot.Axes.Right.Label.Text = words.Say("learning rate (dashed)", "taxa de aprendizado (tracejada)");
        return Png(plot, 500);
    }

    private static byte[] TradeOff(TradeOff t, Words words)
    {
        Plot plot = new();
        plot.Add.VerticalLine(-t.Margin, 1, Loss, LinePattern.Dashed);
        MeasuredPoint[] points = [.. t.Points.Where(p => p.General is not null)],
            front = [.. points.Where(p => p.OnFront).OrderBy(p => p.General!.Value.Points)];
        plot
            .Add.ScatterLine(
                front.Select(p => p.General!.Value.Points * 100).ToArray(),
                front.Select(p => p.Task.Points * 100).ToArray(),
                Before
            )
            .LinePattern = LinePattern.Dotted;
        foreach (MeasuredPoint p in points)
        {
            Difference g = p.General!.Value;
            Color colour = p.Dominated ? Dim : After;
            plot.Add.Line(g.Low * 100, p.Task.Points * 100, g.High * 100, p.Task.Points * 100).Color = colour;
            plot.Add.Line(g.Points * 100, p.Task.Low * 100, g.Points * 100, p.Task.High * 100).Color = colour;
            plot.Add.Marker(
                g.Points * 100,
                p.Task.Points * 100,
                p.Kind switch
                {
                    PointKind.Serving => MarkerShape.FilledSquare,
                    PointKind.Seed => MarkerShape.FilledDiamond,
                    _ => MarkerShape.FilledCircle,
                },
                9,
                colour
            );
            ScottPlot.Plottables.Text label = plot.Add.Text(
                TradeOffFigure.Name(p, words),
                g.Points * 100,
                p.Task.Points * 100
            );
            (label.OffsetX, label.OffsetY) = (8, -18);
        }

        plot.XLabel(
            words.Say(
                $"{string.Join(", ", t.General)}: change in points (dashed: the margin)",
                $"{string.Join(", ", t.General)}: mudança em pontos (tracejada: a margem)"
            )
        );
        plot.YLabel(
            words.Say(
                $"{string.Join(", ", t.Tasks)}: change in points",
                $"{string.Join(", ", t.Tasks)}: mudança em pontos"
            )
        );
        return Png(plot, 700);
    }

    private static Plot Rows(IReadOnlyList<RowFigures.Row> rows, string title)
    {
        Plot plot = new();
        plot.Axes.Left.SetTicks(
            [.. rows.Select((_, i) => -(double)i)],
            [.. rows.Select(r => r.Part ? r.Name : r.Name.ToUpperInvariant())]
        );
        plot.Axes.SetLimitsY(-rows.Count + 0.5, 0.5);
        plot.XLabel(title);
        return plot;
    }

    private static void Interval(
        Plot plot,
        double y,
        double low,
        double middle,
        double high,
        Color colour,
        MarkerShape shape
    )
    {
        plot.Add.Line(low * 100, y, high * 100, y).Color = colour;
        plot.Add.Marker(middle * 100, y, shape, 9, colour);
    }

    private static byte[] Png(Plot plot, int height) => plot.GetImage(Width, height).GetImageBytes(ImageFormat.Png);
}
