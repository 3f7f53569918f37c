namespace Fulcrum.Files;

/// <summary>Names that files give for other files: each must be a plain name, and what it names must lie where it seems
/// to.</summary>
public static class InnerPath
{
    /// <summary>A name that can only mean a file or folder right here: no separator, no <c>..</c>, nothing absolute, no
    /// control character.</summary>
    public static bool IsPlainName(string name) => RelativeName.IsPlain(name);

    /// <summary>Whether a path, links followed, lies under a folder, links followed.</summary>
    public static bool LiesIn(string folder, string path)
    {
        string root = Real(folder),
            real = Real(path);
        return real == root
            || real.StartsWith(
                Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar,
                StringComparison.Ordinal
            );
    }

    /// <summary>Refuses a model folder in which anything is a link, for a user who does not want links to be
    /// followed.</summary>
    /// <remarks>In the hub's cache, <c>NAME/snapshots/COMMIT</c> consists of links to <c>NAME/blobs</c>; those are
    /// always followed.</remarks>
    /// <exception cref="InputException">There is such a link; names it.</exception>
    public static void RefuseLinks(string folder)
    {
        string above = Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder))) ?? "";
        string repository = Path.GetDirectoryName(above) ?? "";
        string[] blobs =
            Path.GetFileName(above) == "snapshots"
                ? [Path.Combine(repository, "blobs"), Path.Combine(Path.GetDirectoryName(repository) ?? "", "blobs")]
                : [];
        IEnumerable<string> entries = Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder) : [];
        foreach (string entry in entries.Where(e => FileEntry.OfLink(e).Kind == EntryKind.Link))
        {
            if (!blobs.Any(b => LiesIn(b, entry)))
            {
                throw new InputException($"{entry} is a link, and links are not followed; put the file itself there");
            }
        }
    }

    /// <summary>The path with every link in it followed, no separator at its end.</summary>
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
                    : real; // what is not there yet is no link
        }

        return real;
    }
}
