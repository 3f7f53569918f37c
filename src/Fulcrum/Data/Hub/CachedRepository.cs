using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>One repository in the cache, laid out as <c>huggingface_hub</c> does.</summary>
internal sealed class CachedRepository
{
    private const UnixFileMode LockMode =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.OtherRead;

    private const int MostListed = 100_000;

    private readonly string cache;
    private readonly string name;

    public CachedRepository(string cache, HubReference reference)
    {
        this.cache = cache;
        name = HubCache.FolderName(reference.Kind, reference.Id);
        Folder = Path.Combine(cache, name);
    }

    /// <summary>The folder of the repository in the cache.</summary>
    public string Folder { get; }

    /// <summary>Returns the folder of a commit, whose files are links to contents.</summary>
    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    /// <summary>Returns the path of a content.</summary>
    public string Blob(string digest) => Path.Combine(Folder, "blobs", digest);

    /// <summary>Returns the path of a file in a snapshot, whether it exists or not.</summary>
    public string Place(string commit, string path) => Path.Combine(Snapshot(commit), Native(path));

    /// <summary>Returns the commit that a branch or tag had when the hub was last asked; null if it never
    /// was.</summary>
    public string? Ref(string revision)
    {
        string file = Path.Combine(Folder, "refs", Native(revision));
        string text = File.Exists(file) ? BoundedFile.ReadText(file, 1000).Trim() : "";
        return HubReference.IsFullCommit(text) ? text : null;
    }

    /// <summary>Writes the commit of a branch or tag, if it changed.</summary>
    public void WriteRef(string revision, string commit)
    {
        if (Ref(revision) != commit)
        {
            AtomicFile.WriteText(Path.Combine(Folder, "refs", Native(revision)), commit);
        }
    }

    /// <summary>Returns whether a file exists in a snapshot with the expected size, links followed.</summary>
    public bool Has(string commit, HubFile file) => HasSize(Place(commit, file.Path), file.Size);

    /// <summary>Returns whether the content of a file is in the cache.</summary>
    public bool HasBlob(HubFile file) => HasSize(Blob(file.Digest), file.Size);

