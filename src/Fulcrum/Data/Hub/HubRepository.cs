using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>A repository at one commit. It lists the files of the hub, or those of the cache if the hub cannot be
/// reached, and downloads them.</summary>
internal sealed class HubRepository
{
    private const int FilesAtOnce = 8;

    // If a cached snapshot can serve instead, a hub that does not answer is given up sooner.
    private const int RepeatsWithCache = 2;
    private readonly HubSession session;
    private readonly CachedRepository cached;
    private readonly bool fromCache;

    private HubRepository(
        HubSession session,
        CachedRepository cached,
        HubReference reference,
        string commit,
        IReadOnlyList<HubFile> files,
        bool fromCache
    )
    {
        (this.session, this.cached, this.fromCache) = (session, cached, fromCache);
        (Reference, Commit, Files) = (reference, commit, files);
    }

    /// <summary>The repository as it was named.</summary>
    public HubReference Reference { get; }

    /// <summary>The commit that the revision named when the repository was opened.</summary>
    public string Commit { get; }

    /// <summary>All files of the commit; without the hub those that the cache has or lists.</summary>
    public IReadOnlyList<HubFile> Files { get; }

    /// <summary>Folder of the snapshot.</summary>
    public string Folder => cached.Snapshot(Commit);

    /// <summary>Whether <see cref="Files"/> is the hub's complete list. Otherwise it is the files that the cache
    /// has.</summary>
    public bool IsListed { get; private init; }

    /// <summary>Finds the commit of a reference and its files; without the hub, in the cache.</summary>
    /// <exception cref="FulcrumException">The hub refused, or it cannot be reached and the cache holds no
    /// snapshot.</exception>
    public static async Task<HubRepository> OpenAsync(
        HubSession session,
        HubReference reference,
        CancellationToken cancellation
    )
    {
        CachedRepository cached = new(session.Settings.Cache, reference);
        HubRepository? kept = Kept(session, cached, reference);
        if (session.Settings.Offline)
        {
            return kept ?? throw new FulcrumException(NotKept(session, reference));
        }

        try
        {
            int repeats = kept is null ? HubHttp.MostAttempts - 1 : RepeatsWithCache;
            string commit = reference.IsCommit
                ? reference.Revision!
                : await session.Api.CommitAsync(reference, repeats, cancellation);
            IReadOnlyList<HubFile> files =
                cached.Listing(commit) ?? await session.Api.FilesAsync(reference, commit, repeats, cancellation);
            return new HubRepository(session, cached, reference, commit, files, false) { IsListed = true };
        }
        catch (HubUnreachableException e) when (kept is not null)
        {
            session.Say($"warning: {e.Message}; the cached commit {kept.Commit} of {reference.Id} is used");
            return kept;
        }
    }

