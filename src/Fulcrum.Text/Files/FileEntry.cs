using System.Runtime.Versioning;

namespace Fulcrum.Files;

/// <summary>The kind of entry that a path leads to in the file system.</summary>
internal enum EntryKind
{
    /// <summary>Nothing has the name, or a link leads nowhere.</summary>
    Missing,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link, if links are not followed.</summary>
    Link,

    /// <summary>A named pipe, a socket or a device.</summary>
    Special,
}

/// <summary>Kind, size, owner and access rights of a path. They are read without opening it, because opening a named
/// pipe may block for ever.</summary>
/// <param name="Bytes">Size of a file; 0 otherwise.</param>
/// <param name="Names">The number of names (hard links) of the file. If it is above 1, another path leads to the same
/// content. 1 outside Linux.</param>
/// <param name="Owner">Id of the user who owns it; 0 outside Linux.</param>
/// <param name="Mode">Access rights as Unix writes them (octal 755); 0 outside Linux.</param>
internal readonly record struct FileEntry(EntryKind Kind, long Bytes = 0, uint Names = 1, uint Owner = 0, int Mode = 0)
{
    private const int GroupOrOthersWrite = 0b010_010;

    /// <summary>Whether another user could change it: another user owns it, or group or others may write.</summary>
    public bool IsOthers =>
        OperatingSystem.IsLinux() && (Owner != Libc.EffectiveUser() || (Mode & GroupOrOthersWrite) != 0);

    /// <summary>Returns whether an owner is this user or root.</summary>
    public static bool IsOwn(uint owner) => !OperatingSystem.IsLinux() || owner == 0 || owner == Libc.EffectiveUser();

    /// <summary>Looks at what a path leads to, links followed.</summary>
    public static FileEntry Of(string path) => Look(path, follow: true);

    /// <summary>Looks at the path itself: a link is a link.</summary>
    public static FileEntry OfLink(string path) => Look(path, follow: false);

    /// <summary>Looks at an open file.</summary>
    [SupportedOSPlatform("linux")]
    internal static FileEntry OfDescriptor(int descriptor) =>
        Libc.Stat(descriptor, "", Libc.AboutDescriptor, Libc.BasicFields, out Libc.Status status) == 0
            ? Of(status)
            : default;

    private static FileEntry Look(string path, bool follow)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            return default;
        }

        return OperatingSystem.IsLinux()
            ? LookOnLinux(Path.TrimEndingDirectorySeparator(path), follow)
            : LookElsewhere(path, follow);
    }

    [SupportedOSPlatform("linux")]
    private static FileEntry LookOnLinux(string path, bool follow)
    {
        int flags = follow ? 0 : Libc.AboutLink;
        return Libc.Stat(Libc.CurrentFolder, path, flags, Libc.BasicFields, out Libc.Status status) == 0
            ? Of(status)
            : default;
    }

    private static FileEntry Of(Libc.Status status)
    {
        EntryKind kind = (status.Mode & Libc.KindBits) switch
        {
            Libc.File => EntryKind.File,
            Libc.Folder => EntryKind.Folder,
            Libc.Link => EntryKind.Link,
            _ => EntryKind.Special,
        };
        long bytes = kind == EntryKind.File ? status.Bytes : 0;
        return new FileEntry(kind, bytes, status.Links, status.Owner, status.Mode & 0xfff);
    }

    // This platform does not distinguish pipes and devices from files (SECURITY.md).
    private static FileEntry LookElsewhere(string path, bool follow)
    {
        FileInfo file = new(path);
        return !follow && file.LinkTarget is not null ? new FileEntry(EntryKind.Link)
            : Directory.Exists(path) ? new FileEntry(EntryKind.Folder)
            : file.Exists ? new FileEntry(EntryKind.File, file.Length)
            : default;
    }
}
