namespace Fulcrum.Data;

/// <summary>Files that are either complete or not there: written beside, flushed to the disk, then renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file through a temporary one in the same folder, which is created when missing.</summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path), beside = $"{full}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (FileStream stream = new(beside, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(beside);
            throw new InputException($"cannot write {full}: {e.Message}", e);
        }
        catch
        {
            Discard(beside);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    // The folder itself may be what is missing, and then there is nothing to delete.
    private static void Discard(string path)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }
}
