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

    /// <summary>Refuses a folder of a stranger in which a link leads out of it: what it leads to would be read, and by
    /// a merge copied, as if it were the model's.</summary>
    /// <remarks>In the hub's cache, <c>NAME/snapshots/COMMIT</c> consists of links to <c>NAME/blobs</c>, and those may
    /// lead to a store <c>blobs</c> beside the repositories. Such links may stay.</remarks>
    /// <exception cref="InputException">There is such a link; names it.</exception>
    public static void RefuseLinksOut(string folder)
    {
        string above = Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder))) ?? "";
        string repository = Path.GetDirectoryName(above) ?? "";
        string[] blobs =
            Path.GetFileName(above) == "snapshots"
                ? [Path.Combine(repository, "blobs"), Path.Combine(Path.GetDirectoryName(repository) ?? "", "blobs")]
                : [];
        foreach (
            FileSystemInfo link in Directory.Exists(folder)
                ? new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(f => f.LinkTarget is not null)
                : []
        )
        {
            if (!LiesIn(folder, link.FullName) && !blobs.Any(b => LiesIn(b, link.FullName)))
            {
                throw new InputException(
                    $"{link.FullName} is a link that leads out of its folder, to {link.LinkTarget}; put the file itself there if it belongs there"
                );
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
