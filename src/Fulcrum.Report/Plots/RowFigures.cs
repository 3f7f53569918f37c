using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Plots;

/// <summary>Pictures with a row for each thing that is compared.</summary>
internal static class RowFigures
{
    private const double Names = 250,
        RowHeight = 26;

    /// <summary>One row: a name, both scores, their difference.</summary>
    /// <param name="Part">Whether it is a part of the row above.</param>
    internal sealed record Row(
        string Name,
        ScoreInterval Before,
        ScoreInterval After,
        Difference Difference,
        Change Change,
        bool Part
    );

    /// <summary>A row a benchmark and a row a group.</summary>
    public static IReadOnlyList<Row> Rows(CandidateComparison comparison) =>
        [
            .. comparison.Tasks.SelectMany(b =>
                b.Groups.Prepend(b)
                    .Select(r => new Row(r.Name, r.Before, r.After, r.Difference, r.Change, r.Group is not null))
            ),
        ];

    /// <summary>Differences with their intervals.</summary>
    public static Markup Differences(
        string title,
        string explanation,
        IReadOnlyList<(string Name, Difference Difference, Change Change, bool Part)> rows,
        Words words,
        double? margin = null
    )
    {
        Axis x = Axis.Around(
            rows.SelectMany(r => (double[])[r.Difference.Low, r.Difference.High, 0]).Append(-(margin ?? 0)),
            Names,
            Draw.Width - 32,
            0.02
        );
        Markup picture = Picture(
            rows.Count,
            title,
            x,
            words.Points,
            rows.Select(
                    (r, i) =>
                        Markup.Of($"{Name(r.Name, r.Part, i)}{Changed(r.Name, r.Difference, r.Change, x, i, words)}")
                )
                .Prepend(
                    margin is { } m
                        ? Draw.Line("curve second", x.At(-m), 4, x.At(-m), rows.Count * RowHeight + 8)
                        : Markup.Empty
                )
        );
        return Draw.Figure(
            title,
            explanation,
            picture,
            Draw.Table(
                ["", words.Say("difference, points", "diferença, pontos"), "95%"],
                rows.Select(r => (string[])[r.Name, words.Points(r.Difference.Points), words.Interval(r.Difference)])
            ),
            words
        );
    }

    /// <summary>Two shares a row as bars: how far answers got, before and after.</summary>
    public static Markup Shares(
        string title,
        string explanation,
        IReadOnlyList<(string Name, double Before, double After)> rows,
        Words words
    )
    {
        Axis x = new(0, 1, Names, Draw.Width - 130);
        string before = words.Say("before", "antes"),
            after = words.Say("after", "depois");
        Markup picture = Picture(
            rows.Count,
            title,
            x,
            v => words.Number(v * 100, "0") + "%",
            rows.Select(
                (r, i) =>
                    Draw.Mark(
                        "none",
                        $"{r.Name}\n{before} {words.Percent(r.Before)}, {after} {words.Percent(r.After)}",
                        Draw.Hit(0, Y(i) - RowHeight / 2, Draw.Width, RowHeight),
                        Name(r.Name, false, i),
                        Markup.Of(
                            $"<g class=\"mark "
                                + $"before\">{Draw.Bar(x.At(0), Y(i) - 9, x.At(r.Before) - x.At(0), 8)}</g><g "
                                + $"class=\"mark "
                                + $"after\">{Draw.Bar(x.At(0), Y(i) + 1, x.At(r.After) - x.At(0), 8)}</g>"
                        ),
                        Draw.Label(
                            x.At(Math.Max(r.Before, r.After)) + 6,
                            Y(i) + 4,
                            $"{words.Percent(r.Before)} → {words.Percent(r.After)}"
                        )
                    )
            )
        );
        return Draw.Figure(
            title,
            explanation,
            Markup.Of($"{Draw.Key(words)}{picture}"),
            Draw.Table(
                ["", before, after],
                rows.Select(r => (string[])[r.Name, words.Percent(r.Before), words.Percent(r.After)])
            ),
            words
        );
    }

    /// <summary>Scores with intervals, one side a row.</summary>
    public static Markup Scores(
        string title,
        string explanation,
        IReadOnlyList<(string Name, ScoreInterval Score, string Kind)> rows,
        Words words
    )
    {
        Axis x = new(0, 1, Names, Draw.Width - 20);
        Markup picture = Picture(
            rows.Count,
            title,
            x,
            v => words.Number(v * 100, "0") + "%",
            rows.Select(
                (r, i) =>
                    Markup.Join([
                        Name(r.Name, false, i),
                        Score(r.Kind, "", r.Name, r.Score, r.Kind == "before" ? "hollow" : "dot", x, Y(i), words),
                    ])
            )
        );
        return Draw.Figure(
            title,
            explanation,
            picture,
            Draw.Table(
                ["", words.Say("score", "nota"), "95%"],
                rows.Select(r => (string[])[r.Name, words.Percent(r.Score.Score), words.Interval(r.Score)])
            ),
            words
        );
    }

    private static double Y(int row) => 18 + row * RowHeight;

    private static Markup Picture(
        int rows,
        string label,
        Axis x,
        Func<double, string> text,
        IEnumerable<Markup> marks
    ) => Draw.Picture(rows * RowHeight + 32, label, marks.Prepend(Draw.Across(x, 4, rows * RowHeight + 8, text)));

    private static Markup Name(string name, bool part, int row) =>
        Draw.Label(part ? 20 : 4, Y(row) + 4, name.Length > 36 ? name[..35] + "…" : name, part ? "" : "name");

    private static Markup Score(
        string kind,
        string side,
        string name,
        ScoreInterval s,
        string form,
        Axis x,
        double y,
        Words words
    ) =>
        Draw.Mark(
            kind,
            $"{name} {side}: {words.Percent(s.Score)} ({words.Interval(s)})",
            Draw.Hit(x.At(s.Low) - 6, y - 6, x.At(s.High) - x.At(s.Low) + 12, 11),
            Draw.Line("span", x.At(s.Low), y, x.At(s.High), y),
            Draw.Dot(x.At(s.Score), y, form, 4)
        );

    private static Markup Changed(string name, Difference d, Change change, Axis x, int row, Words words) =>
        Draw.Mark(
            Draw.Direction(change),
            $"{name}: {words.Change(d)}",
            Draw.Hit(Names, Y(row) - RowHeight / 2, Draw.Width - Names, RowHeight),
            Draw.Line("span", x.At(d.Low), Y(row), x.At(d.High), Y(row)),
            Draw.Dot(x.At(d.Points), Y(row), Draw.Direction(change))
        );
}
