using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>A data set in a folder or on the hub: its configurations, their splits, and the rows of a split.</summary>
/// <remarks>Only data files are read. Code that lies beside them is neither fetched nor run.</remarks>
public sealed partial class HubDataset : IDisposable
{
    private const string ExportBranch = "refs/convert/parquet";
    private readonly HubSession? session;
    private readonly string text;
    private readonly HubRepository? repository;
    private readonly string? local;
    private readonly CancellationToken cancellation;
    private readonly Lazy<Contents> contents;

    private HubDataset(
        HubSession? session,
        string text,
        HubRepository? repository,
        string? local,
        CancellationToken cancellation
    )
    {
        (this.session, this.text, this.repository, this.local) = (session, text, repository, local);
        this.cancellation = cancellation;
        Paths = repository is null ? LocalPaths(local!) : [.. repository.Files.Select(f => f.Path)];
        contents = new Lazy<Contents>(ReadContents);
    }

    /// <summary>Names of all files, segments divided by slashes.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>The configuration that the text names; null for none.</summary>
    public string? Configuration { get; private init; }

    /// <summary>The split that the text names; null for none.</summary>
    public string? Split { get; private init; }

    /// <summary>The text that names the same content later, with the commit of a data set from the hub.</summary>
    public string Pinned => repository is null ? text : repository.Reference.At(repository.Commit).ToString();

    /// <summary>The commit; null for a folder.</summary>
    public string? Commit => repository?.Commit;

    /// <summary>Folder of the files; those from the hub stand there once they were fetched.</summary>
    public string Folder => repository?.Folder ?? local!;

    /// <summary>Names of the configurations.</summary>
    public IReadOnlyList<string> Configurations => [.. contents.Value.All.Select(c => c.Name)];

    internal static HubDataset Open(HubSession session, string text, CancellationToken cancellation)
    {
        if (LocalPart(text) is var (folder, configuration, split))
        {
            session.Dispose();
            return new HubDataset(null, text, null, folder, cancellation)
            {
                Configuration = configuration,
                Split = split,
            };
        }

        HubReference reference = HubReference.Parse(HubKind.Dataset, text);
        HubRepository repository = HubRepository.OpenAsync(session, reference, cancellation).GetAwaiter().GetResult();
        return new HubDataset(session, text, repository, null, cancellation)
        {
            Configuration = reference.Configuration,
            Split = reference.Split,
        };
    }

    /// <summary>Names of a configuration's splits.</summary>
    /// <param name="configuration">Null for the one that the text names, else the default one.</param>
    /// <exception cref="InputException">There is no such configuration, or none is the default; names those that
    /// exist.</exception>
    public IReadOnlyList<string> Splits(string? configuration = null) =>
        [.. SplitsOf(configuration ?? Configuration).Select(s => s.Split)];

    /// <summary>Local paths of a split's files in the order of their rows; fetches those that are missing.</summary>
    /// <param name="split">Null for the one that the text names, else the only one.</param>
    /// <exception cref="InputException">There is no such configuration or split; names those that exist.</exception>
    public IReadOnlyList<string> Files(string? configuration = null, string? split = null)
    {
        IReadOnlyList<SplitFiles> splits = SplitsOf(configuration ?? Configuration);
        string known = string.Join(", ", splits.Select(s => Printable.Message(s.Split)));
        split ??= Split ?? (splits.Count == 1 ? splits[0].Split : null);
        SplitFiles found =
            splits.FirstOrDefault(s => s.Split == split)
            ?? throw new InputException(
                split is null
                    ? $"{text}: name one of the splits {known}, as NAME:CONFIG/SPLIT"
                    : $"{text}: there is no split '{Printable.Message(split)}'; there are {known}"
            );
        return contents.Value.Fetch(found.Paths);
    }

    /// <summary>The rows of a split, numbered from 1 over all its files.</summary>
    /// <exception cref="InputException">As for <see cref="Files"/>, or a file is malformed; names file and
    /// row.</exception>
    public IEnumerable<TableRow> Rows(string? configuration = null, string? split = null) =>
        Files(configuration, split).SelectMany(Table.Read).Select((row, i) => row with { Number = i + 1 });

    /// <summary>Makes sure that all files of which a condition holds stand in <see cref="Folder"/>.</summary>
    public void Fetch(Func<string, bool> wanted) => FetchFrom(repository, Paths.Where(wanted));

    /// <summary>Makes sure that every data file is here, and returns the folder in which they stand.</summary>
    internal HubLocation Whole()
    {
        string[] paths = [.. contents.Value.All.SelectMany(c => c.Splits).SelectMany(s => s.Paths).Distinct()];
        string place = contents.Value.Fetch(paths)[0];
        string folder = place[..^(paths[0].Length + 1)];
        return new HubLocation(folder, repository?.Reference.At(repository.Commit));
    }

    /// <inheritdoc/>
    public void Dispose() => session?.Dispose();

