using System.Text.RegularExpressions;

namespace Fulcrum.Data.Hub;

/// <summary>The files of one split, in the order in which their rows are counted.</summary>
internal sealed record SplitFiles(string Split, IReadOnlyList<string> Paths)
{
    /// <summary>Files of the split that are not read, because more files of the data set have another format.</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];
}

/// <summary>Assigns the files of a data set to configurations and splits, by its card and by file names.</summary>
/// <remarks>The rules are those of Python's <c>datasets</c>.</remarks>
internal static partial class DatasetLayout
{
    private const string Separators = @"[-._ 0-9]";

    private const int MostGlobs = 1000;

    /// <summary>The largest number of trials of one pattern on one file. They take some seconds.</summary>
    public const long MostTrials = 20_000_000;

    /// <summary>Words in the names of folders and files that tell their split.</summary>
    public static readonly IReadOnlyList<(string Split, string[] Words)> SplitWords =
    [
        ("train", ["train", "training"]),
        ("validation", ["validation", "valid", "dev", "val"]),
        ("test", ["test", "testing", "eval", "evaluation"]),
    ];

    private static readonly string[][] Formats =
    [
        [".parquet"],
        [".jsonl", ".json", ".ndjson"],
        [".csv", ".tsv"],
    ];

    private static readonly string[] NoData =
    [
        "README.md",
        "config.json",
        "dataset_info.json",
        "dataset_infos.json",
        "dataset_dict.json",
    ];

    /// <summary>Returns the splits of a configuration of the card. A split without a file is left out.</summary>
    /// <exception cref="InputException">A pattern is malformed.</exception>
    public static IReadOnlyList<SplitFiles> Of(CardConfiguration configuration, IReadOnlyList<string> paths)
    {
        if (configuration.Splits.Count > 0)
        {
            return OfOneFormat(Listed(configuration, paths));
        }

        string prefix = PrefixOf(configuration);
        IEnumerable<string> inFolder = paths
            .Where(p => p.StartsWith(prefix, StringComparison.Ordinal))
            .Select(p => p[prefix.Length..]);
        string[] Whole(IEnumerable<string> names) => [.. names.Select(p => prefix + p)];
        return
        [
            .. ByNames([.. inFolder]).Select(s => new SplitFiles(s.Split, Whole(s.Paths)) { Unread = Whole(s.Unread) }),
        ];
    }

    /// <summary>Returns the splits that the card lists for a configuration, with all files of each. Unlike
    /// <see cref="Of"/>, files of every format are kept, and splits without a file.</summary>
    /// <exception cref="InputException">As for <see cref="Of"/>.</exception>
    public static SplitFiles[] Listed(CardConfiguration configuration, IReadOnlyList<string> paths)
    {
        string prefix = PrefixOf(configuration);
        Lazy<HashSet<string>> known = new(() => new(paths, StringComparer.Ordinal));
        long trials = Trials(configuration, paths.Count),
            globs = trials / Math.Max(1, paths.Count);
        return globs <= MostGlobs && trials <= MostTrials
            ? [.. configuration.Splits.Select(s => new SplitFiles(s.Split, Matching(s.Patterns, prefix, paths, known)))]
            : throw new InputException(
                $"the configuration '{Printable.Short(configuration.Name)}' of the data set's card has {globs} "
                    + $"patterns of file names; at most {Math.Min(MostGlobs, MostTrials / Math.Max(1, paths.Count))} "
                    + $"are tried on {paths.Count} files"
            );
    }

    /// <summary>Returns how often a pattern of an untrusted configuration is tried on a file. Plain names are looked
    /// up.</summary>
    /// <param name="files">The number of files of the data set.</param>
    public static long Trials(CardConfiguration configuration, int files)
    {
        string prefix = PrefixOf(configuration);
        return configuration.Splits.Sum(s => (long)s.Patterns.Count(p => Glob.HasWildcard(prefix + p))) * files;
    }

