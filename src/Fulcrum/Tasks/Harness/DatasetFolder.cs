using System.Text.RegularExpressions;
using Fulcrum.Data.Hub;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Harness;

/// <summary>The files of a data set in a folder, for a task that names a configuration and splits.</summary>
/// <remarks>The files of a configuration that the card lists are those of <see cref="DatasetLayout"/>. The rules for
/// names of folders and files are more tolerant than its rules, which are those of Python's <c>datasets</c>. A task may
/// ask for a split of any name, such as <c>test_matched</c>; a configuration may be a folder or the start of a file
/// name; and files without the name of a split serve every split, also where the card lists them without a split.
/// Folders that were filled by hand rely on this. Of a split with files of several formats only those of one format
/// are read, as <c>datasets</c> does; if the card lists the files, the split is refused.</remarks>
internal sealed partial class DatasetFolder
{
    private const int MostFiles = 20_000;

    private readonly string root;
    private readonly IReadOnlyList<string> files;
    private readonly Dictionary<string, string[]>? listed; // by split; null if the card names no split
    private readonly bool isOfCard; // the card lists the files, with or without splits

    private DatasetFolder(
        string root,
        IReadOnlyList<string> files,
        Dictionary<string, string[]>? listed,
        bool isOfCard
    ) => (this.root, this.files, this.listed, this.isOfCard) = (root, files, listed, isOfCard);

    /// <summary>Opens a folder.</summary>
    /// <param name="configuration">The data set's configuration; null for the only one.</param>
    /// <exception cref="InputException">There is no such folder, or no data file in it.</exception>
    public static DatasetFolder Open(string root, string? configuration)
    {
        if (!Directory.Exists(root))
        {
            throw new InputException($"there is no folder {root} with data");
        }

        string[] all = AllFiles(root);
        if (all.Length == 0)
        {
            throw new InputException($"{root} holds no data: no file of Parquet, JSON Lines, JSON or CSV");
        }

        string[] named = configuration is null
            ? []
            : [.. all.Where(f => IsOfConfiguration(Inside(root, f), configuration))];
        CardConfiguration? card = InCard(root, configuration);
        Dictionary<string, string[]>? listed = card is null ? null : ListedInCard(root, card, all);
        // Files that the card lists without a split belong to the configuration. Their names tell the splits.
        return listed is null || card!.NamesSplits
            ? new DatasetFolder(root, named.Length > 0 ? named : all, listed, isOfCard: listed is not null)
            : new DatasetFolder(root, [.. listed.Values.SelectMany(f => f).Distinct()], null, isOfCard: true);
    }

    /// <summary>Returns the data files of a folder and below, by name.</summary>
    /// <exception cref="InputException">A file is a link that leads out of the folder.</exception>
    public static string[] AllFiles(string root)
    {
        string[] all =
        [
            .. InnerPath
                .FilesIn(root, "*", depth: 5)
                .Where(f => DatasetLayout.IsReadable(Inside(root, f)))
                .Take(MostFiles)
                .Order(StringComparer.Ordinal),
        ];
        Array.ForEach(all, f => InnerPath.RequireInside(root, f));
        return all;
    }

    /// <summary>Returns the files of a split, in order; null if there are none.</summary>
    /// <exception cref="InputException">The card lists files of several formats for the split.</exception>
    public IReadOnlyList<string>? Split(string split) =>
        FilesOf(split) is not { } found ? null
        : isOfCard ? RequireOneFormat(split, found)
        : DatasetLayout.OfOneFormat(found);

    private IReadOnlyList<string>? FilesOf(string split)
    {
        if (listed is not null)
        {
            return listed.GetValueOrDefault(split);
        }

        string[] named = FilesNamed([split]);
        if (named.Length == 0)
        {
            named = FilesNamed(SynonymsOf(split));
        }

        if (named.Length > 0)
        {
            return named;
        }

        bool anyNamesASplit = FilesNamed([.. DatasetLayout.SplitWords.SelectMany(s => s.Words)]).Length > 0;
        return anyNamesASplit ? null : files;
    }

    // Two formats often hold the same rows, so neither all files nor those of one format are surely the split.
    private IReadOnlyList<string> RequireOneFormat(string split, IReadOnlyList<string> ofCard)
    {
        string first = ofCard[0];
        string? other = ofCard.FirstOrDefault(f => DatasetLayout.FormatsOf([first, f]) > 1);
        return other is null
            ? ofCard
            : throw new InputException(
                $"{Path.Combine(root, "README.md")}: its data_files of the split '{Printable.Short(split)}' name files "
                    + $"of several formats, such as {Inside(root, first)} and "
                    + $"{Inside(root, other)}; name those of one format there, or set dataset_path of the task file to "
                    + "json, csv or parquet and name them by data_files in its dataset_kwargs"
            );
    }

    private static string[] SynonymsOf(string split) =>
        DatasetLayout.SplitWords.FirstOrDefault(s => s.Split == split || s.Words.Contains(split)).Words ?? [];

    private string[] FilesNamed(string[] words) =>
        [
            .. files.Where(f =>
                Separators().Split(Inside(root, f)).Any(w => words.Contains(w, StringComparer.OrdinalIgnoreCase))
            ),
        ];

    private static string Inside(string root, string file) => Path.GetRelativePath(root, file).Replace('\\', '/');

    private static bool IsOfConfiguration(string path, string configuration)
    {
        string[] parts = path.Split('/');
        string stem = Path.GetFileNameWithoutExtension(parts[^1]);
        bool startsWithIt =
            stem.StartsWith(configuration, StringComparison.Ordinal)
            && (stem.Length == configuration.Length || stem[configuration.Length] is '-' or '_' or '.');
        return startsWithIt || parts[..^1].Contains(configuration);
    }

    // Null if the card does not list the configuration, or cannot be read. The names of the files may still tell their
    // splits.
    private static CardConfiguration? InCard(string root, string? configuration)
    {
        string path = Path.Combine(root, "README.md");
        try
        {
            return File.Exists(path) ? Chosen(DatasetCard.Read(path), configuration) : null;
        }
        catch (InputException)
        {
            return null;
        }
    }

    /// <summary>Returns the files of each split that the card lists. Null if it lists none, lists a split without a
    /// file, or has patterns that cannot be used.</summary>
    private static Dictionary<string, string[]>? ListedInCard(string root, CardConfiguration card, string[] all)
    {
        Dictionary<string, string> byPath = all.ToDictionary(f => Inside(root, f));
        try
        {
            SplitFiles[] splits = DatasetLayout.Listed(card, [.. byPath.Keys]);
            return splits.Length == 0 || splits.Any(s => s.Paths.Count == 0)
                ? null
                : splits
                    .GroupBy(s => s.Split)
                    .ToDictionary(g => g.Key, g => g.SelectMany(s => s.Paths).Select(p => byPath[p]).ToArray());
        }
        catch (InputException)
        {
            return null;
        }
    }

    private static CardConfiguration? Chosen(IReadOnlyList<CardConfiguration> all, string? configuration) =>
        configuration is null
            ? all.FirstOrDefault(c => c.IsDefault) ?? all.FirstOrDefault()
            : all.FirstOrDefault(c => c.Name == configuration);

    [GeneratedRegex(@"[-._ 0-9/]+")]
    private static partial Regex Separators();
}
