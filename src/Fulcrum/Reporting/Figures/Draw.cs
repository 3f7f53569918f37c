using Fulcrum.Reporting.Web;
using Fulcrum.Statistics;

namespace Fulcrum.Reporting.Figures;

/// <summary>The parts that pictures are made of.</summary>
internal static class Draw
{
    /// <summary>Width of every picture.</summary>
    public const double Width = 860;

    /// <summary>Which way a difference points, by its interval: <c>gain</c>, <c>loss</c> or <c>none</c>.</summary>
    public static string Direction(Difference d) =>
        d.Low > 0 ? "gain"
        : d.High < 0 ? "loss"
        : "none";

    /// <summary>The sign that says the same without colour.</summary>
    public static string Sign(Difference d) =>
        d.Low > 0 ? "▲"
        : d.High < 0 ? "▼"
        : "○";

    /// <summary>A picture with its caption and its values as a table.</summary>
    public static Html Figure(string title, string explanation, Html picture, Html values, Words words) =>
        Html.Of(
            $"""
            <figure><figcaption><b>{title}.</b> {explanation}</figcaption><div class="scroll">{picture}</div>{(
                values == Html.Empty
                    ? values
                    : Html.Of(
                        $"<details><summary>{words.Say("Values", "Valores")}</summary><div class=\"scroll\">{values}</div></details>"
                    )
            )}</figure>

            """
        );

    /// <summary>The picture itself; what it shows is told by its caption and its table.</summary>
    public static Html Picture(double height, string label, params IEnumerable<Html> parts) =>
        Html.Of($"<svg viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"{label}\">{parts}</svg>");

    /// <summary>Shapes that belong together and tell their value on hover.</summary>
    public static Html Mark(string kind, string tip, params IEnumerable<Html> shapes) =>
        Html.Of($"<g class=\"mark {kind}\"><title>{tip}</title>{shapes}</g>");

    /// <summary>The place that answers to the pointer.</summary>
    public static Html Hit(double x, double y, double width, double height) =>
        Html.Of($"<rect class=\"hit\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");

    public static Html Line(string kind, double x1, double y1, double x2, double y2) =>
        Html.Of($"<line class=\"{kind}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");

    public static Html Label(double x, double y, string text, string kind = "") =>
        Html.Of($"<text class=\"{kind}\" x=\"{x}\" y=\"{y}\">{text}</text>");

    public static Html Bar(double x, double y, double width, double height) =>
        Html.Of($"<rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"1.5\"/>");

    public static Html Path(string kind, IEnumerable<(double X, double Y)> points) =>
        Html.Of(
            $"<polyline class=\"{kind}\" points=\"{string.Join(' ', points.Select(p => FormattableString.Invariant($"{p.X:0.#},{p.Y:0.#}")))}\"/>"
        );

    /// <summary>A point whose form says what its colour says.</summary>
    public static Html Dot(double x, double y, string form, double size = 5) =>
        form switch
        {
            "gain" => Polygon(x, y, (0, -size - 1), (size + 1, size), (-size - 1, size)),
            "loss" => Polygon(x, y, (0, size + 1), (size + 1, -size), (-size - 1, -size)),
            "square" => Polygon(x, y, (-size, -size), (size, -size), (size, size), (-size, size)),
            "diamond" => Polygon(x, y, (0, -size - 2), (size + 2, 0), (0, size + 2), (-size - 2, 0)),
            "none" or "hollow" => Html.Of($"<circle class=\"hollow\" cx=\"{x}\" cy=\"{y}\" r=\"{size}\"/>"),
            _ => Html.Of($"<circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"{size}\"/>"),
        };

    /// <summary>Lines and numbers across the picture for a horizontal axis.</summary>
    public static Html Across(Axis axis, double top, double bottom, Func<double, string> text) =>
        Html.Join(
            axis.Ticks()
                .Select(t =>
                    Html.Of(
                        $"{Line(Math.Abs(t) < 1e-12 ? "zero" : "grid", axis.At(t), top, axis.At(t), bottom)}{Label(axis.At(t), bottom + 16, text(t), "middle")}"
                    )
                )
        );

    /// <summary>Lines and numbers up the picture for a vertical axis.</summary>
    public static Html Up(Axis axis, double left, double right, Func<double, string> text) =>
        Html.Join(
            axis.Ticks()
                .Select(t =>
                    Html.Of(
                        $"{Line("grid", left, axis.At(t), right, axis.At(t))}{Label(left - 8, axis.At(t) + 4, text(t), "end")}"
                    )
                )
        );

    /// <summary>What the two sides look like.</summary>
    public static Html Key(Words words) =>
        Html.Of(
            $"""
            <ul class="key"><li><svg viewBox="0 0 26 12" aria-hidden="true"><g class="mark before"><line class="span" x1="1" x2="25" y1="6" y2="6"/><circle class="hollow" cx="13" cy="6" r="4"/></g></svg>{words.Say(
                "before",
                "antes"
            )}</li><li><svg viewBox="0 0 26 12" aria-hidden="true"><g class="mark after"><line class="span" x1="1" x2="25" y1="6" y2="6"/><circle class="dot" cx="13" cy="6" r="4"/></g></svg>{words.Say(
                "after",
                "depois"
            )}</li></ul>
            """
        );

    /// <summary>A table of values.</summary>
    public static Html Table(IEnumerable<string> heads, IEnumerable<IEnumerable<string>> rows) =>
        Html.Of(
            $"<table><thead><tr>{heads.Select(h => Html.Of($"<th scope=\"col\">{h}</th>"))}</tr></thead><tbody>{rows.Select(r => Html.Of($"<tr>{r.Select((c, i) => i == 0 ? Html.Of($"<th scope=\"row\">{c}</th>") : Html.Of($"<td>{c}</td>"))}</tr>"))}</tbody></table>"
        );

    private static Html Polygon(double x, double y, params IEnumerable<(double X, double Y)> corners) =>
        Html.Of(
            $"<polygon class=\"dot\" points=\"{string.Join(' ', corners.Select(c => FormattableString.Invariant($"{x + c.X:0.#},{y + c.Y:0.#}")))}\"/>"
        );
}
