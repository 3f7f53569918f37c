using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Where something that was named lies on this machine.</summary>
/// <param name="Path">Folder, or file where a file was named.</param>
/// <param name="Reference">What was taken from the hub, at its commit; null for a local folder or file.</param>
internal sealed record HubLocation(string Path, HubReference? Reference = null)
{
    /// <summary>The folder, also where a file in it was named.</summary>
    public string Folder => Reference?.File is { } file ? Path[..^(file.Length + 1)] : Path;

    /// <summary>The commit that was taken; null for a local folder or file.</summary>
    public string? Commit => Reference?.Revision;

    /// <summary>The text that names the same content later: the path, or the name on the hub with its commit.</summary>
    public string Pinned => Reference?.ToString() ?? Path;
}

/// <summary>Finds models and data by a folder or by a name on the hub; an existing folder wins.</summary>
/// <param name="settings">Null for those of the environment.</param>
/// <param name="announce">Told of a fetch before its first byte; may refuse it by an exception. What it shows until the
/// end is awaited.</param>
/// <param name="say">Told in a sentence what a user should know, for example that the cache is used without the
/// hub.</param>
internal sealed class HubResolver(
    HubSettings? settings = null,
    Func<HubTransfer, Task>? announce = null,
    Action<string>? say = null
)
{
    private readonly Lazy<HubSettings> settings = new(() => settings ?? HubSettings.FromEnvironment());

    /// <summary>A model or an adapter: an existing folder or file, else
    /// <c>ORG/NAME[@REVISION][/FILE.gguf]</c>.</summary>
    /// <param name="weights">False if configuration and tokenizer are enough.</param>
    /// <exception cref="InputException">The text names neither; says what is wrong.</exception>
    /// <exception cref="FulcrumException">The hub cannot be reached, or a file did not come whole.</exception>
    public HubLocation Model(string text, bool weights = true, CancellationToken cancellation = default)
    {
        if (Directory.Exists(text) || File.Exists(text))
        {
            return new HubLocation(text);
        }

        if (!HubReference.LooksLikeName(HubKind.Model, text))
        {
            throw new InputException(
                $"there is no folder {Printable.Message(text)}, and it is not a name on the hub (ORG/NAME)"
            );
        }

        try
        {
            return Pull(HubReference.Parse(HubKind.Model, text), new HubSelection(Weights: weights), cancellation);
        }
        catch (InputException e)
        {
            throw new InputException($"there is no folder {text} here; {e.Message}", e);
        }
        catch (HubUnreachableException e)
        {
            throw new FulcrumException($"there is no folder {text} here, and the hub was asked for it: {e.Message}", e);
        }
    }

    /// <summary>Fetches what a selection names and returns the snapshot's folder, or the file that the reference
    /// names.</summary>
    /// <exception cref="FulcrumException">As for <see cref="Model"/>.</exception>
    public HubLocation Pull(HubReference reference, HubSelection selection, CancellationToken cancellation = default)
    {
        using HubContent content = Find(reference, selection, cancellation);
        content.Fetch();
        return content.Location;
    }

    /// <summary>Looks up what a selection names, without fetching it.</summary>
    /// <exception cref="FulcrumException">As for <see cref="Model"/>.</exception>
    public HubContent Find(HubReference reference, HubSelection selection, CancellationToken cancellation = default)
    {
        HubSession session = new(settings.Value, announce, say);
        try
        {
            HubRepository repository = HubRepository
                .OpenAsync(session, reference, cancellation)
                .GetAwaiter()
                .GetResult();
            IReadOnlyList<HubFile> files = selection.Of(reference, repository.Files);
            string place = reference.File is { } file
                ? $"{repository.Folder}{System.IO.Path.DirectorySeparatorChar}{file}"
                : repository.Folder;
            HubLocation location = new(place, reference.At(repository.Commit));
            return new HubContent(
                location,
                repository,
                files,
                () => Fetch(reference, selection, repository, files, cancellation),
                session
            );
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Looks up a data set, or the configuration or split of it that a text names, without fetching its
    /// data files.</summary>
    /// <param name="wanted">The files of a whole data set that are needed, by their paths; null: all.</param>
    /// <exception cref="FulcrumException">As for <see cref="Model"/>.</exception>
    public HubContent FindData(
        HubReference reference,
        Func<string, bool>? wanted = null,
        CancellationToken cancellation = default
    )
    {
        HubDataset data = Dataset(reference.ToString(), cancellation);
        try
        {
            return data.Content(wanted);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Opens a data set: an existing folder, else <c>ORG/NAME[@REVISION][:CONFIG[/SPLIT]]</c>.</summary>
    /// <remarks>Files are fetched when a split is read.</remarks>
    /// <exception cref="FulcrumException">As for <see cref="Model"/>.</exception>
    public HubDataset Dataset(string text, CancellationToken cancellation = default) =>
        HubDataset.Open(new HubSession(settings.Value, announce, say), text, cancellation);

    /// <summary>The data set that a text names, with its data files: an existing folder, else a snapshot of
    /// <c>ORG/NAME[@REVISION]</c>. <c>:CONFIG[/SPLIT]</c> after the name stays after the folder.</summary>
    /// <exception cref="FulcrumException">As for <see cref="Model"/>.</exception>
    public HubLocation DatasetFolder(string text, CancellationToken cancellation = default)
    {
        using HubDataset data = Dataset(text, cancellation);
        if (data.Commit is null)
        {
            return new HubLocation(text);
        }

        using HubContent content = data.Content();
        content.Fetch();
        return content.Location;
    }

    private static void Fetch(
        HubReference reference,
        HubSelection selection,
        HubRepository repository,
        IReadOnlyList<HubFile> files,
        CancellationToken cancellation
    )
    {
        repository.FetchAsync(files, cancellation).GetAwaiter().GetResult();
        bool wholeModel =
            selection is { Weights: true, Include: null or [] } && reference is { Kind: HubKind.Model, File: null };
        if (wholeModel && !repository.IsListed)
        {
            RefuseMissingShards(reference, repository, files);
        }
    }

    // Without a listing, the index of the weights is the only witness of what belongs to a model.
    private static void RefuseMissingShards(
        HubReference reference,
        HubRepository repository,
        IReadOnlyList<HubFile> files
    )
    {
        HashSet<string> names = [.. files.Select(f => f.Path)];
        IEnumerable<string> needed = Shards(Path.Combine(repository.Folder, "model.safetensors.index.json"));
        string? missing = needed.FirstOrDefault(n => !names.Contains(n));
        if (missing is not null)
        {
            throw new FulcrumException(
                $"the cache holds only a part of {reference.Id}: {Printable.Message(missing)} is missing, "
                    + "and the hub is out of reach"
            );
        }
    }

    private static IEnumerable<string> Shards(string index)
    {
        try
        {
            return File.Exists(index) && (StrictJson.ReadFile(index) as JsonObject)?["weight_map"] is JsonObject map
                ? map.Select(e => e.Value!.GetValue<string>()).Distinct()
                : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            return [];
        }
    }
}
