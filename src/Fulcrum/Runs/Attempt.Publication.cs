using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <content>The publication of an attempt.</content>
internal sealed partial record Attempt
{
    /// <summary>Moves what the stage wrote to its place in the run folder. It replaces nothing but a folder without a
    /// manifest, which an interrupted process left.</summary>
    /// <exception cref="FulcrumException">Another attempt was published before.</exception>
    public void Publish()
    {
        foreach (string own in Own)
        {
            string from = Path.Combine(Root, own),
                to = Path.Combine(Run, own);
            AtomicFile.CreateFolder(Path.GetDirectoryName(to)!);
            if (Directory.Exists(from))
            {
                MoveFolder(from, to);
            }
            else if (File.Exists(from) && Node.Kind == NodeKind.Judged && JudgedFiles.Grows(own))
            {
                File.Move(from, to, overwrite: true);
            }
            else if (File.Exists(from))
            {
                MoveFile(own, from, to);
            }
        }

        RemoveEarlier();
    }

    /// <summary>Removes the folder of an attempt that came too late, and those of earlier ones.</summary>
    public void Discard() => RemoveEarlier();

    // The system's rename of a folder fails if the target exists and is not empty: exactly one attempt succeeds.
    private void MoveFolder(string from, string to)
    {
        try
        {
            FreePlace(to);
            Directory.Move(from, to);
        }
        catch (IOException e) when (Directory.Exists(to))
        {
            throw new FulcrumException($"{Node}: another attempt was published before this one", e);
        }
    }

    // The manifest by which the folder of a stage is complete.
    private string LastManifest =>
        Node.Kind switch
        {
            NodeKind.Obtained => "obtain.manifest.json",
            NodeKind.Tried or NodeKind.Round => $"{RunLayout.Selection}.manifest.json",
            _ => "measure.manifest.json",
        };

    private bool IsPublished(string place) =>
        Node is { Candidate: null, Kind: NodeKind.Whole }
            ? new RunLayout(Run).Completed(Node.Place) is not null
                || File.Exists(Path.Combine(place, $"{RunLayout.Selection}.manifest.json"))
            : File.Exists(Path.Combine(place, LastManifest));

    // Another attempt may be published between the look and the move. Then its folder goes back.
    private void FreePlace(string place)
    {
        string replaced = Path.Combine(Root, "replaced");
        if (!Directory.Exists(place) || IsPublished(place))
        {
            return;
        }

        if (Directory.Exists(replaced))
        {
            Remove(replaced);
        }

        Directory.Move(place, replaced);
        if (Node.Stage == Stage.Candidates && File.Exists(Path.Combine(replaced, LastManifest)))
        {
            Directory.Move(replaced, place);
        }
    }

    // A file that another attempt has published counts if it has the same bytes.
    private void MoveFile(string own, string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
        }
        catch (IOException e) when (File.Exists(to))
        {
            if (Sha256.OfFile(from) != Sha256.OfFile(to) && !IsSameManifest(own))
            {
                throw new FulcrumException($"{Node}: another attempt published {to} before this one", e);
            }
        }
    }

    // A publication that was interrupted is completed by the next attempt. Its manifests have other times.
    private bool IsSameManifest(string own) =>
        Node.Kind == NodeKind.Judged
        && own.EndsWith(ManifestEnd, StringComparison.Ordinal)
        && new RunLayout(Root).Completed(own[..^ManifestEnd.Length]) is { } mine
        && new RunLayout(Run).Completed(own[..^ManifestEnd.Length]) is { } other
        && mine.Inputs == other.Inputs
        && mine.Outputs.ToHashSet().SetEquals(other.Outputs);

#pragma warning disable RS0030 // the folder of one job, in which nobody else has anything
    private static void Remove(string folder) => Directory.Delete(folder, recursive: true);
#pragma warning restore RS0030

    // Later attempts may be running; earlier ones can publish nothing any more.
    private void RemoveEarlier()
    {
        foreach (Attempt past in All(Run, Node).Where(a => !IsBefore(a)))
        {
            try
            {
                Remove(past.Root);
            }
            catch (IOException)
            {
                // A copy that still runs is writing there. The folder is no part of the result.
            }
        }

        _ = PlainFolder.RemoveIfEmpty(FolderOf(Run, Node));
    }
}
