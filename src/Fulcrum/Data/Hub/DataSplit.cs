namespace Fulcrum.Data.Hub;

/// <summary>A data file, or a split of a data set in a folder, with its rows.</summary>
/// <param name="Name">The file's name without its ending, or the split's name. It is the first part of a row's
/// id.</param>
/// <param name="Files">The files in the order of their rows.</param>
internal sealed record DataSplit(string Name, IReadOnlyList<string> Files)
{
    /// <summary>The names of class labels by column from the card of the data set; null: those in the files.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? ClassLabels { get; init; }

    /// <summary>Whether a text names a data set in a folder: <c>FOLDER[:CONFIG[/SPLIT]]</c>.</summary>
    public static bool IsInFolder(string data) => LocalDataset.Parse(data) is not null;

    /// <summary>Finds the files of a data file or a split. They are not read yet.</summary>
    /// <param name="data">A file, or <c>FOLDER[:CONFIG[/SPLIT]]</c>.</param>
    /// <exception cref="InputException">The folder has no such configuration or split. The message names those that
    /// exist.</exception>
    public static DataSplit Open(string data)
    {
        using HubDataset? folder = File.Exists(data) ? null : HubDataset.InFolder(data);
        return folder is null ? new DataSplit(Path.GetFileNameWithoutExtension(data), [data]) : folder.Named();
    }

    /// <summary>Returns the files of several data files or splits, in order. A path that does not exist is returned as
    /// it is. Null has no files.</summary>
    /// <exception cref="InputException">As for <see cref="Open"/>.</exception>
    public static IReadOnlyList<string> FilesOf(params IEnumerable<string?> data) =>
        [.. data.OfType<string>().SelectMany(d => Open(d).Files)];

    /// <summary>Reads the rows of all files, numbered from 1.</summary>
    /// <exception cref="InputException">A file is missing or malformed. The message names file and row.</exception>
    public IReadOnlyList<TableRow> Rows() =>
        [
            .. Table
                .Read(Files)
                .Select(
                    (row, i) => row with { Number = i + 1, Split = Name, ClassLabels = ClassLabels ?? row.ClassLabels }
                ),
        ];
}
