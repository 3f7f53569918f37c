using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Fulcrum.Files;
using Microsoft.Win32.SafeHandles;

namespace Fulcrum.Torch.Interop;

/// <summary>Where the repaired copy of a library is loaded from: a private folder, or memory where no folder is
/// private.</summary>
/// <remarks>
/// Whoever can write to the copy runs code as this user. A folder counts as private when this user or root owns it and
/// all folders above it, and no other user may write to any of them, except to a sticky folder such as /tmp. The
/// copy is opened without following a link, compared through that descriptor with the bytes that the repair gives, and
/// loaded through the same descriptor. See docs/decisions/0001.
///</remarks>
[SupportedOSPlatform("linux")]
internal static class NativeCache
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int StickyBit = 0x200,
        WritableByOthers = 0b010_010;

    /// <summary>Returns a path that leads to the image for the life of the process, and where it is in a user's
    /// words.</summary>
    /// <param name="name">File name of the library.</param>
    /// <exception cref="FulcrumException">Neither a folder nor memory can hold it.</exception>
    public static (string Path, string Shown) Place(string name, byte[] image)
    {
        (SafeFileHandle? handle, string shown) = Place(name, image, Folder(UserCache.Folder()));
        return handle is null
            ? throw new FulcrumException(
                $"the repaired copy of {name} can be kept neither in a private folder nor in memory; "
                    + "name a folder in XDG_CACHE_HOME that only you can write to"
            )
            : (AnonymousFile.PathOf(handle), shown);
    }

    /// <summary>Returns an open file with the image, from a folder if that is private, else from memory; null where the
    /// kernel refuses.</summary>
    /// <param name="folder">Null: no folder is named.</param>
    internal static (SafeFileHandle? Handle, string Shown) Place(string name, byte[] image, CacheFolder? folder)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(image))[..16];
        return folder is not null && InFolder(folder, digest, name, image) is { } kept
            ? (kept, Path.Combine(folder.Path, digest, name))
            : (AnonymousFile.Create(name, image), "memory");
    }

    /// <summary>The folder of all copies; null if there is none.</summary>
    /// <param name="root">The user's cache.</param>
    internal static CacheFolder? Folder(string? root)
    {
        if (root is null)
        {
            return null;
        }

        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        return Path.GetDirectoryName(full) is { } above
            ? new CacheFolder(above, Path.Combine(full, "fulcrum", "native"))
            : null;
    }

    /// <summary>Whether only this user, and root, can change what a folder holds, and no folder above it can be
    /// exchanged.</summary>
    internal static bool IsPrivate(string folder)
    {
        for (string? at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            FileEntry entry = FileEntry.OfLink(at);
            bool sticky = at != folder && (entry.Mode & StickyBit) != 0;
            if (
                entry.Kind != EntryKind.Folder
                || !FileEntry.IsOwn(entry.Owner)
                || ((entry.Mode & WritableByOthers) != 0 && !sticky)
            )
            {
                return false;
            }
        }

        return true;
    }

    private static SafeFileHandle? InFolder(CacheFolder cache, string digest, string name, byte[] image)
    {
        string folder = Path.Combine(cache.Path, digest);
        try
        {
            // The folder that holds .cache must exist; what is missing below it is made, what exists must be private.
            if (FileEntry.OfLink(cache.Above).Kind != EntryKind.Folder || !IsPrivate(Existing(folder)))
            {
                return null;
            }

            Create(folder);
            return !IsPrivate(folder)
                ? null
                : OpenSame(Path.Combine(folder, name), image) ?? Write(Path.Combine(folder, name), image);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputException)
        {
            return null;
        }
    }

    // One by one: Directory.CreateDirectory gives its mode to the last folder only.
    private static void Create(string folder)
    {
        if (FileEntry.OfLink(folder).Kind == EntryKind.Missing)
        {
            Create(Path.GetDirectoryName(folder)!);
            Directory.CreateDirectory(folder, Private);
        }
    }

    private static SafeFileHandle? Write(string copy, byte[] image)
    {
        AtomicFile.Write(copy, stream => stream.Write(image), Private);
        return OpenSame(copy, image);
    }

    private static string Existing(string folder)
    {
        string at = folder;
        while (FileEntry.OfLink(at).Kind == EntryKind.Missing)
        {
            at = Path.GetDirectoryName(at)!;
        }

        return at;
    }

    // Returns null if there is no copy, or if it differs from the result of the repair.
    private static SafeFileHandle? OpenSame(string copy, byte[] image)
    {
        FileEntry entry = FileEntry.OfLink(copy);
        if (entry.Kind != EntryKind.File || entry.IsOthers || entry.Names > 1 || entry.Bytes != image.Length)
        {
            return null;
        }

        SafeFileHandle handle = File.OpenHandle(copy);
        byte[] there = new byte[image.Length];
        FileEntry opened = FileEntry.Of(AnonymousFile.PathOf(handle));
        if (opened == entry && ReadAll(handle, there) && there.AsSpan().SequenceEqual(image))
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    private static bool ReadAll(SafeFileHandle handle, Span<byte> into)
    {
        for (int at = 0; at < into.Length; )
        {
            int read = RandomAccess.Read(handle, into[at..], at);
            if (read == 0)
            {
                return false;
            }

            at += read;
        }

        return true;
    }
}

/// <summary>Where copies are kept.</summary>
/// <param name="Above">The user's own folder, which is not made.</param>
/// <param name="Path">The folder of all copies.</param>
internal sealed record CacheFolder(string Above, string Path);

/// <summary>A file without a name, in memory (Linux's memfd).</summary>
[SupportedOSPlatform("linux")]
internal static class AnonymousFile
{
    private const uint CloseOnExec = 1;

    /// <summary>Creates it with a content; null where the kernel refuses.</summary>
    public static SafeFileHandle? Create(string name, byte[] content)
    {
        int descriptor = MemfdCreate(name, CloseOnExec);
        if (descriptor < 0)
        {
            return null;
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        RandomAccess.Write(handle, content, 0);
        return handle;
    }

    /// <summary>The path that leads to an open file, whatever its name leads to now.</summary>
    public static string PathOf(SafeFileHandle handle) => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    [DllImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    private static extern int MemfdCreate([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);
}
