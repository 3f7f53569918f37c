namespace Fulcrum.Files;

/// <summary>Identity, size and times of a file, read without opening it. If two states are equal, the content has not
/// changed, except within the resolution of the file system's clock.</summary>
/// <param name="Place">Device and inode. A file that replaces another under the same path has another one.</param>
/// <param name="Written">Time of the last change of the content (<c>mtime</c>), in nanoseconds since 1970.</param>
/// <param name="Changed">Time of the last change of content, name or rights (<c>ctime</c>), in nanoseconds since 1970.
/// A program can set <paramref name="Written"/> back, but not this one.</param>
internal readonly record struct FileState(string Place, long Bytes, long Written, long Changed)
{
    /// <summary>Returns the state of a file, links followed; null if it does not exist, or outside Linux.</summary>
    public static FileState? Of(string path)
    {
        if (
            !OperatingSystem.IsLinux()
            || path.Contains('\0', StringComparison.Ordinal)
            || Libc.Stat(Libc.CurrentFolder, path, 0, Libc.BasicFields, out Libc.Status s) != 0
        )
        {
            return null;
        }

        return new FileState(
            $"{s.DeviceMajor}:{s.DeviceMinor}:{s.Node}",
            s.Bytes,
            (s.WrittenSeconds * 1_000_000_000) + s.WrittenNanoseconds,
            (s.ChangedSeconds * 1_000_000_000) + s.ChangedNanoseconds
        );
    }
}
