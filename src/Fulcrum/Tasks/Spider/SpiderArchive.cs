using System.IO.Compression;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Spider;

/// <summary>Spider's databases from the archive that its authors publish.</summary>
/// <remarks>The archive is untrusted: only <c>tables.json</c> and <c>database/DB/DB.sqlite</c> are unpacked, under
/// names that are built here, up to a number of files and bytes. The unpacked folder is kept in the user's cache under
/// the digest of the archive.</remarks>
internal static class SpiderArchive
{
    private const int MostEntries = 100_000;
    private const long MostBytes = 16L << 30;

    /// <summary>Where people get the archive.</summary>
    public const string Address = "https://yale-lily.github.io/spider";

    /// <summary>Returns the folder of databases: the folder itself, or what an archive holds.</summary>
    /// <param name="path">A folder, or a <c>.zip</c> file.</param>
    /// <param name="cache">Where archives are unpacked; null: the user's cache.</param>
    /// <exception cref="InputException">The archive is damaged, too large, or holds no databases.</exception>
    public static string Folder(string path, string? cache = null)
    {
        if (!File.Exists(path))
        {
            return path;
        }

        string folder = Path.Combine(cache ?? Cache(), RememberedDigest.Of(path));
        if (!Directory.Exists(folder))
        {
            Unpack(path, folder);
        }

        return folder;
    }

    private static string Cache() =>
        UserCache.Folder() is { } cache
            ? Path.Combine(cache, "fulcrum", "spider")
            : throw new InputException(
                "an archive of databases is unpacked into the user's cache, and this user has no home: "
                    + "name a folder in XDG_CACHE_HOME, or unpack the archive and name its folder"
            );

    private static void Unpack(string path, string folder)
    {
        string parent = Path.GetDirectoryName(folder)!;
        AtomicFile.CreateFolder(parent);
        using ScratchFolder beside = ScratchFolder.In(parent);
        try
        {
            using Stream stream = BoundedFile.Open(path, MostBytes);
            using ZipArchive archive = new(stream, ZipArchiveMode.Read);
            UnpackEntries(path, archive, beside.Path);
            Directory.Move(beside.Path, folder);
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"{path}: the archive is damaged: {e.Message}", e);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process has unpacked the same archive meanwhile.
        }
    }

    private static void UnpackEntries(string path, ZipArchive archive, string folder)
    {
        if (archive.Entries.Count > MostEntries)
        {
            throw new InputException($"{path}: more than {MostEntries:N0} files");
        }

        string start = Start(path, archive);
        long left = MostBytes;
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            if (Target(entry.FullName, start) is not { } target)
            {
                continue;
            }

            if (!seen.Add(target))
            {
                throw new InputException($"{path}: the file {Printable.Message(entry.FullName)} occurs twice");
            }

            left -= Copy(path, entry, Path.Combine(folder, target), left);
        }

        if (seen.Count < 2)
        {
            throw new InputException($"{path} holds no database/DB/DB.sqlite beside its tables.json");
        }
    }

    // The archive may hold everything in a folder of its own.
    private static string Start(string path, ZipArchive archive) =>
        archive
            .Entries.Select(e => e.FullName)
            .Where(n => n == "tables.json" || n.EndsWith("/tables.json", StringComparison.Ordinal))
            .Select(n => n[..^"tables.json".Length])
            .Where(s => archive.Entries.Any(e => e.FullName.StartsWith(s + "database/", StringComparison.Ordinal)))
            .MinBy(s => s.Length)
        ?? throw new InputException(
            $"{path} holds no Spider databases: there is no tables.json with a folder 'database' beside it. "
                + $"Spider's archive is at {Address}"
        );

    private static string? Target(string name, string start)
    {
        if (!name.StartsWith(start, StringComparison.Ordinal))
        {
            return null;
        }

        string inside = name[start.Length..];
        return inside == "tables.json" ? inside
            : inside.Split('/') is ["database", var id, var file] && RelativeName.IsPlain(id) && file == id + ".sqlite"
                ? Path.Combine("database", id, file)
            : null;
    }

    // The size that an entry states is not trusted.
    private static long Copy(string path, ZipArchiveEntry entry, string target, long most)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using Stream from = entry.Open();
        using FileStream to = new(target, FileMode.CreateNew, FileAccess.Write);
        byte[] buffer = new byte[1 << 16];
        long copied = 0;
        for (int count; (count = from.Read(buffer)) > 0; copied += count)
        {
            if (copied + count > most)
            {
                throw new InputException($"{path}: unpacked it has more than {MostBytes >> 30} GiB");
            }

            to.Write(buffer, 0, count);
        }

        return copied;
    }
}
