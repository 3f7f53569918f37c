using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>A data set in a folder or on the hub: its configurations, their splits, and the rows of a split.</summary>
/// <remarks>Only data files are read. Code in the data set is neither fetched nor run.</remarks>
internal sealed class HubDataset : IDisposable
{
    private const string CardName = "README.md";
    private const string ExportBranch = "refs/convert/parquet";
    private readonly HubSession? session;
    private readonly string text;
    private readonly HubRepository? repository;
    private readonly string? local;
    private readonly CancellationToken cancellation;
    private readonly Lazy<Contents> contents;
    private readonly Action<string>? say;
    private readonly HashSet<string> said = [];

    private HubDataset(
        HubSession? session,
        string text,
        HubRepository? repository,
        string? local,
        Action<string>? say,
        CancellationToken cancellation
    )
    {
        (this.session, this.text, this.repository, this.local, this.say) = (session, text, repository, local, say);
        this.cancellation = cancellation;
        Paths = repository is null ? LocalDataset.Paths(local!) : [.. repository.Files.Select(f => f.Path)];
        contents = new Lazy<Contents>(ReadContents);
    }

    /// <summary>Names of all files, segments divided by slashes.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>The configuration that the text names; null for none.</summary>
    public string? Configuration { get; private init; }

    /// <summary>The split that the text names; null for none.</summary>
    public string? Split { get; private init; }

    /// <summary>The text that refers to the same content later: with the commit, if the data set is from the
    /// hub.</summary>
    public string Pinned => contents.Value.Source is { } source ? source.Reference.At(source.Commit).ToString() : text;

    /// <summary>The commit; null for a folder.</summary>
    public string? Commit => repository?.Commit;

    /// <summary>The folder of the files. Files from the hub exist there after their download.</summary>
    public string Folder => repository?.Folder ?? local!;

    /// <summary>Names of the configurations.</summary>
    public IReadOnlyList<string> Configurations => [.. contents.Value.All.Select(c => c.Name)];

    /// <summary>Opens a data set in a folder: <c>FOLDER[:CONFIG[/SPLIT]]</c>.</summary>
    /// <param name="say">Called with a sentence about files that are not read; null for none.</param>
    /// <returns>Null if there is no such folder.</returns>
    public static HubDataset? InFolder(string text, Action<string>? say = null) =>
        LocalDataset.Parse(text) is var (folder, configuration, split)
            ? new HubDataset(null, text, null, folder, say, default) { Configuration = configuration, Split = split }
            : null;

    internal static HubDataset Open(HubSession session, string text, CancellationToken cancellation)
    {
        if (InFolder(text, session.Say) is { } local)
        {
            session.Dispose();
            return local;
        }

        HubReference reference = HubReference.Parse(HubKind.Dataset, text);
        HubRepository repository = HubRepository.OpenAsync(session, reference, cancellation).GetAwaiter().GetResult();
        return new HubDataset(session, text, repository, null, session.Say, cancellation)
        {
            Configuration = reference.Configuration,
            Split = reference.Split,
        };
    }

    /// <summary>Names of a configuration's splits.</summary>
    /// <param name="configuration">Null for the one that the text names, else the default one.</param>
    /// <exception cref="InputException">There is no such configuration, or none is the default. The message names those
    /// that exist.</exception>
    public IReadOnlyList<string> Splits(string? configuration = null) =>
        [.. SplitsOf(configuration ?? Configuration).Select(s => s.Split)];

    /// <summary>Returns the local paths of a split's files in the order of their rows. Missing ones are
    /// downloaded.</summary>
    /// <param name="split">Null for the one that the text names, else the only one.</param>
    /// <exception cref="InputException">There is no such configuration or split. The message names those that
    /// exist.</exception>
    public IReadOnlyList<string> Files(string? configuration = null, string? split = null) =>
        contents.Value.Fetch(Read(Chosen(configuration, split)));

