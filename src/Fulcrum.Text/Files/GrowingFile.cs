namespace Fulcrum.Files;

/// <summary>Opens files that grow while a command works, such as a log.</summary>
internal static class GrowingFile
{
    /// <summary>Opens a file for reading and writing, or creates it. The caller disposes the stream.</summary>
    /// <remarks>A link, a special file or a file with a second name is refused: through it an attacker could have
    /// another file overwritten.</remarks>
    /// <exception cref="InputException">The path is not a plain file.</exception>
    public static FileStream Open(string path, FileShare share = FileShare.Read)
    {
        FileEntry entry = FileEntry.OfLink(path);
        FileMode mode = entry.Kind == EntryKind.Missing ? FileMode.CreateNew : FileMode.Open;
        return entry is { Kind: EntryKind.Missing } or { Kind: EntryKind.File, Names: 1 }
            ? new FileStream(path, mode, FileAccess.ReadWrite, share)
            : throw new InputException(
                $"cannot write {path}: it is a link, a folder, a device or a file with a second name; move it away"
            );
    }
}
