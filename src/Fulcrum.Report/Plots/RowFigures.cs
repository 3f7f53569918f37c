using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Plots;

/// <summary>Pictures with a row for each thing that is compared.</summary>
internal static class RowFigures
{
    /// <summary>Where rows lie on a picture: names left of the marks, on a narrow one above them.</summary>
    private readonly record struct Layout(double Width)
    {
        private bool IsNarrow => Width < Draw.Wide;

        /// <summary>The left end of the axis.</summary>
        public double Left => IsNarrow ? 24 : 250;

        /// <summary>The height of a row.</summary>
        public double RowHeight => IsNarrow ? 44 : 26;

        /// <summary>The middle of a row's marks.</summary>
        public double Y(int row) => (IsNarrow ? 36 : 18) + row * RowHeight;

        /// <summary>The label of a row.</summary>
        public Markup Name(string name, bool part, int row)
        {
            int most = IsNarrow ? 52 : 36;
            return Draw.Label(
                part ? 20 : 4,
                Y(row) + (IsNarrow ? -16 : 4),
                Printable.Cut(name, most),
                part ? "" : "name"
            );
        }
    }

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

    /// <summary>One row per task and one per group.</summary>
    public static IReadOnlyList<Row> Rows(CandidateComparison comparison) =>
        [
            .. comparison.Tasks.SelectMany(b =>
                b.Groups.Prepend(b)
                    .Select(r => new Row(r.Name, r.Before, r.After, r.Difference, r.Change, r.Group is not null))
            ),
        ];

    /// <summary>Differences with their intervals.</summary>
    /// <param name="values">The table of the values; null: differences and intervals.</param>
    public static Markup Differences(
        string title,
        string explanation,
        IReadOnlyList<(string Name, Difference Difference, Change Change, bool Part)> rows,
        Words words,
        double? margin = null,
        Markup? values = null
    )
    {
        double[] ends = [.. rows.SelectMany(r => (double[])[r.Difference.Low, r.Difference.High, 0]), -(margin ?? 0)];
        Markup Drawn(double width)
        {
            Layout at = new(width);
            Axis x = Axis.Around(ends, at.Left, width - 32, 0.02);
            Markup limit = margin is { } m
                ? Draw.Line("curve second", x.At(-m), 4, x.At(-m), rows.Count * at.RowHeight + 8)
                : Markup.Empty;
            IEnumerable<Markup> marks = rows.Select(
                (r, i) =>
                    Markup.Join([at.Name(r.Name, r.Part, i), Changed(r.Name, r.Difference, r.Change, x, at, i, words)])
            );
            return Picture(at, rows.Count, title, x, words.Points, marks.Prepend(limit));
        }

        return Draw.Figure(
            title,
            explanation,
            Drawn,
            values
                ?? Draw.Table(
                    Heads(words),
                    rows.Select(r =>
                        (string[])[r.Name, words.Points(r.Difference.Points), words.Interval(r.Difference)]
                    )
                ),
            words
        );
    }

    private static string[] Heads(Words words) => ["", words.Say("difference, points", "diferença, pontos"), "95%"];

    /// <summary>Two shares a row as bars: how far answers got, before and after.</summary>
    public static Markup Shares(
        string title,
        string explanation,
        IReadOnlyList<(string Name, double Before, double After)> rows,
        Words words
    )
    {
        string before = words.Say("before", "antes"),
            after = words.Say("after", "depois");
        Markup Bars(double width)
        {
            Layout at = new(width);
            Axis x = new(0, 1, at.Left, width - 130);
            Markup Bar(string side, double share, double y) =>
                Markup.Of($"<g class=\"mark {side}\">{Draw.Bar(x.At(0), y, x.At(share) - x.At(0), 8)}</g>");
            IEnumerable<Markup> marks = rows.Select(
                (r, i) =>
                    Draw.Mark(
                        "none",
                        $"{r.Name}\n{before} {words.Percent(r.Before)}, {after} {words.Percent(r.After)}",
                        Draw.Hit(0, at.Y(i) - at.RowHeight / 2, width, at.RowHeight),
                        at.Name(r.Name, false, i),
                        Bar("before", r.Before, at.Y(i) - 9),
                        Bar("after", r.After, at.Y(i) + 1),
                        Draw.Label(
                            x.At(Math.Max(r.Before, r.After)) + 6,
                            at.Y(i) + 4,
                            $"{words.Percent(r.Before)} → {words.Percent(r.After)}"
                        )
                    )
            );
            return Markup.Of($"{Draw.Key(words)}{Picture(at, rows.Count, title, x, Whole(words), marks)}");
        }

        return Draw.Figure(
            title,
            explanation,
            Bars,
            Draw.Table(
                ["", before, after],
                rows.Select(r => (string[])[r.Name, words.Percent(r.Before), words.Percent(r.After)])
            ),
            words
        );
    }

    /// <summary>Scores with their intervals: one row per side.</summary>
    public static Markup Scores(
        string title,
        string explanation,
        IReadOnlyList<(string Name, ScoreInterval Score, string Kind)> rows,
        Words words
    )
    {
        Markup Drawn(double width)
        {
            Layout at = new(width);
            Axis x = new(0, 1, at.Left, width - 20);
            IEnumerable<Markup> marks = rows.Select(
                (r, i) =>
                    Markup.Join([
                        at.Name(r.Name, false, i),
                        Score(r.Kind, "", r.Name, r.Score, r.Kind == "before" ? "hollow" : "dot", x, at.Y(i), words),
                    ])
            );
            return Picture(at, rows.Count, title, x, Whole(words), marks);
        }

        return Draw.Figure(
            title,
            explanation,
            Drawn,
            Draw.Table(
                ["", words.Say("score", "nota"), "95%"],
                rows.Select(r => (string[])[r.Name, words.Percent(r.Score.Score), words.Interval(r.Score)])
            ),
            words
        );
    }

    private static Func<double, string> Whole(Words words) => v => words.Number(v * 100, "0") + "%";

    private static Markup Picture(
        Layout at,
        int rows,
        string label,
        Axis x,
        Func<double, string> text,
        IEnumerable<Markup> marks
    )
    {
        double bottom = rows * at.RowHeight + 8;
        return Draw.Picture(at.Width, bottom + 24, label, marks.Prepend(Draw.Across(x, 4, bottom, text)));
    }

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

    private static Markup Changed(string name, Difference d, Change change, Axis x, Layout at, int row, Words words)
    {
        double y = at.Y(row);
        return Draw.Mark(
            Draw.Direction(change),
            $"{name}: {words.Change(d)}",
            Draw.Hit(at.Left, y - at.RowHeight / 2, at.Width - at.Left, at.RowHeight),
            Draw.Line("span", x.At(d.Low), y, x.At(d.High), y),
            Draw.Dot(x.At(d.Points), y, Draw.Direction(change))
        );
    }
}
