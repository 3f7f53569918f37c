using System.Globalization;
using System.Text.RegularExpressions;
using CsvHelper;
using CsvHelper.Configuration;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Csv;

/// <summary>The comparison as a table for other programs: a row for each candidate, task and group.</summary>
internal static partial class ResultsCsv
{
    private static readonly string[] Columns =
    [
        "candidate",
        "task",
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
        "p_adjusted_for",
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
            foreach (CandidateComparison candidate in comparison.Candidates)
            {
                foreach (PairedResult task in candidate.Tasks)
                {
                    Row(csv, [candidate.Name, .. Cells(task, groups: 1)]);
                    foreach (PairedResult group in task.Groups)
                    {
                        Row(csv, [candidate.Name, .. Cells(group, task.Groups.Count)]);
                    }
                }
            }
        }

        return text.ToString();
    }

    // The p of a group is multiplied by the number of groups, that of a task by 1.
    private static object[] Cells(PairedResult b, int groups) =>
        [
            b.Task,
            b.Group ?? "",
            b.Items,
            b.Unscored,
            b.Clusters,
            b.Before.Score,
            b.Before.Low,
            b.Before.High,
            b.After.Score,
            b.After.Low,
            b.After.High,
            b.Difference.Points,
            b.Difference.Low,
            b.Difference.High,
            b.Difference.StandardError,
            b.Gained,
            b.Lost,
            b.P,
            groups,
        ];

    private static void Row(CsvWriter csv, IEnumerable<object> cells)
    {
        foreach (object cell in cells)
        {
            csv.WriteField(cell is string text ? Harmless(text) : cell);
        }

        csv.NextRecord();
    }

    // A spreadsheet runs a cell that begins like a formula, and may take other separators than the comma.
    private static string Harmless(string text) => Formula().Replace(Printable.Line(text), "$1'$2");

    [GeneratedRegex("(^\\s*|[;,|]\\s*)([=+\\-@＝＋－＠])")]
    private static partial Regex Formula();
}
