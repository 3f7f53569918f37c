using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Csv;

/// <summary>The comparison as a table for other programs: a row a benchmark and a row a group.</summary>
internal static class ResultsCsv
{
    private static readonly string[] Columns =
    [
        "benchmark",
        "group",
        "items",
        "unscored",
        "clusters",
        "before",
        "before_low",
        "before_high",
        "after",
        "after_low",
        "after_high",
        "difference",
        "low",
        "high",
        "standard_error",
        "gained",
        "lost",
        "p",
    ];

    public static string Of(Comparison comparison)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        // The library quotes what holds its own line end, but a carriage return ends a line for others too.
        CsvConfiguration settings = new(CultureInfo.InvariantCulture)
        {
            NewLine = "\n",
            ShouldQuote = a => ConfigurationFunctions.ShouldQuote(a) || a.Field?.Contains('\r') == true,
        };
        using (CsvWriter csv = new(text, settings))
        {
            Row(csv, Columns);
            foreach (BenchmarkComparison b in comparison.Benchmarks)
            {
                Row(
                    csv,
                    [
                        b.Benchmark,
                        "",
                        b.Items,
                        b.Unscored,
                        b.Clusters,
                        .. Numbers(b.Before, b.After, b.Difference, b.Mcnemar),
                    ]
                );
                foreach (GroupComparison g in b.Groups)
                {
                    Row(
                        csv,
                        [
                            b.Benchmark,
                            g.Group,
                            g.Items,
                            g.Unscored,
                            g.Clusters,
                            .. Numbers(g.Before, g.After, g.Difference, g.Mcnemar),
                        ]
                    );
                }
            }
        }

        return text.ToString();
    }

    private static object[] Numbers(ScoreInterval b, ScoreInterval a, Difference d, McNemarResult m) =>
        [
            b.Score,
            b.Low,
            b.High,
            a.Score,
            a.Low,
            a.High,
            d.Points,
            d.Low,
            d.High,
            d.StandardError,
            m.Gained,
            m.Lost,
            m.P,
        ];

    private static void Row(CsvWriter csv, IEnumerable<object> cells)
    {
        foreach (object cell in cells)
        {
            // A spreadsheet runs a cell that begins like a formula.
            csv.WriteField(cell is string { Length: > 0 } s && "=+-@＝＋－＠\t\r\n".Contains(s[0]) ? "'" + s : cell);
        }

        csv.NextRecord();
    }
}
