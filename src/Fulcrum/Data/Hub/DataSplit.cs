namespace Fulcrum.Data.Hub;

/// <summary>Rows that a text names: those of a data file, or of a split of a data set in a folder.</summary>
/// <param name="Name">The file's name without its ending, or the split's name: the first part of a row's id.</param>
/// <param name="Files">In the order of their rows.</param>
internal sealed record DataSplit(string Name, IReadOnlyList<string> Files)
{
    /// <summary>The names of class labels by column, as the card gives them; null: those in the files.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? ClassLabels { get; init; }

    /// <summary>Whether a text names a data set in a folder: <c>FOLDER[:CONFIG[/SPLIT]]</c>.</summary>
    public static bool IsInFolder(string data) => LocalDataset.Part(data) is not null;

    /// <summary>Opens a file or a split; nothing is read yet.</summary>
    /// <param name="data">A file, or <c>FOLDER[:CONFIG[/SPLIT]]</c>.</param>
    /// <exception cref="InputException">The folder has no such configuration or split; names those that
    /// exist.</exception>
    public static DataSplit Open(string data)
    {
        using HubDataset? folder = File.Exists(data) ? null : HubDataset.InFolder(data);
        return folder is null ? new DataSplit(Path.GetFileNameWithoutExtension(data), [data]) : folder.Named();
    }

    /// <summary>The files that texts name, in their order; a text itself where there is no such file or folder. Null
    /// names none.</summary>
    /// <exception cref="InputException">As for <see cref="Open"/>.</exception>
    public static IReadOnlyList<string> FilesOf(params IEnumerable<string?> data) =>
        [.. data.OfType<string>().SelectMany(d => Open(d).Files)];

    /// <summary>The rows over all files, numbered from 1.</summary>
    /// <exception cref="InputException">A file is missing or malformed; names file and row.</exception>
    public IReadOnlyList<TableRow> Rows() =>
        [
            .. Files
                .SelectMany(Table.Read)
                .Select(
                    (row, i) => row with { Number = i + 1, Split = Name, ClassLabels = ClassLabels ?? row.ClassLabels }
                ),
        ];
}
