using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>A snapshot in the cache, with the branches and tags that point to it.</summary>
internal sealed record CachedRevision(string Commit, IReadOnlyList<string> Refs);

/// <summary>A repository in the cache.</summary>
/// <param name="Bytes">The size of its files. Files that several snapshots share count once.</param>
internal sealed record CachedEntry(HubKind Kind, string Id, long Bytes, IReadOnlyList<CachedRevision> Revisions);

/// <summary>Lists and removes repositories in the hub's cache on this machine.</summary>
internal static class HubCache
{
    private const int LongestRef = 4096;

    /// <summary>Lists the repositories in the order of their ids.</summary>
    /// <exception cref="InputException">The cache cannot be read.</exception>
    public static IReadOnlyList<CachedEntry> List(HubSettings settings)
    {
        try
        {
            return Directory.Exists(settings.Cache)
                ?
                [
                    .. Directory
                        .EnumerateDirectories(settings.Cache)
                        .Select(Entry)
                        .OfType<CachedEntry>()
                        .OrderBy(e => e.Id),
                ]
                : [];
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new InputException($"cannot read the cache {settings.Cache}: {AtomicFile.Reason(e)}", e);
        }
    }

    /// <summary>Returns the id of the model whose snapshot a folder is, by its path; null for other folders.</summary>
    public static string? IdOfSnapshot(string folder)
    {
        string above = Path.GetDirectoryName(Path.GetFullPath(folder)) ?? "",
            repository = Path.GetFileName(Path.GetDirectoryName(above) ?? "");
        bool snapshot = Path.GetFileName(above) == "snapshots";
        return snapshot && repository.StartsWith("models--", StringComparison.Ordinal)
            ? repository["models--".Length..].Replace("--", "/", StringComparison.Ordinal)
            : null;
    }

    /// <summary>Removes a repository with its locks.</summary>
    /// <param name="kind">Null if only one kind of repository has the id.</param>
    /// <returns>The number of bytes that were freed.</returns>
    /// <exception cref="InputException">No repository or several have the id, or it cannot be removed.</exception>
    public static long Remove(HubSettings settings, string id, HubKind? kind = null)
    {
        CachedEntry[] entries = [.. List(settings).Where(e => e.Id == id && (kind is null || e.Kind == kind))];
        if (entries.Length != 1)
        {
            string what = entries.Length == 0 ? "no repository" : "a model and a data set of the id";
            throw new InputException($"the cache {settings.Cache} holds {what} '{Printable.Message(id)}'");
        }

        try
        {
            string name = FolderName(entries[0].Kind, id);
            Directory.Delete(Path.Combine(settings.Cache, name), recursive: true);
            string locks = Path.Combine(settings.Cache, ".locks", name);
            if (Directory.Exists(locks))
            {
                Directory.Delete(locks, recursive: true);
            }
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new InputException($"cannot remove {id} from the cache: {AtomicFile.Reason(e)}", e);
        }

        return entries[0].Bytes;
    }

    /// <summary>Name of a repository's folder, for example <c>models--ORG--NAME</c>.</summary>
    internal static string FolderName(HubKind kind, string id) =>
        $"{(kind == HubKind.Model ? "models" : "datasets")}--{id.Replace("/", "--", StringComparison.Ordinal)}";

    private static CachedEntry? Entry(string folder)
    {
        string[] parts = Path.GetFileName(folder).Split("--", 2);
        HubKind? kind = parts[0] switch
        {
            "models" => HubKind.Model,
            "datasets" => HubKind.Dataset,
            _ => null,
        };
        if (kind is null || parts.Length < 2)
        {
            return null;
        }

        string id = parts[1].Replace("--", "/", StringComparison.Ordinal);
        return new CachedEntry(kind.Value, id, BlobBytes(folder), Revisions(folder));
    }

    // If links are impossible, there are no blobs, and the files are in the snapshots.
    private static long BlobBytes(string folder)
    {
        long Sum(string part) =>
            Directory.Exists(Path.Combine(folder, part))
                ? new DirectoryInfo(Path.Combine(folder, part))
                    .EnumerateFiles("*", SearchOption.AllDirectories)
                    .Sum(Bytes)
                : 0;
        return Sum("blobs") is > 0 and var bytes ? bytes : Sum("snapshots");
    }

    private static long Bytes(FileInfo file) =>
        file.LinkTarget is null ? file.Length
        : file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length
        : 0;

    private static CachedRevision[] Revisions(string folder)
    {
        ILookup<string, string> refs = Refs(Path.Combine(folder, "refs"));
        string snapshots = Path.Combine(folder, "snapshots");
        IEnumerable<string> commits = Directory.Exists(snapshots)
            ? Directory.EnumerateDirectories(snapshots).Select(d => Path.GetFileName(d))
            : [];
        return
        [
            .. commits
                .Order(StringComparer.Ordinal)
                .Select(c => new CachedRevision(c, [.. refs[c].Order(StringComparer.Ordinal)])),
        ];
    }

    private static ILookup<string, string> Refs(string folder)
    {
        IEnumerable<string> files = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            : [];
        return files.ToLookup(
            f => BoundedFile.ReadText(f, LongestRef).Trim(),
            f => Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/')
        );
    }
}
