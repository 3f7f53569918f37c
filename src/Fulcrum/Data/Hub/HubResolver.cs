using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>The local path of a named model or data set.</summary>
/// <param name="Path">The folder, or the file if a file was named.</param>
/// <param name="Reference">Its name on the hub with the commit; null for a local folder or file.</param>
internal sealed record HubLocation(string Path, HubReference? Reference = null)
{
    /// <summary>The folder, also if a file in it was named.</summary>
    public string Folder => Reference?.File is { } file ? Path[..^(file.Length + 1)] : Path;

    /// <summary>The commit; null for a local folder or file.</summary>
    public string? Commit => Reference?.Revision;

    /// <summary>The text that refers to the same content later: the path, or the name on the hub with its
    /// commit.</summary>
    public string Pinned => Reference?.ToString() ?? Path;
}

/// <summary>Finds models and data sets by a local folder or by a name on the hub. An existing folder takes
/// precedence.</summary>
/// <param name="settings">The settings; null: those of the environment.</param>
/// <param name="announce">Called before the first byte of a download. It may refuse the download by an exception. The
/// task that it returns is awaited after the download.</param>
/// <param name="say">Called with a sentence for the user, for example that the cache is used because the hub cannot be
/// reached.</param>
internal sealed class HubResolver(
    HubSettings? settings = null,
    Func<HubTransfer, Task>? announce = null,
    Action<string>? say = null
)
{
    private readonly Lazy<HubSettings> settings = new(() => settings ?? HubSettings.FromEnvironment());

    /// <summary>Returns the path of a model or an adapter: an existing folder or file, otherwise a download of
    /// <c>ORG/NAME[@REVISION][/FILE.gguf]</c>.</summary>
    /// <param name="weights">False if configuration and tokenizer are enough.</param>
    /// <exception cref="InputException">The text is neither. The message says what is wrong.</exception>
    /// <exception cref="FulcrumException">The hub cannot be reached, or a download failed.</exception>
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

    /// <summary>Downloads the files of a selection. Returns the snapshot's folder, or the file that the reference
    /// names.</summary>
    /// <exception cref="FulcrumException">As for <see cref="Model"/>.</exception>
    public HubLocation Pull(HubReference reference, HubSelection selection, CancellationToken cancellation = default)
    {
        using HubContent content = Find(reference, selection, cancellation);
        content.Fetch();
        return content.Location;
    }

    /// <summary>Looks up the files of a selection without downloading them.</summary>
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
            SayLack(session, repository, selection.Lack(reference, repository.Files, files), files.Count);
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

    /// <summary>Looks up a data set, a configuration or a split without downloading its data files.</summary>
    /// <param name="wanted">Selects the needed files of a whole data set by their paths; null: all.</param>
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

    /// <summary>Opens a data set: an existing folder, otherwise <c>ORG/NAME[@REVISION][:CONFIG[/SPLIT]]</c>.</summary>
    /// <remarks>Files are downloaded when a split is read.</remarks>
    /// <exception cref="FulcrumException">As for <see cref="Model"/>.</exception>
    public HubDataset Dataset(string text, CancellationToken cancellation = default) =>
        HubDataset.Open(new HubSession(settings.Value, announce, say), text, cancellation);

    /// <summary>Returns the path of a data set with its data files: an existing folder, otherwise a downloaded snapshot
    /// of <c>ORG/NAME[@REVISION]</c>. <c>:CONFIG[/SPLIT]</c> after the name is kept after the folder.</summary>
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

    // Without the hub's list the other files of the repository are unknown.
    private static void SayLack(HubSession session, HubRepository repository, string? lack, int files)
    {
        if (lack is null || !repository.IsListed)
        {
            return;
        }

        if (files == 0)
        {
            throw new InputException(lack);
        }

        session.Say($"warning: {lack}. {(files == 1 ? "1 other file is" : $"{files} other files are")} fetched");
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

    // Without the hub's file list, only the index of the weights tells which files belong to a model.
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
                $"the cache has only a part of {reference.Id}: {Printable.Message(missing)} is missing, "
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
