using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Parquet.Serialization;

namespace Fulcrum.Data;

/// <summary>Reads rows with named columns from JSON Lines, a JSON array, CSV or TSV with a header, or Parquet. The
/// ending of the file's name selects the format. An additional <c>.gz</c> means compressed.</summary>
public static class Table
{
    // Rows are held in memory, so the size of a file is limited: 256 MiB of text take about 1 GiB as rows.
    private const long LargestText = 1L << 28,
        LargestParquet = 1L << 31;

    private const long LargestUnpacked = 1L << 30;
    private const int MostColumns = 4096;

    private const string Gzip = ".gz";
    private static readonly TimeSpan ParquetLimit = TimeSpan.FromMinutes(1);

    /// <summary>Returns whether <see cref="Read(string)"/> knows the ending of a file's name.</summary>
    public static bool Reads(string path) =>
        KindOf(path) is ".jsonl" or ".ndjson" or ".json" or ".csv" or ".tsv" or ".parquet";

    /// <summary>Reads every row, in the file's order.</summary>
    /// <exception cref="InputException">The file is missing, of an unknown kind, empty or malformed; names the file and
    /// the line or row.</exception>
    public static IReadOnlyList<TableRow> Read(string path) => Read(path, new TableBudget());

    /// <summary>Reads every row of several files.</summary>
    /// <exception cref="InputException">As for <see cref="Read(string)"/>, or the files together are too
    /// large.</exception>
    internal static IEnumerable<TableRow> Read(IEnumerable<string> paths)
    {
        TableBudget budget = new();
        return paths.SelectMany(p => Read(p, budget));
    }

    /// <summary>Returns the columns of all rows, in the order in which they occur.</summary>
    /// <exception cref="InputException">There are too many: work grows with rows times columns.</exception>
    internal static IReadOnlyList<string> ColumnsOf(IReadOnlyList<TableRow> rows)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<string> columns = [];
        foreach (TableRow row in rows)
        {
            columns.AddRange(row.Values.Select(v => v.Key).Where(seen.Add));
            if (columns.Count > MostColumns)
            {
                throw row.Error($"with the rows before it, the file has more than {MostColumns} different columns");
            }
        }