    /// <summary>Adds a downloaded file to a snapshot: as a relative link, or as a copy if links are
    /// impossible.</summary>
    public void Link(string commit, HubFile file)
    {
        string place = Place(commit, file.Path),
            folder = Path.GetDirectoryName(place)!;
        Directory.CreateDirectory(folder);
        string target = Path.GetRelativePath(folder, Blob(file.Digest)),
            beside = $"{place}.{Guid.NewGuid():N}.incomplete";
        try
        {
            File.CreateSymbolicLink(beside, target);
            File.Move(beside, place, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            File.Delete(beside);
            if (!Has(commit, file))
            {
                File.Copy(Blob(file.Digest), beside);
                File.Move(beside, place, overwrite: true);
            }
        }
    }

    /// <summary>Creates the folders of the repository, and the tag of a cache by which backup programs skip
    /// it.</summary>
    public void Prepare()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "blobs"));
        Directory.CreateDirectory(Path.Combine(cache, ".locks", name));
        string mark = Path.Combine(cache, "CACHEDIR.TAG");
        if (!File.Exists(mark))
        {
            AtomicFile.WriteText(
                mark,
                "Signature: 8a477f597d28d172789f06886806bc55\n"
                    + "# This folder is a cache of models and data sets from the Hugging Face hub.\n"
            );
        }
    }

    /// <summary>Waits until no other process downloads the same content. The lock is <c>flock</c>, which Python's
    /// client uses too.</summary>
    public async Task<IDisposable> LockAsync(string digest, CancellationToken cancellation)
    {
        string path = Path.Combine(cache, ".locks", name, digest + ".lock");
        FileStreamOptions options = new()
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = LockMode;
        }

        while (true)
        {
            try
            {
                return new FileStream(path, options);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(50, cancellation);
            }
        }
    }

    /// <summary>Returns the path that holds the bytes of a blob until it is complete.</summary>
    public static string Incomplete(string blob) => blob + ".fulcrum.incomplete";

    /// <summary>Returns whether the file system ignores case in names. The cache must have been prepared
    /// (<see cref="Prepare"/>).</summary>
    public static bool FoldsCase(string cache) => File.Exists(Path.Combine(cache, "cachedir.tag"));

    /// <summary>Returns the file list of a commit: the one that Python's client stored (<c>trees/COMMIT.json</c>), or
    /// the one that <see cref="Keep"/> stored; null if neither can be read.</summary>
    public IReadOnlyList<HubFile>? Listing(string commit) =>
        Listed(Path.Combine(Folder, "trees", commit + ".json")) ?? Listed(OwnListing(commit));

    /// <summary>Stores the file list of a commit, so that a snapshot can be checked for completeness without the
    /// hub.</summary>
    /// <remarks>It is not stored where Python's client does, because that client would then require every file of the
    /// repository.</remarks>
    public void Keep(string commit, IReadOnlyList<HubFile> files)
    {
        if (files.Count > MostListed || File.Exists(OwnListing(commit)))
        {
            return;
        }

        IEnumerable<KeyValuePair<string, JsonNode?>> entries = files
            .DistinctBy(f => f.Path)
            .Select(f =>
                KeyValuePair.Create<string, JsonNode?>(
                    f.Path,
                    new JsonObject { ["size"] = f.Size, ["blob_id"] = f.Digest }
                )
            );
        AtomicFile.WriteText(OwnListing(commit), new JsonObject { ["files"] = new JsonObject(entries) }.ToJsonString());
    }

    /// <summary>Returns the files that exist in a snapshot, for a commit without a file list.</summary>
    public IReadOnlyList<HubFile> Existing(string commit) =>
        [.. Names(commit).Select(n => new HubFile(n, new FileInfo(InnerPath.Real(Place(commit, n))).Length, ""))];

    private string OwnListing(string commit) => Path.Combine(Folder, ".fulcrum", commit + ".json");

    private static IReadOnlyList<HubFile>? Listed(string path)
    {
        try
        {
            return File.Exists(path) && (StrictJson.ReadFile(path) as JsonObject)?["files"] is JsonObject files
                ? [.. files.Select(Listed)]
                : null;
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or InvalidOperationException
                        or FormatException
                        or NullReferenceException
                        or IOException
            )
        {
            return null;
        }
    }

    /// <summary>Returns the names of the files in a snapshot, with slashes. Dangling links are left out.</summary>
    private IReadOnlyList<string> Names(string commit)
    {
        string snapshot = Snapshot(commit);
        return !Directory.Exists(snapshot)
            ? []
            :
            [
                .. Directory
                    .EnumerateFiles(snapshot, "*", SearchOption.AllDirectories)
                    .Where(File.Exists)
                    .Select(f => Path.GetRelativePath(snapshot, f).Replace(Path.DirectorySeparatorChar, '/'))
                    .Order(StringComparer.Ordinal),
            ];
    }

    private static HubFile Listed(KeyValuePair<string, JsonNode?> entry)
    {
        JsonObject file = entry.Value!.AsObject();
        bool large = file["lfs_sha256"] is not null;
        string digest = file[large ? "lfs_sha256" : "blob_id"]!.GetValue<string>();
        long size = file[large && file["lfs_size"] is not null ? "lfs_size" : "size"]!.GetValue<long>();
        return HubPath.IsSafe(entry.Key) && digest.All(char.IsAsciiHexDigit)
            ? new HubFile(entry.Key, size, digest)
            : throw new FormatException("a name or a digest is malformed");
    }

    private static bool HasSize(string path, long size)
    {
        FileInfo file = new(path);
        FileSystemInfo? real = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true);
        return real is FileInfo { Exists: true } content && content.Length == size;
    }

    private static string Native(string path) => path.Replace('/', Path.DirectorySeparatorChar);
}
