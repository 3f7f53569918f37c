using System.Globalization;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>One type per column, as the loaders of the reference give it. Missing columns are None. A column with one
/// real number contains only real numbers.</summary>
internal static partial class ColumnTypes
{
    // Values that are filled in for columns that only other rows have.
    private const int MostMissing = 8_000_000;

    // Texts that pandas reads as a missing value.
    private static readonly HashSet<string> Missing =
    [
        "",
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    ];

    /// <summary>Returns the rows with the columns of all rows.</summary>
    /// <param name="place">For the message.</param>
    /// <exception cref="InputException">There are too many rows of too many columns.</exception>
    public static IReadOnlyList<TemplateMap> Joined(string place, IReadOnlyList<TemplateMap> rows)
    {
        try
        {
            Unify([.. rows]);
            return rows;
        }
        catch (OverflowException e)
        {
            throw new InputException(
                $"{place}: the rows of its data have so many different columns that more than "
                    + $"{MostMissing} values are missing; name files whose rows have the same columns",
                e
            );
        }
    }

    /// <summary>Returns rows of texts in which a column is numbers or truth values if all its texts are.</summary>
    public static IReadOnlyList<TemplateMap> OfTexts(IReadOnlyList<TemplateMap> rows)
    {
        foreach (string column in rows.SelectMany(r => r.Keys).Distinct().ToArray())
        {
            string[] texts = [.. rows.Select(r => r[column] as string ?? "")];
            string[] present = [.. texts.Where(t => !Missing.Contains(t))];
            Func<string, object?> read = Reader(present, hasGaps: present.Length < texts.Length);
            for (int i = 0; i < rows.Count; i++)
            {
                rows[i][column] = Missing.Contains(texts[i]) ? null : read(texts[i]);
            }
        }

        return rows;
    }

    // Returns what reads the texts of a column. As in pandas, whole numbers with gaps become floats.
    private static Func<string, object?> Reader(string[] texts, bool hasGaps)
    {
        if (texts.Length == 0)
        {
            return text => text;
        }

        if (!hasGaps && texts.All(t => Whole().IsMatch(t)))
        {
            return text => long.Parse(text.Trim(), CultureInfo.InvariantCulture);
        }

        if (texts.All(t => Real().IsMatch(t)))
        {
            return text => double.Parse(text.Trim(), CultureInfo.InvariantCulture);
        }

        bool areFlags = texts.All(t => t is "True" or "False" or "TRUE" or "FALSE" or "true" or "false");
        return areFlags ? text => text[0] is 'T' or 't' : text => text;
    }

    private static void Unify(List<TemplateMap> maps)
    {
        string[] columns = [.. maps.SelectMany(m => m.Keys).Distinct()];
        if ((long)columns.Length * maps.Count - maps.Sum(m => (long)m.Count) > MostMissing)
        {
            throw new OverflowException($"{columns.Length} columns of {maps.Count} rows");
        }

        foreach (string column in columns)
        {
            object?[] values = [.. maps.Select(m => m.GetValueOrDefault(column))];
            IReadOnlyList<object?> unified = Unified(values);
            for (int i = 0; i < maps.Count; i++)
            {
                maps[i][column] = unified[i];
            }
        }
    }

    private static IReadOnlyList<object?> Unified(IReadOnlyList<object?> values)
    {
        Unify([.. values.OfType<TemplateMap>()], anything: true);
        List<object?>[] lists = [.. values.OfType<List<object?>>()];
        IReadOnlyList<object?> inside = lists.Length > 0 ? Unified([.. lists.SelectMany(l => l)]) : [];
        int at = 0;
        foreach (List<object?> list in lists)
        {
            for (int i = 0; i < list.Count; i++)
            {
                list[i] = inside[at++];
            }
        }

        bool real = values.Any(v => v is double) && values.All(v => v is null or double or long);
        return real ? [.. values.Select(v => v is long whole ? (double)whole : v)] : values;
    }

    private static void Unify(List<TemplateMap> maps, bool anything)
    {
        if (anything && maps.Count > 0)
        {
            Unify(maps);
        }
    }

    [GeneratedRegex(@"^\s*[-+]?[0-9]{1,18}\s*$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*$")]
    private static partial Regex Real();
}
