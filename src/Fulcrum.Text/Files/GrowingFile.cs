namespace Fulcrum.Files;

/// <summary>Opens files that grow while a command works: a log, answers that are not complete.</summary>
internal static class GrowingFile
{
    /// <summary>Opens a file to read and to continue, or creates it; the caller disposes the stream.</summary>
    /// <remarks>A link, a special file or a file with a second name is refused: whoever planted it would have another
    /// file written.</remarks>
    /// <exception cref="InputException">There is something else than a plain file in its place.</exception>
    public static FileStream Open(string path, FileShare share = FileShare.Read)
    {
        FileEntry entry = FileEntry.OfLink(path);
        FileMode mode = entry.Kind == EntryKind.Missing ? FileMode.CreateNew : FileMode.Open;
        return entry is { Kind: EntryKind.Missing } or { Kind: EntryKind.File, Names: 1 }
            ? new FileStream(path, mode, FileAccess.ReadWrite, share)
            : throw new InputException($"{path} is in the way: it is not a plain file; move it away");
    }
}
