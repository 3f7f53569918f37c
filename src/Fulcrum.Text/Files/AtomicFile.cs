using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Fulcrum.Files;

/// <summary>Files that are either complete or absent, after a crash and after a power failure as well.</summary>
/// <remarks>
/// A file is first written next to its place under a random new name, so that no link or file that an attacker put
/// there is followed or overwritten. Then it is flushed to the disk and renamed. At last the folder is flushed: without
/// that a power failure can lose the name although the content is on the disk.
///</remarks>
internal static class AtomicFile
{
    private const string Unfinished = ".unfinished";
    private const int RandomBytes = 8;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Writes a file through a temporary one in the same folder. A missing folder is created.</summary>
    /// <param name="mode">Access rights of the file; null: what the user's umask leaves of reading and writing.</param>
    /// <exception cref="InputException">The folder cannot be written, or something other than a file is in the
    /// way.</exception>
    /// <exception cref="FulcrumException">The disk is full or fails.</exception>
    public static void Write(string path, Action<Stream> write, UnixFileMode? mode = null)
    {
        string full = Path.GetFullPath(path);
        string? temporary = null;
        RequireFile(full);
        try
        {
            CreateFolder(Path.GetDirectoryName(full)!);
            using (FileStream stream = CreateNext(full, mode, out temporary))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Rename(temporary, full);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            Discard(temporary);
            throw Failure(full, e);
        }
        catch
        {
            Discard(temporary);
            throw;
        }
    }

    /// <summary>
    /// Returns whether the system refused to read or write. .NET reports a file that exceeds the size limit of the file
    /// system or the user as an argument out of range.
    ///</summary>
    public static bool IsRefusal(Exception e) =>
        e
            is IOException
                or UnauthorizedAccessException
                or ArgumentOutOfRangeException { ParamName: "value", ActualValue: null };

    /// <summary>Returns the exception to throw: a failure of the machine if the disk is full or broken, otherwise wrong
    /// input, because the user can choose another place.</summary>
    public static FulcrumException Failure(string path, Exception e)
    {
        string message = $"cannot write {path}: {Reason(e)}";
        return IsDiskFailure(e) ? new FulcrumException(message, e) : new InputException(message, e);
    }

    /// <summary>Returns whether a write failed because the disk is full or broken.</summary>
    /// <remarks><see cref="Exception.HResult"/> has the system's error number. On Unix: EIO, ENOSPC, EDQUOT. On
    /// Windows: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL.</remarks>
    public static bool IsDiskFailure(Exception e) =>
        e is ArgumentOutOfRangeException
        || (
            e is IOException
            && (OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 39 or 112 : e.HResult is 5 or 28 or 122)
        );

    /// <summary>Returns the reason of a refusal (<see cref="IsRefusal"/>) in words.</summary>
    public static string Reason(Exception e) =>
        e is ArgumentOutOfRangeException ? "the file would be larger than this system allows" : e.Message;

    /// <summary>Checks that a path may become a file, before the work on its content.</summary>
    /// <exception cref="InputException">A folder or a device has this name.</exception>
    public static void RequireFile(string path)
    {
        if (FileEntry.Of(path).Kind is EntryKind.Special or EntryKind.Folder)
        {
            throw new InputException($"cannot write {path}: it is a folder or a device, not a file");
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Copies an untrusted regular file.</summary>
    /// <exception cref="InputException">As for <see cref="BoundedFile.Open"/> and <see cref="Write"/>.</exception>
    public static void Copy(string from, string to, long mostBytes = long.MaxValue) =>
        Write(
            to,
            stream =>
            {
                using Stream source = BoundedFile.Open(from, mostBytes);
                source.CopyTo(stream);
            }
        );

    /// <summary>Renames a file that is on the disk already, replacing a file of that name.</summary>
    public static void Rename(string from, string to)
    {
        Move(from, to);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(to))!);
    }

    // On Windows a virus scanner or an indexer may hold a file for a moment after it was closed. The attempts wait for
    // 0.9 s together.
    private static void Move(string from, string to)
    {
        const int Attempts = 10;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                File.Move(from, to, overwrite: true);
                return;
            }
            catch (Exception e)
                when (OperatingSystem.IsWindows()
                    && attempt < Attempts
                    && e is IOException or UnauthorizedAccessException
                    && File.Exists(from)
                )
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(20 * attempt));
            }
        }
    }

    /// <summary>Creates a folder and its missing parents.</summary>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(Path.GetFullPath(path));
        if (parent is not null)
        {
            CreateFolder(parent);
        }

        Directory.CreateDirectory(path);
        FlushFolder(parent);
    }

    /// <summary>Creates a folder that the user names, and its missing parents.</summary>
    /// <exception cref="InputException">It cannot be created; names it.</exception>
    /// <exception cref="FulcrumException">The disk is full or fails.</exception>
    public static void CreateNamedFolder(string path)
    {
        try
        {
            CreateFolder(path);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw Failure(path, e);
        }
    }

    /// <summary>Removes temporary files that killed processes left in a folder. It recognises them by the form of name
    /// that <see cref="Write"/> gives.</summary>
    /// <remarks>Only for a folder of this program that no other process writes to. Subfolders are not
    /// entered.</remarks>
    public static void RemoveLeftovers(string folder)
    {
        if (FileEntry.OfLink(folder).Kind != EntryKind.Folder)
        {
            return;
        }

        foreach (string file in Directory.EnumerateFiles(folder, "*" + Unfinished))
        {
            if (IsLeftover(Path.GetFileName(file)) && FileEntry.OfLink(file).Kind == EntryKind.File)
            {
                File.Delete(file);
            }
        }
    }

    // report.html.0123456789abcdef.unfinished
    private static bool IsLeftover(string name)
    {
        string rest = name[..^Unfinished.Length];
        int dot = rest.LastIndexOf('.');
        return dot > 0
            && rest.Length - dot - 1 == 2 * RandomBytes
            && !rest.AsSpan(dot + 1).ContainsAnyExcept(HexDigits);
    }

    private static FileStream CreateNext(string full, UnixFileMode? mode, out string temporary)
    {
        temporary = $"{full}.{RandomNumberGenerator.GetHexString(2 * RandomBytes, lowercase: true)}{Unfinished}";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (mode is { } rights && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = rights;
        }

        return new FileStream(temporary, options);
    }

    // The folder itself may be missing, and then there is nothing to delete.
    private static void Discard(string? path)
    {
        try
        {
            if (path is not null)
            {
                File.Delete(path);
            }
        }
        catch (IOException) { }
    }

    private static void FlushFolder(string? path)
    {
        if (path is null || OperatingSystem.IsWindows())
        {
            return;
        }

        int handle = Libc.Open(path, Libc.ReadOnly);
        if (handle >= 0)
        {
            _ = Libc.Flush(handle);
            _ = Libc.Close(handle);
        }
    }
}
