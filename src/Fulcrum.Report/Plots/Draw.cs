using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Plots;

/// <summary>The parts that pictures are made of.</summary>
internal static class Draw
{
    /// <summary>Width of a picture on a screen or on paper.</summary>
    public const double Wide = 860;

    /// <summary>Width of the same picture on a telephone: about as many units as pixels, so that texts stay
    /// readable.</summary>
    public const double Narrow = 380;

    /// <summary>The class of a change: <c>gain</c>, <c>loss</c> or <c>none</c>.</summary>
    public static string Direction(Change change) =>
        change switch
        {
            Change.Gain => "gain",
            Change.Loss => "loss",
            _ => "none",
        };

    /// <summary>The same of a difference, by its interval.</summary>
    public static string Direction(Difference d) => Direction(Changes.Of(d));

    /// <summary>Returns a picture with its caption and its values as a table.</summary>
    /// <param name="picture">Draws the picture in a width: <see cref="Wide"/> or <see cref="Narrow"/>. The style sheet
    /// shows one of the two.</param>
    public static Markup Figure(
        string title,
        string explanation,
        Func<double, Markup> picture,
        Markup values,
        Words words
    )
    {
        Markup table =
            values == Markup.Empty
                ? values
                : Markup.Of(
                    $"<details><summary>{words.Say("Values", "Valores")}</summary>"
                        + $"{Markup.Later(Markup.Of($"<div class=\"scroll\">{values}</div>"))}</details>"
                );
        return Markup.Of(
            $"""
            <figure><figcaption><b>{title}.</b> {explanation}</figcaption>
            <div class="on-wide scroll">{picture(Wide)}</div>
            <div class="on-narrow">{Markup.Later(picture(Narrow))}</div>{table}</figure>

            """
        );
    }

    /// <summary>Returns a picture; its caption and its table describe it.</summary>
    public static Markup Picture(double width, double height, string label, params IEnumerable<Markup> parts) =>
        Markup.Of($"<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">{parts}</svg>");

    /// <summary>Returns a group of shapes that shows its value on hover.</summary>
    public static Markup Mark(string kind, string tip, params IEnumerable<Markup> shapes) =>
        Markup.Of($"<g class=\"mark {kind}\"><title>{tip}</title>{shapes}</g>");

    /// <summary>The area that reacts to the pointer.</summary>
    public static Markup Hit(double x, double y, double width, double height) =>
        Markup.Of($"<rect class=\"hit\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");

    public static Markup Line(string kind, double x1, double y1, double x2, double y2) =>
        Markup.Of($"<line class=\"{kind}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");

    /// <summary>A line across and a line up through a point: its two intervals.</summary>
    public static Markup Cross(
        string kind,
        (double X, double Y) at,
        (double From, double To) across,
        (double From, double To) up
    ) => Markup.Of($"<path class=\"{kind}\" d=\"M{across.From} {at.Y}H{across.To}M{at.X} {up.From}V{up.To}\"/>");

    public static Markup Label(double x, double y, string text, string kind = "") =>
        Markup.Of($"<text class=\"{kind}\" x=\"{x}\" y=\"{y}\">{text}</text>");

    public static Markup Bar(double x, double y, double width, double height) =>
        Markup.Of($"<rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"1.5\"/>");

    public static Markup Path(string kind, IEnumerable<(double X, double Y)> points) =>
        Markup.Of(
            $"<polyline class=\"{kind}\" points=\""
                + $"{string.Join(' ', points.Select(p => FormattableString.Invariant($"{p.X:0.#},{p.Y:0.#}")))}\"/>"
        );

    /// <summary>A point that shows its change by form and by colour.</summary>
    public static Markup Dot(double x, double y, string form, double size = 5) =>
        form switch
        {
            "gain" => Polygon(x, y, (0, -size - 1), (size + 1, size), (-size - 1, size)),
            "loss" => Polygon(x, y, (0, size + 1), (size + 1, -size), (-size - 1, -size)),
            "square" => Polygon(x, y, (-size, -size), (size, -size), (size, size), (-size, size)),
            "diamond" => Polygon(x, y, (0, -size - 2), (size + 2, 0), (0, size + 2), (-size - 2, 0)),
            "none" or "hollow" => Markup.Of($"<circle class=\"hollow\" cx=\"{x}\" cy=\"{y}\" r=\"{size}\"/>"),
            _ => Markup.Of($"<circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"{size}\"/>"),
        };

    /// <summary>Lines and numbers across the picture for a horizontal axis.</summary>
    public static Markup Across(Axis axis, double top, double bottom, Func<double, string> text) =>
        Markup.Join(
            axis.Ticks()
                .Select(t =>
                    Markup.Of(
                        $"{Line(Math.Abs(t) < 1e-12 ? "zero" : "grid", axis.At(t), top, axis.At(t), bottom)}"
                            + $"{Label(axis.At(t), bottom + 16, text(t), "middle")}"
                    )
                )
        );

    /// <summary>Lines and numbers up the picture for a vertical axis.</summary>
    public static Markup Up(Axis axis, double left, double right, Func<double, string> text) =>
        Markup.Join(
            axis.Ticks()
                .Select(t =>
                    Markup.Of(
                        $"{Line("grid", left, axis.At(t), right, axis.At(t))}"
                            + $"{Label(left - 8, axis.At(t) + 4, text(t), "end")}"
                    )
                )
        );

    /// <summary>The legend: the marks of both sides.</summary>
    public static Markup Key(Words words) =>
        Markup.Of(
            $"<ul class=\"key\">{KeyEntry("before", "hollow", words.Say("before", "antes"))}"
                + $"{KeyEntry("after", "dot", words.Say("after", "depois"))}</ul>"
        );

    private static Markup KeyEntry(string side, string shape, string name) =>
        Markup.Of(
            $"<li><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\"><g class=\"mark {side}\">"
                + $"<line class=\"span\" x1=\"1\" x2=\"25\" y1=\"6\" y2=\"6\"/>"
                + $"<circle class=\"{shape}\" cx=\"13\" cy=\"6\" r=\"4\"/></g></svg>{name}</li>"
        );

    /// <summary>A table of values.</summary>
    public static Markup Table(IEnumerable<string> heads, IEnumerable<IEnumerable<string>> rows) =>
        Markup.Of(
            $"<table><thead><tr>{heads.Select(h => Markup.Of($"<th scope=\"col\">{h}</th>"))}</tr></thead>"
                + $"<tbody>{rows.Select(r => Markup.Of($"<tr>{r.Select(Cell)}</tr>"))}</tbody></table>"
        );

    private static Markup Cell(string text, int column) =>
        column == 0 ? Markup.Of($"<th scope=\"row\">{text}</th>") : Markup.Of($"<td>{text}</td>");

    private static Markup Polygon(double x, double y, params IEnumerable<(double X, double Y)> corners)
    {
        IEnumerable<string> points = corners.Select(c => FormattableString.Invariant($"{x + c.X:0.#},{y + c.Y:0.#}"));
        return Markup.Of($"<polygon class=\"dot\" points=\"{string.Join(' ', points)}\"/>");
    }
}
