namespace Fulcrum.Files;

/// <summary>What the file system says about a file without reading it. Any change of the content changes it, except
/// within the resolution of its clock.</summary>
/// <param name="Place">Device and inode: another file under the same path has another one.</param>
/// <param name="Written">Time of the last change of the content, in nanoseconds since 1970.</param>
/// <param name="Changed">Time of the last change of content, name or rights, in nanoseconds since 1970. A program can
/// set <paramref name="Written"/> back, but not this one.</param>
internal readonly record struct FileState(string Place, long Bytes, long Written, long Changed)
{
    /// <summary>Looks at a file, links followed.</summary>
    /// <returns>Null where there is none, or where the system does not tell.</returns>
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
