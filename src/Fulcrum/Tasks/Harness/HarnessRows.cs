using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Files;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The rows of a task's data by split. Every split has the same columns.</summary>
internal sealed class HarnessRows
{
    private readonly HarnessConfig config;
    private readonly Func<string, IReadOnlyList<string>?> filesOf;
    private string? authors;
    private readonly Dictionary<string, IReadOnlyList<TemplateMap>> read = new(StringComparer.Ordinal);

    private HarnessRows(HarnessConfig config, Func<string, IReadOnlyList<string>?> filesOf) =>
        (this.config, this.filesOf) = (config, filesOf);

    /// <summary>Opens a task's data; nothing is read yet.</summary>
    /// <param name="folder">A folder that replaces the task's data source; null: the task's own source.</param>
    /// <param name="hub">The folder of a data set of the hub.</param>
    /// <exception cref="InputException">A file that the task names is missing.</exception>
    public static HarnessRows Open(HarnessConfig config, string? folder, Func<string, string> hub)
    {
        if (folder is null && config.Source.Files is { } named && IsFormat(config.Source.Path))
        {
            return new HarnessRows(
                config,
                split =>
                    named.TryGetValue(split, out IReadOnlyList<string>? files)
                        ? [.. files.SelectMany(f => Named(config, f))]
                        : throw config.Error(
                            $"there is no split '{split}'; dataset_kwargs.data_files "
                                + $"has {string.Join(", ", named.Keys)}"
                        )
            );
        }

        string path = folder ?? config.Source.Path ?? throw config.Error("dataset_path is missing");
        if (IsFormat(path) || path is "text" or "arrow")
        {
            throw config.Error($"dataset_path is {path}, but dataset_kwargs.data_files names no files");
        }

        string root = folder ?? (Directory.Exists(Beside(config, path)) ? Beside(config, path) : hub(path));
        if (config.Source.Path == "cais/mmlu" && MmluData.IsOfAuthors(root))
        {
            return new HarnessRows(config, _ => []) { authors = root };
        }

        DatasetFolder files = DatasetFolder.Open(root, config.Source.Configuration);
        return new HarnessRows(config, split => files.Split(split));
    }

    private static bool IsFormat(string? path) => path is "json" or "csv" or "parquet";

    /// <summary>The data set of a task as the hub names it; null if its data are files, or lie beside the task
    /// file.</summary>
    public static string? NameOnHub(HarnessConfig config) =>
        config.Source.Path is { } path
        && path.Contains('/', StringComparison.Ordinal)
        && !Directory.Exists(Beside(config, path))
            ? path
            : null;

    /// <summary>The data files that a task file names; empty for a data set of the hub.</summary>
    /// <exception cref="InputException">There is no such file.</exception>
    public static IEnumerable<string> Files(HarnessConfig config) =>
        (config.Source.Files ?? new Dictionary<string, IReadOnlyList<string>>())
            .Values.SelectMany(f => f)
            .SelectMany(f => Named(config, f));

    /// <summary>Whether there is a split of a name.</summary>
    public bool Has(string split) => filesOf(split) is { Count: > 0 };

    /// <summary>The rows of a split.</summary>
    /// <exception cref="InputException">There is no such split, or a row is malformed.</exception>
    public IReadOnlyList<TemplateMap> Split(string split)
    {
        if (!read.TryGetValue(split, out IReadOnlyList<TemplateMap>? rows))
        {
            read[split] = rows = authors is not null
                ? MmluData.Rows(authors, config.Source.Configuration!, split)
                : Joined(split);
        }

        return rows;
    }

    private IReadOnlyList<TemplateMap> Joined(string split)
    {
        IReadOnlyList<string> files = filesOf(split) is { Count: > 0 } found
            ? found
            : throw config.Error($"there is no split '{split}' in its data");
        TableBudget budget = new();
        return ColumnTypes.Joined(config.File, [.. files.SelectMany(f => Read(f, budget))]);
    }

    private IEnumerable<TemplateMap> Read(string path, TableBudget budget)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is ".json" && Whole(path) is { } array)
        {
            budget.Add(path, TableBudget.ValuesIn(array), new FileInfo(path).Length);
            return array.Select(
                (row, i) =>
                    TemplateValues.From(row) as TemplateMap ?? throw new InputException($"{path}: row {i} is no object")
            );
        }

        IReadOnlyList<TableRow> rows = Table.Read(path, budget);
        IEnumerable<TemplateMap> maps = rows.Select(r => (TemplateMap)TemplateValues.From(r.Values)!);
        return DatasetLayout.Ending(path) is ".csv" or ".tsv" ? ColumnTypes.OfTexts([.. maps]) : maps;
    }

    // A .json file contains one array, an object with an array, or one object per line.
    private JsonArray? Whole(string path)
    {
        try
        {
            JsonNode? node = StrictJson.ReadFile(path);
            return node as JsonArray
                ?? (
                    config.Source.Field is { } field && node is JsonObject o
                        ? o[field] as JsonArray
                            ?? throw config.Error($"dataset_kwargs.field is {field}, but {path} holds no list there")
                    : node is JsonObject one ? [one.DeepClone()]
                    : null
                );
        }
        catch (JsonException)
        {
            return null; // one object per line, or malformed
        }
    }

    private static string Beside(HarnessConfig config, string path) =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(config.File)) ?? ".", path));

    private static IEnumerable<string> Named(HarnessConfig config, string file)
    {
        string full = Beside(config, file),
            folder = Path.GetDirectoryName(full)!,
            name = Path.GetFileName(full);
        string[] found =
            name.Contains('*', StringComparison.Ordinal) && Directory.Exists(folder)
                ? [.. Directory.EnumerateFiles(folder, name).Order(StringComparer.Ordinal)]
            : File.Exists(full) ? [full]
            : [];
        return found.Length > 0
            ? found
            : throw config.Error($"dataset_kwargs.data_files names {file}, but there is no file {full}");
    }
}