    private IReadOnlyList<SplitFiles> SplitsOf(string? name)
    {
        (string Name, bool IsDefault, IReadOnlyList<SplitFiles> Splits)[] all = contents.Value.All;
        string known = string.Join(", ", all.Take(100).Select(c => Printable.Message(c.Name)));
        if (name is not null)
        {
            int at = Array.FindIndex(all, c => c.Name == name);
            return at >= 0
                ? all[at].Splits
                : throw new InputException(
                    $"{text}: there is no configuration '{Printable.Message(name)}'; there are {known}"
                );
        }

        (string Name, bool IsDefault, IReadOnlyList<SplitFiles> Splits)[] defaults =
            all.Length == 1 ? all : [.. all.Where(c => c.IsDefault || c.Name == "default")];
        return defaults.Length == 1
            ? defaults[0].Splits
            : throw new InputException(
                $"{text}: {(defaults.Length == 0 ? "no configuration is" : "several configurations are")} the default; "
                    + $"name one as NAME:CONFIG: {known}"
            );
    }

    private Contents ReadContents()
    {
        IReadOnlyList<CardConfiguration> card = [];
        if (Paths.Contains("README.md"))
        {
            FetchFrom(repository, ["README.md"], quiet: true);
            card = DatasetCard.Read(Path.Combine(Folder, "README.md"));
        }

        (string, bool, IReadOnlyList<SplitFiles>)[] all = card is []
            ? [("default", true, DatasetLayout.ByNames(Paths))]
            : [.. card.Select(c => (c.Name, c.IsDefault, DatasetLayout.Of(c, Paths)))];
        return all.Any(c => c.Item3.Count > 0) ? new Contents(all, paths => FetchSplit(repository, paths)) : Exported();
    }

    // Archives and code are not read: the hub keeps a branch with the same rows as Parquet.
    private Contents Exported()
    {
        InputException none = new(
            $"{text}: there is no data file that can be read (Parquet, JSON Lines, JSON or CSV), "
                + $"and no branch {ExportBranch}"
        );
        if (repository is null || repository.Reference.Revision == ExportBranch)
        {
            throw none;
        }

        HubReference branch = repository.Reference with { Revision = ExportBranch };
        HubRepository export;
        try
        {
            export = HubRepository.OpenAsync(session!, branch, cancellation).GetAwaiter().GetResult();
        }
        catch (InputException)
        {
            throw none;
        }

        string[] paths = [.. export.Files.Select(f => f.Path)];
        (string, bool, IReadOnlyList<SplitFiles>)[] all =
        [
            .. DatasetLayout.Exported(paths).Select(c => (c.Configuration, false, c.Splits)),
        ];
        return all.Length > 0 ? new Contents(all, p => FetchSplit(export, p)) : throw none;
    }

    private string[] FetchSplit(HubRepository? from, IReadOnlyList<string> paths)
    {
        FetchFrom(from, paths);
        if (from is { IsListed: false })
        {
            RefuseMissingShards(paths);
        }

        string folder = from?.Folder ?? Folder;
        return [.. paths.Select(p => Path.Combine(folder, p.Replace('/', Path.DirectorySeparatorChar)))];
    }

    private void FetchFrom(HubRepository? from, IEnumerable<string> paths, bool quiet = false)
    {
        if (from is not null)
        {
            HashSet<string> wanted = [.. paths];
            HubFile[] files = [.. from.Files.Where(f => wanted.Contains(f.Path))];
            from.FetchAsync(files, cancellation, quiet).GetAwaiter().GetResult();
        }
    }

    // Without a listing, the number in the names of shards is the only witness of how many there are.
    private void RefuseMissingShards(IReadOnlyList<string> paths)
    {
        foreach (
            IGrouping<string, Match> family in paths
                .Select(p => Shard().Match(p))
                .Where(m => m.Success)
                .GroupBy(m => m.Groups[1].Value)
        )
        {
            int expected = int.Parse(family.First().Groups[2].Value);
            if (family.Count() < expected)
            {
                throw new FulcrumException(
                    $"{text}: the cache holds {family.Count()} of {expected} files "
                        + $"{Printable.Message(family.Key)}-…, and the hub is out of reach"
                );
            }
        }
    }

    private static (string Folder, string? Configuration, string? Split)? LocalPart(string text)
    {
        if (Directory.Exists(text))
        {
            return (text, null, null);
        }

        int colon = text.LastIndexOf(':');
        if (colon < 1 || !Directory.Exists(text[..colon]))
        {
            return null;
        }

        string[] parts = text[(colon + 1)..].Split('/', 2);
        return (text[..colon], parts[0], parts.Length > 1 ? parts[1] : null);
    }

    private static string[] LocalPaths(string folder)
    {
        string[] paths =
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/')),
        ];
        return [.. paths.Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"\A(.*)-[0-9]{5}-of-([0-9]{5})")]
    private static partial Regex Shard();

    private sealed record Contents(
        (string Name, bool IsDefault, IReadOnlyList<SplitFiles> Splits)[] All,
        Func<IReadOnlyList<string>, string[]> Fetch
    );
}