    private static string PrefixOf(CardConfiguration configuration)
    {
        string folder = configuration.Folder?.Trim('/').TrimStart('.').Trim('/') ?? "";
        return folder == "" ? "" : folder + "/";
    }

    /// <summary>Returns the splits by file names, for a data set or a folder of it without patterns.</summary>
    public static IReadOnlyList<SplitFiles> ByNames(IReadOnlyList<string> paths)
    {
        string[] data = [.. paths.Where(IsData).Order(StringComparer.Ordinal)];
        // The first rule that finds a split applies.
        Func<SplitFiles[]>[] rules =
        [
            () => Sharded(data),
            () => ByWord(data, path => path.Split('/')[..^1]),
            () => ByWord(data, path => [path.Split('/')[^1]]),
            () => [new SplitFiles("train", data)],
        ];
        return OfOneFormat(rules.Select(rule => rule()).First(found => found.Length > 0));
    }

    /// <summary>Returns configurations and splits of the hub's branch of exported Parquet files:
    /// <c>CONFIG/SPLIT/NNNN.parquet</c>.</summary>
    public static IReadOnlyList<(string Configuration, IReadOnlyList<SplitFiles> Splits)> Exported(
        IReadOnlyList<string> paths
    ) =>
        [
            .. paths
                .Select(p => (Path: p, Parts: p.Split('/')))
                .Where(p => p.Parts.Length == 3 && p.Path.EndsWith(".parquet", StringComparison.Ordinal))
                .GroupBy(p => p.Parts[0])
                .Select(c =>
                    (c.Key, (IReadOnlyList<SplitFiles>)[.. c.GroupBy(p => SplitOf(p.Parts[1])).Select(ExportedSplit)])
                ),
        ];

    /// <summary>Returns whether all data files have names of an export branch:
    /// <c>CONFIG/SPLIT/NNNN.parquet</c>.</summary>
    public static bool IsExported(IReadOnlyList<string> paths)
    {
        string[] data = [.. paths.Where(IsReadable)];
        return data.Length > 0 && data.All(p => ExportedFile().IsMatch(p));
    }

    /// <summary>Returns the ending of a data file that can be read, without <c>.gz</c>; empty for other
    /// files.</summary>
    public static string Ending(string path)
    {
        string plain = path.EndsWith(".gz", StringComparison.Ordinal) ? path[..^3] : path;
        string ending = Path.GetExtension(plain).ToLowerInvariant();
        return Formats.Any(f => f.Contains(ending)) ? ending : "";
    }

    /// <summary>Returns the number of formats of data files. Endings that are read alike, such as <c>.json</c> and
    /// <c>.jsonl</c>, are one format.</summary>
    public static int FormatsOf(IEnumerable<string> paths) =>
        paths.Select(Ending).Select(e => Array.FindIndex(Formats, f => f.Contains(e))).Distinct().Count();

    /// <summary>Whether a file of a data set holds rows, in a format that can be read.</summary>
    /// <param name="path">Inside the data set, segments divided by slashes.</param>
    public static bool IsReadable(string path) => IsData(path) && Ending(path) != "";

    /// <summary>Returns the files of one format, that of the most frequent ending. At a draw Parquet comes first, then
    /// JSON, then CSV.</summary>
    public static IReadOnlyList<string> OfOneFormat(IReadOnlyList<string> paths)
    {
        string[] format = MostFrequent(paths);
        return [.. paths.Where(p => format.Contains(Ending(p)))];
    }

    private static SplitFiles ExportedSplit(IGrouping<string, (string Path, string[] Parts)> split) =>
        new(split.Key, [.. split.Select(p => p.Path).Order(StringComparer.Ordinal)]);

    // Of a very large data set the export branch has only the first part of each split, in a folder with this prefix.
    private static string SplitOf(string folder) =>
        folder.StartsWith("partial-", StringComparison.Ordinal) ? folder["partial-".Length..] : folder;