    /// <summary>Returns a split of the configuration that the text names, or of the default one.</summary>
    /// <exception cref="InputException">As for <see cref="Files"/>.</exception>
    public DataSplit Named(string? split = null)
    {
        string name = Chosen(null, split).Split;
        return new DataSplit(name, Files(null, name)) { ClassLabels = ClassLabels() };
    }

    private IReadOnlyDictionary<string, IReadOnlyList<string>>? ClassLabels()
    {
        string card = Path.Combine(Folder, CardName);
        string? only = Configurations is [var one] ? one : null;
        return File.Exists(card) && DatasetCard.ClassLabels(card, Configuration ?? only) is { Count: > 0 } labels
            ? labels
            : null;
    }

    /// <summary>Returns the selected split with the paths of its files inside the data set.</summary>
    /// <param name="split">As for <see cref="Files"/>.</param>
    /// <exception cref="InputException">As for <see cref="Files"/>.</exception>
    internal SplitFiles Chosen(string? configuration = null, string? split = null)
    {
        IReadOnlyList<SplitFiles> splits = SplitsOf(configuration ?? Configuration);
        string known = string.Join(", ", splits.Select(s => Printable.Message(s.Split)));
        split ??= Split ?? (splits.Count == 1 ? splits[0].Split : null);
        return splits.FirstOrDefault(s => s.Split == split)
            ?? throw new InputException(
                split is null
                    ? $"{text}: name one of the splits {known}, as NAME:CONFIG/SPLIT"
                    : $"{text}: there is no split '{Printable.Message(split)}'; there are {known}"
            );
    }

    /// <summary>Reads the rows of a split, numbered from 1 over all its files.</summary>
    /// <exception cref="InputException">As for <see cref="Files"/>, or a file is malformed. The message names file and
    /// row.</exception>
    public IEnumerable<TableRow> Rows(string? configuration = null, string? split = null) =>
        Table.Read(Files(configuration, split)).Select((row, i) => row with { Number = i + 1 });

    /// <summary>Downloads the missing ones of the files that a condition selects.</summary>
    public void Fetch(Func<string, bool> wanted) => FetchFrom(repository, Paths.Where(wanted));

    /// <summary>Returns the files that the text names: of a split, of a configuration, or all data files.</summary>
    /// <param name="wanted">Selects the needed files of a whole data set by their paths; null: all.</param>
    /// <exception cref="InputException">As for <see cref="Files"/>.</exception>
    internal HubContent Content(Func<string, bool>? wanted = null)
    {
        HubRepository from =
            contents.Value.Source ?? throw new InvalidOperationException("the data set is a folder already");
        IEnumerable<string> named = (Configuration, Split) switch
        {
            (not null, not null) => Read(Chosen()),
            (not null, null) => SplitsOf(Configuration).SelectMany(Read),
            _ => contents
                .Value.All.SelectMany(c => c.Splits.Value)
                .SelectMany(Read)
                .Where(p => wanted?.Invoke(p) ?? true),
        };
        string[] paths = [.. named.Distinct()];
        HashSet<string> set = [.. paths];
        HubReference pinned = from.Reference.At(from.Commit);
        string part = pinned.Configuration is null ? "" : pinned.ToString()[pinned.ToString().LastIndexOf(':')..];
        return new HubContent(
            new HubLocation(from.Folder + part, pinned),
            from,
            [.. from.Files.Where(f => set.Contains(f.Path))],
            () => contents.Value.Fetch(paths),
            this
        );
    }

    /// <inheritdoc/>
    public void Dispose() => session?.Dispose();

    // Returns the files of a split that are read. Files of another format are mentioned once, because they may hold
    // other rows.
    private IReadOnlyList<string> Read(SplitFiles split)
    {
        if (split.Unread is [var first, ..] && said.Add(first))
        {
            string count = split.Unread.Count == 1 ? "1 file" : $"{split.Unread.Count} files";
            say?.Invoke(
                $"{text}: the split '{Printable.Message(split.Split)}' has files of several formats. Files such as "
                    + $"{Printable.Message(split.Paths[0])} are read; {count} of another format, such as "
                    + $"{Printable.Message(first)}, will not be read"
            );
        }

        return split.Paths;
    }