    /// <summary>Downloads those of the given files that the snapshot does not have.</summary>
    /// <exception cref="FulcrumException">A file cannot be downloaded. Complete files stay for the next
    /// attempt.</exception>
    /// <param name="quiet">True for a file that is too small to show a progress of.</param>
    public async Task FetchAsync(IReadOnlyList<HubFile> files, CancellationToken cancellation, bool quiet = false)
    {
        HubFile[] missing = [.. files.Where(f => !cached.Has(Commit, f))];
        if (fromCache)
        {
            RefuseIncomplete(missing);
            return;
        }

        HubFile[] absent = Absent(files);
        HubTransfer transfer = new(Reference, Commit, absent);
        RefuseWithoutRoom(transfer, absent);
        Task shown = absent.Length > 0 && !quiet ? session.Announce(transfer) : Task.CompletedTask;
        try
        {
            Prepare(files);
            await FetchAllAsync(absent, transfer, cancellation);
            Array.ForEach(missing, f => cached.Link(Commit, f));
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e) && missing.Length == 0)
        {
            // A complete cache can be used even if it is read-only, for example one that a cluster shares.
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new FulcrumException($"cannot write the cache {session.Settings.Cache}: {AtomicFile.Reason(e)}", e);
        }
        finally
        {
            transfer.End();
            await shown;
        }
    }

    /// <summary>Returns the files whose content is not in the cache.</summary>
    public HubFile[] Absent(IEnumerable<HubFile> files) =>
        [.. files.Where(f => !cached.Has(Commit, f) && !cached.HasBlob(f)).DistinctBy(f => f.Digest)];

    // The commit of the branch is stored before the files are downloaded, as Python's client does.
    private void Prepare(IReadOnlyList<HubFile> files)
    {
        cached.Prepare();
        RefuseNamesThatCollide(files);
        WriteRef();
        cached.Keep(Commit, Files);
        Directory.CreateDirectory(Folder);
    }

    private async Task FetchAllAsync(HubFile[] files, HubTransfer transfer, CancellationToken cancellation)
    {
        using SemaphoreSlim connections = new(FilesAtOnce);
        ParallelOptions options = new() { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(
            files.Zip(transfer.Files),
            options,
            async (pair, stop) => await FetchOneAsync(pair.First, pair.Second, connections, stop)
        );
    }

    private async Task FetchOneAsync(
        HubFile file,
        TransferredFile progress,
        SemaphoreSlim connections,
        CancellationToken cancellation
    )
    {
        using IDisposable turn = await cached.LockAsync(file.Digest, cancellation);
        if (!cached.HasBlob(file))
        {
            Task<Uri> Address(CancellationToken stop) => session.Api.ContentAsync(Reference, Commit, file, stop);
            BlobTransfer blob = new(session.Http, session.Settings, file, Address, connections, progress);
            await blob.RunAsync(
                CachedRepository.Incomplete(cached.Blob(file.Digest)),
                cached.Blob(file.Digest),
                cancellation
            );
        }

        progress.Resume(file.Size);
        cached.Link(Commit, file);
    }

    private void WriteRef()
    {
        if (!Reference.IsCommit)
        {
            cached.WriteRef(Reference.RevisionOrDefault, Commit);
        }
    }

    private void RefuseIncomplete(HubFile[] missing)
    {
        if (missing.Length > 0)
        {
            throw new FulcrumException(
                $"the cache has only a part of {Reference.Id}: {Printable.Message(missing[0].Path)} is missing; "
                    + Reach(session)
            );
        }
    }

    private void RefuseWithoutRoom(HubTransfer transfer, HubFile[] absent)
    {
        string place = session.Settings.Cache;
        while (!Directory.Exists(place) && Path.GetDirectoryName(place) is { } above)
        {
            place = above;
        }

        long kept = absent.Sum(f => PartialFile.BytesIn(CachedRepository.Incomplete(cached.Blob(f.Digest))));
        long free = new DriveInfo(place).AvailableFreeSpace;
        if (transfer.Bytes - kept > free)
        {
            throw new FulcrumException(
                $"{Reference.Id} needs {ByteCount.Text(transfer.Bytes - kept)} of disk space, "
                    + $"and {ByteCount.Text(free)} are free in {session.Settings.Cache}; "
                    + "HF_HUB_CACHE names another folder"
            );
        }
    }

    private void RefuseNamesThatCollide(IReadOnlyList<HubFile> files)
    {
        if (
            HubPath.DifferInCaseOnly(files.Select(f => f.Path)) is var (one, other)
            && CachedRepository.FoldsCase(session.Settings.Cache)
        )
        {
            throw new FulcrumException(
                $"{Reference.Id} has '{Printable.Message(one)}' and '{Printable.Message(other)}', "
                    + "which are one file on this file system; HF_HUB_CACHE names a folder on another one"
            );
        }
    }

    private static HubRepository? Kept(HubSession session, CachedRepository cached, HubReference reference)
    {
        string? commit = reference.IsCommit ? reference.Revision : cached.Ref(reference.RevisionOrDefault);
        if (commit is null || !Directory.Exists(cached.Snapshot(commit)))
        {
            return null;
        }

        IReadOnlyList<HubFile>? listing = cached.Listing(commit);
        IReadOnlyList<HubFile> files = listing ?? cached.Existing(commit);
        return new HubRepository(session, cached, reference, commit, files, true) { IsListed = listing is not null };
    }

    private static string NotKept(HubSession session, HubReference reference) =>
        $"{reference}: the cache {session.Settings.Cache} holds no snapshot of this revision; {Reach(session)}";

    private static string Reach(HubSession session) =>
        session.Settings.Offline
            ? "HF_HUB_OFFLINE is set, so nothing is fetched"
            : $"the hub at {session.Settings.Endpoint} cannot be reached";
}