    private static bool IsData(string path)
    {
        string[] parts = path.Split('/');
        return !NoData.Contains(parts[^1])
            && !HubSelection.IsRefused(HubKind.Dataset, path)
            && !parts.Any(p => p.StartsWith('.'))
            && !parts[..^1].Any(p => p.StartsWith("__", StringComparison.Ordinal));
    }

    private static string[] Matching(
        IReadOnlyList<string> patterns,
        string prefix,
        IReadOnlyList<string> paths,
        Lazy<HashSet<string>> known
    ) =>
        [
            .. patterns.SelectMany(pattern =>
            {
                string whole = prefix + (pattern.StartsWith("./") ? pattern[2..] : pattern);
                return Glob.HasWildcard(whole) ? Found(whole, paths)
                    : known.Value.Contains(whole) ? [whole]
                    : [];
            }),
        ];

    private static IEnumerable<string> Found(string pattern, IReadOnlyList<string> paths)
    {
        Regex match = Glob.WithinFolders(pattern);
        return paths.Where(p => match.IsMatch(p)).Order(StringComparer.Ordinal);
    }

    // Names that Python's datasets writes: data/SPLIT-00000-of-00001.parquet.
    private static SplitFiles[] Sharded(string[] paths) =>
        [
            .. paths
                .Select(p => (Path: p, Match: Shard().Match(p)))
                .Where(p => p.Match.Success)
                .GroupBy(p => p.Match.Groups[1].Value)
                .OrderBy(split => PlaceOf(split.Key))
                .ThenBy(split => split.Key, StringComparer.Ordinal)
                .Select(split => new SplitFiles(split.Key, [.. split.Select(p => p.Path)])),
        ];

    // Train comes first, then validation and test, then all other splits.
    private static int PlaceOf(string split) => SplitWords.TakeWhile(s => s.Split != split).Count();

    private static SplitFiles[] ByWord(string[] paths, Func<string, string[]> names) =>
        [
            .. SplitWords
                .Select(split =>
                {
                    string words = string.Join('|', split.Words);
                    Regex word = new($"(?:^|{Separators})(?:{words})(?:{Separators}|$)", RegexOptions.NonBacktracking);
                    return new SplitFiles(split.Split, [.. paths.Where(p => names(p).Any(word.IsMatch))]);
                })
                .Where(split => split.Paths.Count > 0),
        ];

    // Keeps the files of one format for all splits.
    private static SplitFiles[] OfOneFormat(IEnumerable<SplitFiles> splits)
    {
        SplitFiles[] all = [.. splits];
        string[] format = MostFrequent(all.SelectMany(s => s.Paths));
        return
        [
            .. all.Select(s => new SplitFiles(s.Split, [.. s.Paths.Where(p => format.Contains(Ending(p)))])
                {
                    Unread = [.. s.Paths.Where(p => Ending(p) != "" && !format.Contains(Ending(p)))],
                })
                .Where(s => s.Paths.Count > 0),
        ];
    }

    // Returns the endings of the format of the most frequent ending.
    private static string[] MostFrequent(IEnumerable<string> paths)
    {
        string? ending = paths
            .Select(Ending)
            .Where(e => e != "")
            .GroupBy(e => e)
            .OrderByDescending(g => g.Count())
            .ThenBy(g => Array.FindIndex(Formats, f => f.Contains(g.Key)))
            .FirstOrDefault()
            ?.Key;
        return Formats.FirstOrDefault(f => f.Contains(ending)) ?? [];
    }

    [GeneratedRegex(@"\A[^/]+/[^/]+/[0-9]{4}\.parquet\z")]
    private static partial Regex ExportedFile();

    [GeneratedRegex(@"\Adata/(\w+(?:\.\w+)*)-[0-9]{5}-of-[0-9]{5}[^/]*\.[^/]*\z")]
    private static partial Regex Shard();
}
