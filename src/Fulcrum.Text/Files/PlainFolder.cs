namespace Fulcrum.Files;

/// <summary>Checks an untrusted folder, such as a run folder: nothing in it may lead out of it.</summary>
/// <remarks>
/// How <c>Fulcrum.Runs</c> uses it: <see cref="Require"/> is called whenever a run folder is opened, by every command
/// that reads or writes one, before any other access: it refuses links, named pipes, sockets, devices, and files that
/// have a second name outside. Afterwards files are read with <see cref="BoundedFile"/> and written with
/// <see cref="AtomicFile"/>, or with <see cref="GrowingFile"/> where they grow. Names that a file in the folder gives
/// (manifests, comparison) are <see cref="RelativeName"/>s. A stage removes files with <see cref="Remove"/>, which
/// takes the names that the stage itself lists; a folder goes only when it is empty (<see cref="RemoveIfEmpty"/>).
///</remarks>
internal static class PlainFolder
{
    private const int MostEntries = 200_000,
        MostDepth = 16;

    /// <summary>Refuses a folder that contains anything but plain files and folders. A folder that does not exist is
    /// accepted.</summary>
    /// <param name="folder">This path itself may lead through links, because the user named it.</param>
    /// <exception cref="InputException">There is a link, a special file or a file with a second name. The message names
    /// it.</exception>
    public static void Require(string folder)
    {
        if (FileEntry.Of(folder).Kind == EntryKind.Missing && FileEntry.OfLink(folder).Kind != EntryKind.Missing)
        {
            throw new InputException($"{folder} is a link to a folder that does not exist");
        }

        if (FileEntry.Of(folder).Kind is EntryKind.File or EntryKind.Special)
        {
            throw new InputException($"{folder} is not a folder");
        }

        int seen = 0;
        if (Directory.Exists(folder))
        {
            Walk(folder, 0, ref seen);
        }
    }

    /// <summary>Removes files by their names. Missing files are ignored; links, folders and special files are
    /// kept.</summary>
    public static void Remove(string folder, params IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            string path = RelativeName.Parse(name, folder).In(folder);
            if (FileEntry.OfLink(path).Kind == EntryKind.File)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Removes an empty folder; returns whether the folder no longer exists.</summary>
    public static bool RemoveIfEmpty(string folder)
    {
        if (FileEntry.OfLink(folder).Kind != EntryKind.Folder || Directory.EnumerateFileSystemEntries(folder).Any())
        {
            return FileEntry.OfLink(folder).Kind == EntryKind.Missing;
        }

        Directory.Delete(folder, recursive: false);
        return true;
    }

    private static void Walk(string folder, int depth, ref int seen)
    {
        if (depth > MostDepth)
        {
            throw new InputException($"{folder}: folders are nested more than {MostDepth} deep");
        }

        foreach (string path in EntriesOf(folder))
        {
            if (++seen > MostEntries)
            {
                throw new InputException(
                    $"{folder}: the run folder has more than {MostEntries} files, too many for a run"
                );
            }

            FileEntry entry = FileEntry.OfLink(path);
            if (Complaint(entry) is { } complaint)
            {
                throw new InputException(
                    $"{path} is {complaint}, which a run folder must not contain; "
                        + "remove it if you know where it comes from"
                );
            }

            if (entry.Kind == EntryKind.Folder)
            {
                Walk(path, depth + 1, ref seen);
            }
        }
    }

    // Another process of the run may remove a folder of its own at the same time.
    private static IReadOnlyList<string> EntriesOf(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static string? Complaint(FileEntry entry) =>
        entry switch
        {
            { Kind: EntryKind.Link } => "a link",
            { Kind: EntryKind.Special } => "a named pipe, a socket or a device",
            { Kind: EntryKind.File, Names: > 1 } => "a hard link: the same file has another name elsewhere",
            _ => null,
        };
}
