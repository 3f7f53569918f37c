using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Fulcrum.Files;

/// <summary>Reads untrusted files: regular files only, and at most a given number of bytes.</summary>
/// <remarks>
/// A named pipe would block for ever and a device would never end. Both are refused before a byte is read. The limit is
/// checked against the file's size first and again while reading, because a file can grow. A file that cannot be read
/// is an <see cref="InputException"/> with the reason.
///</remarks>
internal static class BoundedFile
{
    /// <summary>The usual limit of a text file such as a study, a manifest or a comparison: 64 MiB.</summary>
    public const long Text = 1L << 26;

    /// <summary>Opens a regular file for reading. The stream throws once it would return more than
    /// <paramref name="mostBytes"/>. The caller disposes it.</summary>
    /// <exception cref="InputException">The file is missing, special, larger than the limit, or cannot be
    /// read.</exception>
    public static Stream Open(string path, long mostBytes)
    {
        FileEntry before = FileEntry.Of(path);
        if (Complaint(path, before, mostBytes) is { } complaint)
        {
            throw new InputException(complaint);
        }

        FileStream stream = OpenPlain(path);
        FileEntry opened = OperatingSystem.IsLinux()
            ? FileEntry.OfDescriptor((int)stream.SafeFileHandle.DangerousGetHandle())
            : before;
        if (Complaint(path, opened, mostBytes) is { } late)
        {
            stream.Dispose();
            throw new InputException(late);
        }

        return new LimitedStream(stream, path, mostBytes);
    }

    /// <summary>Reads a text in UTF-8 (a byte order mark is dropped).</summary>
    /// <exception cref="InputException">As for <see cref="Open"/>.</exception>
    public static string ReadText(string path, long mostBytes = Text)
    {
        try
        {
            using StreamReader reader = new(Open(path, mostBytes), Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Returns whether anything has this name, also a folder, a pipe or a dangling link.</summary>
    /// <remarks><see cref="File.Exists"/> is false for the latter, so an optional file would be ignored silently.
    /// Reading them is an error instead.</remarks>
    public static bool IsThere(string path) => FileEntry.OfLink(path).Kind != EntryKind.Missing;

    /// <summary>Reads a text in UTF-8; returns null if the file does not exist.</summary>
    /// <exception cref="InputException">As for <see cref="Open"/>.</exception>
    public static string? ReadTextIfThere(string path, long mostBytes = Text) =>
        !IsThere(path) ? null : ReadText(path, mostBytes);

    /// <summary>Reads all bytes.</summary>
    /// <exception cref="InputException">As for <see cref="Open"/>.</exception>
    public static byte[] ReadBytes(string path, long mostBytes)
    {
        try
        {
            using Stream stream = Open(path, mostBytes);
            using MemoryStream all = new();
            stream.CopyTo(all);
            return all.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Reads lines one at a time.</summary>
    /// <exception cref="InputException">As for <see cref="Open"/>, or a line is longer than
    /// <paramref name="longestLine"/> bytes.</exception>
    public static IEnumerable<string> ReadLines(
        string path,
        long mostBytes = Text,
        long longestLine = LineLimit.LongestLine
    )
    {
        using StreamReader reader = new(new LineLimit(Open(path, mostBytes), path, longestLine), Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static FileStream OpenPlain(string path)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                const int Flags = Libc.ReadOnly | Libc.NoWaiting | Libc.NoTerminal | Libc.CloseOnExec;
                int descriptor = Libc.Open(path, Flags);
                if (descriptor >= 0)
                {
                    return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read);
                }
            }

            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Unreadable(path, e);
        }
    }

    private static string? Complaint(string path, FileEntry entry, long mostBytes) =>
        entry switch
        {
            { Kind: EntryKind.Missing } => $"cannot read {path}: there is no such file",
            { Kind: EntryKind.Folder } => $"cannot read {path}: it is a folder",
            { Kind: EntryKind.Special } => $"cannot read {path}: it is a named pipe, a socket or a device, not a file",
            _ when entry.Bytes > mostBytes => $"{path}: {entry.Bytes} bytes are too many; at most {mostBytes} are read",
            _ => null,
        };

    private static InputException Unreadable(string path, Exception e) => new($"cannot read {path}: {e.Message}", e);
}
