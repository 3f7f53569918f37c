using System.Collections.Concurrent;

namespace Fulcrum.Files;

/// <summary>Caches SHA-256 digests of files within a process. A file is read again only if it may have
/// changed.</summary>
/// <remarks>
/// A digest is kept with the file's inode, size and times. It is used again while all of them are the same. Clocks of
/// file systems tick every few milliseconds, so a change right after the first reading could keep the same times. A
/// digest of a file that changed less than <see cref="Settled"/> before it was read is therefore not kept. Outside
/// Linux these facts are not read, and every call reads the file.
/// </remarks>
internal static class RememberedDigest
{
    /// <summary>Time after which the clock of every file system has moved on. The coarsest usual one, of FAT, has steps
    /// of 2 s.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    private static readonly ConcurrentDictionary<string, (FileState State, string Digest)> Known = new(
        StringComparer.Ordinal
    );

    /// <summary>Returns the digest of a file's bytes.</summary>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        FileState? before = FileState.Of(full);
        if (
            before is { } now
            && Known.TryGetValue(full, out (FileState State, string Digest) kept)
            && kept.State == now
        )
        {
            return kept.Digest;
        }

        string digest = Sha256.OfFile(full);
        Keep(full, before, digest);
        return digest;
    }

    private static void Keep(string path, FileState? before, string digest)
    {
        long limit = (TimeProvider.System.GetUtcNow() - Settled - DateTimeOffset.UnixEpoch).Ticks * 100;
        if (before is { } state && FileState.Of(path) == state && Math.Max(state.Written, state.Changed) < limit)
        {
            Known[path] = (state, digest);
        }
        else
        {
            _ = Known.TryRemove(path, out _);
        }
    }
}
