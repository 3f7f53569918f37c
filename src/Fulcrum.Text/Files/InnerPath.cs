using System.IO.Enumeration;

namespace Fulcrum.Files;

/// <summary>Checks where a path leads after all links in it are resolved.</summary>
internal static class InnerPath
{
    /// <summary>Returns whether a path lies in a folder. Links in both are followed.</summary>
    public static bool LiesIn(string folder, string path)
    {
        string root = Real(folder),
            real = Real(path);
        return real.Equals(root, Case)
            || real.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, Case);
    }

    /// <summary>Returns whether two paths lead to the same place. Links in both are followed.</summary>
    public static bool AreSame(string first, string second) => Real(first).Equals(Real(second), Case);

    // The usual file systems of Windows and macOS ignore case.
    private static StringComparison Case =>
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
            ? StringComparison.OrdinalIgnoreCase
            : StringComparison.Ordinal;

    /// <summary>Returns whether a path lies in a folder, or is a link from a snapshot in the hub's cache to a blob of
    /// the same repository.</summary>
    public static bool LiesInOrIsBlob(string folder, string path) =>
        LiesIn(folder, path) || BlobsOf(folder).Any(b => LiesIn(b, path));

    /// <summary>Refuses a model folder that contains a link, for a user who has forbidden to follow links.</summary>
    /// <remarks>In the hub's cache, <c>NAME/snapshots/COMMIT</c> consists of links to <c>NAME/blobs</c>; those are
    /// always followed.</remarks>
    /// <exception cref="InputException">There is such a link. The message names it.</exception>
    public static void RefuseLinks(string folder)
    {
        string[] blobs = BlobsOf(folder);
        IEnumerable<string> entries = Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder) : [];
        foreach (string entry in entries.Where(e => FileEntry.OfLink(e).Kind == EntryKind.Link))
        {
            if (!blobs.Any(b => LiesIn(b, entry)))
            {
                throw new InputException($"{entry} is a link, and links are not followed; put the file itself there");
            }
        }
    }

    /// <summary>Refuses a file of a data folder that lies elsewhere, because a link leads out of the folder.</summary>
    /// <remarks>Links to the blobs of the hub's cache are followed, as in <see cref="RefuseLinks"/>.</remarks>
    /// <exception cref="InputException">The file lies elsewhere. The message names it.</exception>
    public static void RequireInside(string folder, string file)
    {
        if (!LiesInOrIsBlob(folder, file))
        {
            throw new InputException(
                $"{file} is a link that leads out of {folder}; put the file itself there, if you trust it"
            );
        }
    }

    /// <summary>Lists the files of a folder and of the folders in it, without entering a folder that is a
    /// link.</summary>
    /// <remarks>A link to the root of the system would otherwise list all of its files.</remarks>
    /// <param name="pattern">A name with <c>*</c> and <c>?</c>.</param>
    /// <param name="depth">How many levels of folders are entered.</param>
    /// <exception cref="InputException">The folder has more than a million entries. The message names it.</exception>
    public static IEnumerable<string> FilesIn(string folder, string pattern, int depth)
    {
        const int MostEntries = 1_000_000;
        int seen = 0;
        EnumerationOptions options = new() { RecurseSubdirectories = true, MaxRecursionDepth = depth };
        return new FileSystemEnumerable<string>(folder, (ref FileSystemEntry e) => e.ToFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry e) =>
                ++seen > MostEntries
                    ? throw new InputException(
                        $"{folder} has more than {MostEntries} entries, too many to search; name a smaller folder"
                    )
                    : !e.IsDirectory && FileSystemName.MatchesSimpleExpression(pattern, e.FileName, ignoreCase: false),
            ShouldRecursePredicate = (ref FileSystemEntry e) => !e.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
    }

    // Returns the folders of blobs that belong to the snapshot in which a folder lies: the files of
    // NAME/snapshots/COMMIT are in NAME/blobs, or in the blobs that all repositories of a cache share.
    private static string[] BlobsOf(string folder)
    {
        DirectoryInfo? snapshot = new(Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder)));
        while (snapshot is not null && snapshot.Parent?.Name != "snapshots")
        {
            snapshot = snapshot.Parent;
        }

        return snapshot?.Parent?.Parent is { } repository
            ? [Path.Combine(repository.FullName, "blobs"), Path.Combine(repository.Parent?.FullName ?? "", "blobs")]
            : [];
    }

    /// <summary>Returns the path with every link in it resolved, without a separator at the end.</summary>
    public static string Real(string path)
    {
        string full = Path.GetFullPath(path),
            root = Path.GetPathRoot(full)!;
        string real = root;
        foreach (
            string part in full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries)
        )
        {
            real = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
            real =
                info.LinkTarget is not null && info.ResolveLinkTarget(returnFinalTarget: true)?.FullName is { } target
                    ? Real(target)
                    : real;
        }

        return real;
    }
}
