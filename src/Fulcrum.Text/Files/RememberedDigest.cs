using System.Collections.Concurrent;

namespace Fulcrum.Files;

/// <summary>SHA-256 digests of files that are asked for again and again: a file is read again only if it may have
/// changed.</summary>
/// <remarks>
/// A digest is kept with the file's inode, size and times. It is used again while all of them are the same. Clocks of
/// file systems tick every few milliseconds, so a change right after the first reading could keep the same times. A
/// digest of a file that changed less than <see cref="Settled"/> before it was read is therefore not kept. Where the
/// system does not tell these facts, every call reads the file.
/// </remarks>
internal static class RememberedDigest
{
    /// <summary>Time after which the clock of a file system has surely moved on, also on network file
    /// systems.</summary>
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