    private IReadOnlyList<SplitFiles> SplitsOf(string? name)
    {
        (string Name, bool IsDefault, Lazy<IReadOnlyList<SplitFiles>> Splits)[] all = contents.Value.All;
        string known = string.Join(", ", all.Take(100).Select(c => Printable.Message(c.Name)));
        if (name is not null)
        {
            int at = Array.FindIndex(all, c => c.Name == name);
            return at >= 0
                ? all[at].Splits.Value
                : throw new InputException(
                    $"{text}: there is no configuration '{Printable.Message(name)}'; there are {known}"
                );
        }

        (string Name, bool IsDefault, Lazy<IReadOnlyList<SplitFiles>> Splits)[] defaults =
            all.Length == 1 ? all : [.. all.Where(c => c.IsDefault || c.Name == "default")];
        return defaults.Length == 1
            ? defaults[0].Splits.Value
            : throw new InputException(
                $"{text}: {(defaults.Length == 0 ? "no configuration is" : "several configurations are")} the default; "
                    + $"name one as NAME:CONFIG: {known}"
            );
    }

    private Contents ReadContents()
    {
        IReadOnlyList<CardConfiguration> card = [];
        if (Paths.Contains(CardName))
        {
            FetchFrom(repository, [CardName], quiet: true);
            card = DatasetCard.Read(Path.Combine(Folder, CardName));
        }

        (string, bool, Lazy<IReadOnlyList<SplitFiles>>)[] all =
            card is not [] ? [.. card.Select(c => (c.Name, c.IsDefault, Later(() => DatasetLayout.Of(c, Paths))))]
            : DatasetLayout.IsExported(Paths) ? ExportedIn(Paths)
            : [("default", true, Later(() => DatasetLayout.ByNames(Paths)))];
        // Of more, whether they have files is found out when one is asked for.
        const int MostTried = 100;
        bool isLarge =
            all.Length > MostTried || card.Sum(c => DatasetLayout.Trials(c, Paths.Count)) > DatasetLayout.MostTrials;
        return isLarge || all.Any(c => c.Item3.Value.Count > 0)
            ? new Contents(all, repository, paths => FetchSplit(repository, paths))
            : Exported();
    }

    // A card may list thousands of configurations, and only one is read.
    private static Lazy<IReadOnlyList<SplitFiles>> Later(Func<IReadOnlyList<SplitFiles>> splits) => new(splits);

    private static (string, bool, Lazy<IReadOnlyList<SplitFiles>>)[] ExportedIn(IReadOnlyList<string> paths) =>
        [.. DatasetLayout.Exported(paths).Select(c => (c.Configuration, false, Later(() => c.Splits)))];

    // A data set in archives or by code is not read. The hub may have a branch with the same rows as Parquet.
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

        (string, bool, Lazy<IReadOnlyList<SplitFiles>>)[] all = ExportedIn([.. export.Files.Select(f => f.Path)]);
        return all.Length > 0 ? new Contents(all, export, p => FetchSplit(export, p)) : throw none;
    }

    private string[] FetchSplit(HubRepository? from, IReadOnlyList<string> paths)
    {
        FetchFrom(from, paths);
        if (from is { IsListed: false })
        {
            DatasetShards.RefuseMissing(text, paths);
        }

        string folder = from?.Folder ?? Folder;
        string[] files = [.. paths.Select(p => Path.Combine(folder, p.Replace('/', Path.DirectorySeparatorChar)))];
        Array.ForEach(files, f => InnerPath.RequireInside(folder, f));
        return files;
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

    private sealed record Contents(
        (string Name, bool IsDefault, Lazy<IReadOnlyList<SplitFiles>> Splits)[] All,
        HubRepository? Source,
        Func<IReadOnlyList<string>, string[]> Fetch
    );
}
