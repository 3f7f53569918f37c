using System.Text;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>When two results count as equal, under each semantics (docs/method.md, "Execution accuracy").</summary>
internal static class ResultComparison
{
    private const int MostChecks = 200_000;

    /// <summary>The official comparison: columns in any order, the same for all rows.</summary>
    public static bool Official(IReadOnlyList<object?[]> gold, IReadOnlyList<object?[]> predicted, bool ordered)
    {
        if (gold.Count == 0 && predicted.Count == 0)
        {
            return true;
        }

        if (
            gold.Count != predicted.Count
            || gold[0].Length != predicted[0].Length
            || !SortedRowsAgree(gold, predicted, ordered)
        )
        {
            return false;
        }

        return new ColumnSearch(gold, predicted, ordered).Finds();
    }

    /// <summary>Rows as they are, columns in their order; a list when the order matters, else a bag.</summary>
    public static bool Strict(IReadOnlyList<object?[]> gold, IReadOnlyList<object?[]> predicted, bool ordered)
    {
        IEnumerable<string> g = gold.Select(r => SqlResult.Key(r)),
            p = predicted.Select(r => SqlResult.Key(r));
        return ordered
            ? g.SequenceEqual(p)
            : g.Order(StringComparer.Ordinal).SequenceEqual(p.Order(StringComparer.Ordinal));
    }

    /// <summary>Sets of rows: order and repetition ignored, columns in their order.</summary>
    public static bool Notebook(IReadOnlyList<object?[]> gold, IReadOnlyList<object?[]> predicted) =>
        gold.Select(r => SqlResult.Key(r))
            .ToHashSet(StringComparer.Ordinal)
            .SetEquals(predicted.Select(r => SqlResult.Key(r)));

    private static bool SortedRowsAgree(IReadOnlyList<object?[]> gold, IReadOnlyList<object?[]> predicted, bool ordered)
    {
        IEnumerable<string> g = gold.Select(SortedKey),
            p = predicted.Select(SortedKey);
        return ordered ? g.SequenceEqual(p) : g.ToHashSet(StringComparer.Ordinal).SetEquals(p);
    }

    /// <summary>A row with its values sorted by Python's str(value) + str(type(value)); the quirk that 1 and 1.0 may
    /// sort apart is the official one.</summary>
    private static string SortedKey(object?[] row) => SqlResult.Key(row.OrderBy(PythonKey, StringComparer.Ordinal));

    private static string PythonKey(object? value) =>
        value switch
        {
            null => "None<class 'NoneType'>",
            long whole => $"{whole}<class 'int'>",
            double real => TemplateText.Float(real) + "<class 'float'>",
            byte[] bytes => PythonBytes(bytes) + "<class 'bytes'>",
            _ => $"{value}<class 'str'>",
        };

    private static string PythonBytes(byte[] bytes)
    {
        bool single = bytes.Contains((byte)'\'') && !bytes.Contains((byte)'"');
        char quote = single ? '"' : '\'';
        StringBuilder text = new StringBuilder("b").Append(quote);
        foreach (byte b in bytes)
        {
            _ = b switch
            {
                (byte)'\\' => text.Append("\\\\"),
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\t' => text.Append("\\t"),
                _ when b == quote => text.Append('\\').Append(quote),
                < 0x20 or >= 0x7f => text.Append($"\\x{b:x2}"),
                _ => text.Append((char)b),
            };
        }

        return text.Append(quote).ToString();
    }

    /// <summary>Looks for one assignment of predicted columns to gold columns; only impossible ones are cut, so the
    /// verdict is the official one.</summary>
    private sealed class ColumnSearch
    {
        private readonly string[][] gold,
            predicted;
        private readonly int[][] candidates;
        private readonly int[] chosen;
        private readonly bool ordered;
        private int checks;

        public ColumnSearch(IReadOnlyList<object?[]> goldRows, IReadOnlyList<object?[]> predictedRows, bool ordered)
        {
            this.ordered = ordered;
            gold = Columns(goldRows);
            predicted = Columns(predictedRows);
            string[][] goldBags = [.. gold.Select(Bag)],
                predictedBags = [.. predicted.Select(Bag)];
            candidates =
            [
                .. goldBags.Select(g =>
                    Enumerable
                        .Range(0, predicted.Length)
                        .Where(j => predictedBags[j].AsSpan().SequenceEqual(g))
                        .ToArray()
                ),
            ];
            chosen = new int[gold.Length];
        }

        public bool Finds(int column = 0)
        {
            if (column == gold.Length)
            {
                return true;
            }

            HashSet<string> tried = new(StringComparer.Ordinal);
            foreach (int j in candidates[column].Where(j => !chosen.AsSpan(0, column).Contains(j)))
            {
                // Equal columns are interchangeable: one of them is enough.
                if (!tried.Add(string.Join('\u001f', predicted[j])) || ++checks > MostChecks)
                {
                    continue;
                }

                chosen[column] = j;
                if (PartsAgree(column + 1) && Finds(column + 1))
                {
                    return true;
                }
            }

            return false;
        }

        private bool PartsAgree(int columns)
        {
            IEnumerable<string> g = Rows(i => gold[i], columns),
                p = Rows(i => predicted[chosen[i]], columns);
            return ordered
                ? g.SequenceEqual(p)
                : g.Order(StringComparer.Ordinal).SequenceEqual(p.Order(StringComparer.Ordinal));
        }

        private IEnumerable<string> Rows(Func<int, string[]> column, int columns) =>
            Enumerable
                .Range(0, gold[0].Length)
                .Select(r =>
                    string.Concat(Enumerable.Range(0, columns).Select(c => $"{column(c)[r].Length}:{column(c)[r]}"))
                );

        private string[] Bag(string[] column) => ordered ? column : [.. column.Order(StringComparer.Ordinal)];

        private static string[][] Columns(IReadOnlyList<object?[]> rows) =>
            [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Select(r => SqlResult.Key(r[c])).ToArray())];
    }
}