        return columns;
    }

    internal static IReadOnlyList<TableRow> Read(string path, TableBudget budget)
    {
        IReadOnlyList<TableRow> rows = KindOf(path) switch
        {
            ".jsonl" or ".ndjson" => Lines(path, budget),
            ".json" => Opened(path, LargestText, stream => JsonArray(path, stream, budget)) ?? Lines(path, budget),
            ".csv" => Opened(path, LargestText, stream => Csv(path, stream, ',', budget)),
            ".tsv" => Opened(path, LargestText, stream => Csv(path, stream, '\t', budget)),
            ".parquet" => Opened(path, LargestParquet, stream => Parquet(path, stream, budget)),
            var other => throw new InputException(
                $"{path}: files that end in '{other}' cannot be read as rows; known are .jsonl, .json, .csv, .tsv and "
                    + ".parquet, each also with .gz"
            ),
        };
        return rows.Count > 0 ? rows : throw new InputException($"{path} holds no row");
    }

    private static string KindOf(string path)
    {
        string name = path.EndsWith(Gzip, StringComparison.OrdinalIgnoreCase) ? path[..^Gzip.Length] : path;
        return Path.GetExtension(name).ToLowerInvariant();
    }

    private static List<TableRow> Lines(string path, TableBudget budget)
    {
        List<TableRow> rows = [];
        long values = 0,
            bytes = 0;
        foreach (JsonLine line in JsonLines.Read(path, mostBytes: LargestText, counts: true))
        {
            values += line.Values;
            bytes += line.Bytes;
            TableBudget.RequireFew(values, $"{path} line {line.Number}");
            rows.Add(new TableRow(path, $"line {line.Number}", line.Number, line.Value));
        }

        budget.Add(path, values, bytes);
        return rows;
    }

    // Returns null if the file is neither an array nor one object: many files called .json are JSON Lines.
    private static List<TableRow>? JsonArray(string path, Stream stream, TableBudget budget)
    {
        try
        {
            string text = Utf8Text.Read(path, stream);
            JsonArray? list =
                text.AsSpan().TrimStart() is ['[', ..] ? StrictJson.Parse(text)!.AsArray()
                : OneObject(text) is { } row ? [row]
                : null;
            if (list is not null)
            {
                budget.Add(path, TableBudget.ValuesIn(list), text.Length);
            }

            return list is null ? null : Rows(path, list);
        }
        catch (JsonException e)
        {
            throw new InputException(
                $"{path} line {e.LineNumber + 1} column {e.BytePositionInLine + 1}: not valid JSON: "
                    + StrictJson.Sentence(e),
                e
            );
        }
    }

    private static JsonObject? OneObject(string text)
    {
        try
        {
            return StrictJson.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // one object per line
        }
    }

    private static List<TableRow> Rows(string path, JsonArray list)
    {
        JsonNode?[] entries = [.. list];
        list.Clear(); // a row stands by itself, without a copy of it
        return
        [
            .. entries.Select(
                (node, i) =>
                    node is JsonObject row
                        ? new TableRow(path, $"entry {i + 1}", i + 1, row)
                        : throw new InputException($"{path} entry {i + 1}: expected a JSON object")
            ),
        ];
    }

    private static List<TableRow> Csv(string path, Stream stream, char delimiter, TableBudget budget)
    {
        IReadOnlyList<(int Line, string[] Fields)> records = CsvRecords.Read(path, stream, delimiter);
        budget.Add(path, records.Sum(r => (long)r.Fields.Length), stream.Length);
        string[] header = records.Count > 0 ? [.. records[0].Fields.Select(name => name.Trim())] : [];
        if (header.Length > MostColumns)
        {
            throw new InputException($"{path}: {header.Length} columns are more than {MostColumns}");
        }

        if (header.GroupBy(name => name).FirstOrDefault(g => g.Count() > 1)?.Key is { } twice)
        {
            throw new InputException($"{path} line {records[0].Line}: the header names the column '{twice}' twice");
        }

        return [.. records.Skip(1).Select((r, i) => Row(path, r.Line, i + 1, header, r.Fields))];
    }

    private static TableRow Row(string path, int line, int number, string[] header, string[] fields) =>
        fields.Length == header.Length
            ? new TableRow(
                path,
                $"line {line}",
                number,
                new JsonObject(header.Zip(fields, (name, field) => KeyValuePair.Create(name, (JsonNode?)field)))
            )
            : throw new InputException(
                $"{path} line {line}: {fields.Length} fields where the header has {header.Length}"
            );

    // A damaged footer can make Parquet.Net read for ever, and .NET cannot stop a thread from outside. So the thread is
    // abandoned after a time limit.
    private static List<TableRow> Parquet(string path, Stream stream, TableBudget budget)
    {
        Task<List<TableRow>> reading = Task.Run(() => Decoded(path, stream, budget));
        return ((IAsyncResult)reading).AsyncWaitHandle.WaitOne(ParquetLimit)
            ? reading.GetAwaiter().GetResult()
            : throw new InputException(
                $"{path}: reading it as Parquet takes longer than {ParquetLimit.TotalSeconds} s"
            );
    }

    private static List<TableRow> Decoded(string path, Stream stream, TableBudget budget)
    {
        try
        {
            // Parquet.Net reads asynchronously. A local file does not need that.
            (long cells, long bytes) = ParquetBudget.Check(stream).GetAwaiter().GetResult();
            budget.Add(path, cells, bytes);
            DeserializationResult<Dictionary<string, object>> table = ParquetSerializer
                .DeserializeUntypedAsync(stream)
                .GetAwaiter()
                .GetResult();
            return RowsOf(path, table.Data, ParquetLabels.In(table.CustomMetadata));
        }
        catch (Exception e) when (e is not InputException)
        {
            throw new InputException($"{path}: cannot be read as Parquet: {Damage(e)}", e);
        }
    }

    // Releases the library's form of each row, so that both forms of all rows are never in memory together.
    private static List<TableRow> RowsOf(
        string path,
        IList<Dictionary<string, object>> decoded,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? labels
    )
    {
        List<TableRow> rows = new(decoded.Count);
        for (int i = 0; i < decoded.Count; i++)
        {
            KeyValuePair<string, JsonNode?>[] cells =
            [
                .. decoded[i].Select(cell => KeyValuePair.Create(cell.Key, Node(cell.Value))),
            ];
            decoded[i] = null!;
            rows.Add(new TableRow(path, $"row {i + 1}", i + 1, new JsonObject(cells)) { ClassLabels = labels });
        }

        return rows;
    }

    // Parquet.Net's own defects say nothing about the file.
    private static string Damage(Exception e) =>
        e is ArgumentException or IndexOutOfRangeException or NullReferenceException or OverflowException
            ? "it is damaged"
            : e.Message.Split('\n')[0].Trim();

    private static JsonNode? Node(object? value) =>
        value switch
        {
            null => null,
            string text => text,
            bool flag => flag,
            byte[] => null, // a picture: as a list of numbers, a megabyte of it would take a hundred
            double real when !double.IsFinite(real) => null, // JSON has no such number
            float real when !float.IsFinite(real) => null,
            sbyte or byte or short or ushort or int or uint or long => Convert.ToInt64(
                value,
                CultureInfo.InvariantCulture
            ),
            float or double or decimal or ulong => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            IDictionary<string, object> record => new JsonObject(
                record.Select(field => KeyValuePair.Create(field.Key, Node(field.Value)))
            ),
            System.Collections.IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(Node)]),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };

    private static List<TableRow> Opened(string path, long most, Func<Stream, List<TableRow>?> read)
    {
        try
        {
            using Stream stream = BoundedFile.Open(path, most);
            if (!path.EndsWith(Gzip, StringComparison.OrdinalIgnoreCase))
            {
                return read(stream)!;
            }

            using MemoryStream unpacked = Unpacked(path, stream, most);
            return read(unpacked)!;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

    private static MemoryStream Unpacked(string path, Stream packed, long most)
    {
        using GZipStream gzip = new(packed, CompressionMode.Decompress);
        MemoryStream all = new();
        byte[] buffer = new byte[1 << 16];
        for (int read = gzip.Read(buffer); read > 0; read = gzip.Read(buffer))
        {
            all.Write(buffer, 0, read);
            if (all.Length > Math.Min(most, LargestUnpacked))
            {
                throw new InputException($"{path}: unpacked it has more than {Math.Min(most, LargestUnpacked)} bytes");
            }
        }

        all.Position = 0;
        return all;
    }
}
