using System.Text.RegularExpressions;
using Fulcrum.Files;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The files of a data set in a folder. They are found as the library <c>datasets</c> finds them: by
/// <c>configs</c> in the card, otherwise by the names of folders and files.</summary>
internal sealed partial class DatasetFolder
{
    private const int MostFiles = 20_000;
    private static readonly string[] Endings = [".jsonl", ".json", ".csv", ".parquet"];

    private static readonly (string Split, string[] Words)[] Usual =
    [
        ("train", ["train", "training"]),
        ("validation", ["validation", "valid", "val", "dev"]),
        ("test", ["test", "testing", "eval", "evaluation"]),
    ];

    private readonly string root;
    private readonly IReadOnlyList<string> files;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>>? card;

    private DatasetFolder(
        string root,
        IReadOnlyList<string> files,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? card
    ) => (this.root, this.files, this.card) = (root, files, card);

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
        string[] own = configuration is null ? all : [.. all.Where(f => Belongs(Inside(root, f), configuration))];
        return all.Length > 0
            ? new DatasetFolder(root, own.Length > 0 ? own : all, Card(root, configuration, all))
            : throw new InputException($"{root} holds no data: no .jsonl, .json, .csv or .parquet file");
    }

    /// <summary>The data files of a folder and below, by name.</summary>
    /// <exception cref="InputException">A file is a link that leads out of the folder.</exception>
    public static string[] AllFiles(string root)
    {
        string[] all =
        [
            .. InnerPath
                .FilesIn(root, "*", depth: 5)
                .Where(f =>
                    Endings.Contains(Path.GetExtension(f).ToLowerInvariant())
                    && !Inside(root, f).Split('/').Any(p => p.StartsWith('.'))
                )
                .Take(MostFiles)
                .Order(StringComparer.Ordinal),
        ];
        Array.ForEach(all, f => InnerPath.RequireInside(root, f));
        return all;
    }

    /// <summary>The files of a split, in order; null where there are none.</summary>
    public IReadOnlyList<string>? Split(string split)
    {
        if (card is not null)
        {
            return card.GetValueOrDefault(split);
        }

        string[] exact = [.. files.Where(f => Words(f).Contains(split, StringComparer.OrdinalIgnoreCase))];
        string[] words = Usual.FirstOrDefault(u => u.Split == split || u.Words.Contains(split)).Words ?? [];
        string[] near =
            exact.Length > 0
                ? exact
                : [.. files.Where(f => Words(f).Any(w => words.Contains(w, StringComparer.OrdinalIgnoreCase)))];
        bool unnamed =
            near.Length == 0
            && !files.Any(f =>
                Words(f).Any(w => Usual.Any(u => u.Words.Contains(w, StringComparer.OrdinalIgnoreCase)))
            );
        return near.Length > 0 ? near
            : unnamed ? files
            : null;
    }

    private static string Inside(string root, string file) => Path.GetRelativePath(root, file).Replace('\\', '/');

    private IEnumerable<string> Words(string file) => Separators().Split(Inside(root, file));

    private static bool Belongs(string path, string configuration)
    {
        string[] parts = path.Split('/');
        string stem = Path.GetFileNameWithoutExtension(parts[^1]);
        return parts[..^1].Contains(configuration)
            || stem == configuration
            || (
                stem.StartsWith(configuration, StringComparison.Ordinal)
                && stem[configuration.Length] is '-' or '_' or '.'
            );
    }

    /// <summary>Returns the files that the front matter of the card lists for a configuration; null if it lists
    /// none.</summary>
    private static Dictionary<string, IReadOnlyList<string>>? Card(string root, string? configuration, string[] all)
    {
        string path = Path.Combine(root, "README.md");
        TemplateMap? front = File.Exists(path) ? YamlFile.FrontMatter(path) : null;
        TemplateMap[] configurations =
        [
            .. (front?.GetValueOrDefault("configs") as List<object?> ?? []).OfType<TemplateMap>(),
        ];
        TemplateMap? chosen =
            configurations.FirstOrDefault(c => c.GetValueOrDefault("config_name") as string == configuration)
            ?? (
                configuration is null
                    ? configurations.FirstOrDefault(c => c.GetValueOrDefault("default") is true)
                        ?? configurations.FirstOrDefault()
                    : null
            );
        TemplateMap[] named =
        [
            .. (chosen?.GetValueOrDefault("data_files") as List<object?> ?? []).OfType<TemplateMap>(),
        ];
        Dictionary<string, IReadOnlyList<string>> splits = named
            .Where(n => n.GetValueOrDefault("split") is string)
            .GroupBy(n => (string)n["split"]!, StringComparer.Ordinal)
            .ToDictionary(
                g => g.Key,
                g =>
                    (IReadOnlyList<string>)
                        [.. g.SelectMany(n => Patterns(n)).SelectMany(p => all.Where(f => p.IsMatch(Inside(root, f))))],
                StringComparer.Ordinal
            );
        return splits.Count > 0 && splits.Values.All(f => f.Count > 0) ? splits : null;
    }

    private static IEnumerable<Regex> Patterns(TemplateMap named) =>
        (named.GetValueOrDefault("path") as List<object?> ?? [named.GetValueOrDefault("path")])
            .OfType<string>()
            .Take(1000)
            .Select(p => new Regex(
                "^"
                    + Regex
                        .Escape(p)
                        .Replace(@"\*\*", ".*", StringComparison.Ordinal)
                        .Replace(@"\*", "[^/]*", StringComparison.Ordinal)
                    + "$",
                RegexOptions.NonBacktracking
            ));

    [GeneratedRegex(@"[-._ 0-9/]+")]
    private static partial Regex Separators();
}
