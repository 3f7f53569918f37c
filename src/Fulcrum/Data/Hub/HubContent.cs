namespace Fulcrum.Data.Hub;

/// <summary>What a name on the hub stands for: looked up at a commit, listed, and not fetched yet.</summary>
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

    /// <summary>The name that was asked for.</summary>
    public HubReference Asked { get; internal set; }

    /// <summary>Where it lies once it is fetched, and its name with the commit.</summary>
    public HubLocation Location { get; }

    /// <summary>The files of the repository, segments divided by slashes.</summary>
    public IReadOnlyList<string> Paths => [.. repository.Files.Select(f => f.Path)];

    /// <summary>The files that are not in the cache yet, with their sizes.</summary>
    public HubTransfer Missing =>
        new(repository.Reference, repository.Commit, repository.IsListed ? repository.Absent(files) : []);

    /// <summary>Fetches what is missing.</summary>
    /// <exception cref="FulcrumException">The hub cannot be reached, or a file did not come whole.</exception>
    public void Fetch() => fetch();

    /// <inheritdoc/>
    public void Dispose() => owned?.Dispose();
}
