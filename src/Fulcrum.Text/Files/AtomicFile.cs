using System.Runtime.InteropServices;

namespace Fulcrum.Files;

/// <summary>Files that are either complete or not there, after a crash and after a power failure as well.</summary>
/// <remarks>Written beside, flushed to the disk, renamed, and then the folder flushed: without the last step the name
/// may be lost although the content is not.</remarks>
public static class AtomicFile
{
    /// <summary>Writes a file through a temporary one in the same folder, which is created when missing.</summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path),
            beside = $"{full}.{Environment.ProcessId}.tmp";
        try
        {
            CreateFolder(Path.GetDirectoryName(full)!);
            using (FileStream stream = new(beside, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Rename(beside, full);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            Discard(beside);
            throw new InputException($"cannot write {full}: {Reason(e)}", e);
        }
        catch
        {
            Discard(beside);
            throw;
        }
    }

    /// <summary>The system refused to read or write. A file beyond the file system's or the user's limit is an argument
    /// out of range to the runtime.</summary>
    public static bool IsRefusal(Exception e) =>
        e
            is IOException
                or UnauthorizedAccessException
                or ArgumentOutOfRangeException { ParamName: "value", ActualValue: null };

    /// <summary>Why, in words.</summary>
    public static string Reason(Exception e) =>
        e is ArgumentOutOfRangeException ? "the file would be larger than this system allows" : e.Message;

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Gives a file that is on the disk already its name, replacing what had it.</summary>
    public static void Rename(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(to))!);
    }

    /// <summary>Creates a folder and its parents where they are missing.</summary>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(path);
        if (parent is not null)
        {
            CreateFolder(parent);
        }

        Directory.CreateDirectory(path);
        FlushFolder(parent);
    }

    /// <summary>Removes what processes that were killed left beside their files. Only for a folder that no other
    /// process writes to.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (
            string file in Directory.EnumerateFiles(
                folder,
                "*.tmp",
                new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }
            )
        )
        {
            string number = Path.GetExtension(Path.GetFileNameWithoutExtension(file));
            if (number.Length > 1 && number.Skip(1).All(char.IsAsciiDigit))
            {
                File.Delete(file);
            }
        }
    }

    // The folder itself may be what is missing, and then there is nothing to delete.
    private static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException) { }
    }

    private static void FlushFolder(string? path)
    {
        if (path is null || OperatingSystem.IsWindows())
        {
            return;
        }

        int handle = Open(path, 0);
        if (handle >= 0)
        {
            _ = Flush(handle);
            _ = Close(handle);
        }
    }

    [DllImport(
        "libc",
        EntryPoint = "open",
        CharSet = CharSet.Ansi,
        BestFitMapping = false,
        ThrowOnUnmappableChar = true
    )]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    private static extern int Flush(int handle);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int handle);
}
