using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsvHelper;
using CsvHelper.Configuration;
using Fulcrum.Files;
using Parquet.Serialization;

namespace Fulcrum.Data;

/// <summary>Rows with named columns from JSON Lines, JSON, CSV or TSV with a header, or Parquet: by the ending of the
/// file's name, which may be followed by <c>.gz</c>.</summary>
public static class Table
{
    // Rows are held in memory, so their bytes are bounded: 256 MiB as a file of text is about 1 GiB as rows.
    private const long LargestText = 1 << 28,
        LargestParquet = 1L << 31;
    private const int LongestCell = 1 << 24,
        MostColumns = 4096;

    /// <summary>Every row, in the file's order.</summary>
    /// <exception cref="InputException">The file is missing, of an unknown kind, empty or malformed; names the file and
    /// the line or row.</exception>
    public static IReadOnlyList<TableRow> Read(string path)
    {
        IReadOnlyList<TableRow> rows = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".gz" => PackedTable.Read(path),
            ".json" => JsonTable.Read(path),
            ".jsonl" or ".ndjson" =>
            [
                .. JsonLines
                    .Read(path, mostBytes: LargestText)
                    .Select(l => new TableRow(path, $"line {l.Number}", l.Number, l.Value)),
            ],
            ".csv" or ".tsv" => Opened(path, LargestText, stream => Csv(path, stream)),
            ".parquet" => Opened(path, LargestParquet, stream => Parquet(path, stream)),
            var other => throw new InputException(
                $"{path}: files that end in '{other}' cannot be read as rows; known are .jsonl, .json, .csv, .tsv and .parquet"
            ),
        };
        return rows.Count > 0 ? rows : throw new InputException($"{path} holds no row");
    }

    private static List<TableRow> Csv(string path, Stream stream)
    {
        CsvConfiguration settings = new(CultureInfo.InvariantCulture)
        {
            Mode = CsvMode.RFC4180,
            Delimiter = path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ",",
            IgnoreBlankLines = false,
            MaxFieldSize = LongestCell,
            BadDataFound = _ => throw new FormatException("a quote is out of place"),
        };
        using CsvParser csv = new(
            new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true)),
            settings
        );
        try
        {
            string[] header = csv.Read() ? [.. csv.Record!.Select(name => name.Trim())] : [];
            if (header.Length > MostColumns)
            {
                throw new FormatException($"{header.Length} columns are more than {MostColumns}");
            }

            string? twice = header.GroupBy(name => name).FirstOrDefault(g => g.Count() > 1)?.Key;
            if (twice is not null)
            {
                throw new FormatException($"the header names the column '{twice}' twice");
            }

            List<TableRow> rows = [];
            for (int line = csv.RawRow + 1; csv.Read(); line = csv.RawRow + 1)
            {
                string[] fields = csv.Record!;
                rows.Add(
                    fields.Length == header.Length
                        ? new TableRow(
                            path,
                            $"line {line}",
                            rows.Count + 1,
                            new JsonObject(header.Select((name, i) => KeyValuePair.Create(name, (JsonNode?)fields[i])))
                        )
                        : throw new InputException(
                            $"{path} line {line}: {fields.Length} fields where the header has {header.Length}"
                        )
                );
            }

            return rows;
        }
        catch (Exception e) when (e is CsvHelperException or FormatException or DecoderFallbackException)
        {
            string what =
                e is DecoderFallbackException
                    ? "not valid UTF-8"
                    : (e.InnerException as FormatException ?? e).Message.Split('\n')[0].Trim();
            throw new InputException($"{path} line {Math.Max(1, csv.RawRow)}: malformed: {what}", e);
        }
    }

    private static List<TableRow> Parquet(string path, Stream stream)
    {
        try
        {
            // The library's reading is asynchronous; a file on a disk is waited for.
            ParquetBudget.Check(stream).GetAwaiter().GetResult();
            IEnumerable<IDictionary<string, object>> rows = ParquetSerializer
                .DeserializeUntypedAsync(stream)
                .GetAwaiter()
                .GetResult()
                .Data;
            return
            [
                .. rows.Select(
                    (row, i) =>
                        new TableRow(
                            path,
                            $"row {i + 1}",
                            i + 1,
                            new JsonObject(
                                row.Select(cell => KeyValuePair.Create(cell.Key, Node(path, i, cell.Key, cell.Value)))
                            )
                        )
                ),
            ];
        }
        catch (Exception e) when (e is not InputException)
        {
            throw new InputException($"{path}: cannot be read as Parquet: {e.Message.Split('\n')[0].Trim()}", e);
        }
    }

    private static JsonNode? Node(string path, int row, string column, object? value) =>
        value switch
        {
            null => null,
            string text => text,
            bool flag => flag,
            sbyte or byte or short or ushort or int or uint or long => Convert.ToInt64(
                value,
                CultureInfo.InvariantCulture
            ),
            float or double or decimal or ulong => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            IDictionary<string, object> record => new JsonObject(
                record.Select(f => KeyValuePair.Create(f.Key, Node(path, row, column, f.Value)))
            ),
            System.Collections.IDictionary map => new JsonObject(
                map.Cast<System.Collections.DictionaryEntry>()
                    .Select(f => KeyValuePair.Create($"{f.Key}", Node(path, row, column, f.Value)))
            ),
            System.Collections.IEnumerable list => new JsonArray([
                .. list.Cast<object?>().Select(v => Node(path, row, column, v)),
            ]),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };

    private static List<TableRow> Opened(string path, long mostBytes, Func<Stream, List<TableRow>> read)
    {
        try
        {
            using Stream stream = BoundedFile.Open(path, mostBytes);
            return read(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }
}

/// <summary>One row of a table and where it stands.</summary>
/// <param name="Place">For errors: <c>line 3</c>, <c>row 3</c>.</param>
/// <param name="Number">From 1, the header not counted.</param>
public sealed record TableRow(string File, string Place, int Number, JsonObject Values)
{
    /// <summary>An error about this row.</summary>
    public InputException Error(string what) => new($"{File} {Place}: {what}");

    /// <summary>A column's value as text; numbers and truth values as they are written.</summary>
    /// <exception cref="InputException">There is no such column, or it holds nothing or a list.</exception>
    public string Text(string column) =>
        AsText(Values.TryGetPropertyValue(column, out JsonNode? node) ? node : throw Missing(column), column);

    /// <summary>A column's value as text; null where no column is asked for.</summary>
    /// <exception cref="InputException">As for <see cref="Text"/>.</exception>
    public string? TextOrNull(string? column) => column is null ? null : Text(column);

    /// <summary>A column's values where it holds a list; one value counts as a list of one.</summary>
    /// <exception cref="InputException">As for <see cref="Text"/>.</exception>
    public IReadOnlyList<string> Texts(string column) =>
        !Values.TryGetPropertyValue(column, out JsonNode? node) ? throw Missing(column)
        : node is JsonArray list ? [.. list.Select(v => AsText(v, column))]
        : [AsText(node, column)];

    private InputException Missing(string column) =>
        Error($"there is no column '{column}'; there are {string.Join(", ", Values.Select(v => v.Key))}");

    private string AsText(JsonNode? node, string column) =>
        node switch
        {
            JsonValue v when v.TryGetValue(out string? text) => text,
            JsonValue v => v.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
                ? v.ToJsonString()
                : throw Error($"the column '{column}' must hold text"),
            null => throw Error($"the column '{column}' holds nothing"),
            _ => throw Error(
                $"the column '{column}' holds a {(node is JsonArray ? "list" : "structure")} where one text is needed"
            ),
        };
}
