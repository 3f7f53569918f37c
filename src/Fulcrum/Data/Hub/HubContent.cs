namespace Fulcrum.Data.Hub;

/// <summary>The files that a name on the hub refers to, at a commit. They are listed, and downloaded by
/// <see cref="Fetch"/>.</summary>
internal sealed class HubContent : IDisposable
{
    private readonly HubRepository repository;
    private readonly IReadOnlyList<HubFile> files;
    private readonly Action fetch;
    private readonly IDisposable? owned;

    internal HubContent(
        HubLocation location,
        HubRepository repository,
        IReadOnlyList<HubFile> files,
        Action fetch,
        IDisposable? owned
    )
    {
        (this.repository, this.files, this.fetch, this.owned) = (repository, files, fetch, owned);
        (Location, Asked) = (location, location.Reference!);
    }

    /// <summary>The requested name.</summary>
    public HubReference Asked { get; internal set; }

    /// <summary>The local path after the download, and the name with the commit.</summary>
    public HubLocation Location { get; }

    /// <summary>The files of the repository, segments divided by slashes.</summary>
    public IReadOnlyList<string> Paths => [.. repository.Files.Select(f => f.Path)];

    /// <summary>The files that are not in the cache yet, with their sizes.</summary>
    public HubTransfer Missing =>
        new(repository.Reference, repository.Commit, repository.IsListed ? repository.Absent(files) : []);

    /// <summary>Downloads the missing files.</summary>
    /// <exception cref="FulcrumException">The hub cannot be reached, or a download failed.</exception>
    public void Fetch() => fetch();

    /// <inheritdoc/>
    public void Dispose() => owned?.Dispose();
}
