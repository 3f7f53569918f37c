using System.Security.Cryptography;
using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>The digest by which the hub names a content: SHA-256, or git's SHA-1 over a header and the
/// content.</summary>
internal sealed class RunningDigest : IDisposable
{
    private const int GitDigits = 40;
    private readonly IncrementalHash hash;
    private readonly string expected;
    private readonly byte[] buffer = new byte[1 << 18];
    private long read;

    /// <summary>Starts the digest of a file of known size.</summary>
    /// <param name="expected">40 hexadecimal digits for git's SHA-1, 64 for SHA-256.</param>
    public RunningDigest(string expected, long size)
    {
        this.expected = expected;
        bool git = expected.Length == GitDigits;
        hash = IncrementalHash.CreateHash(git ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (git)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
        }
    }

    /// <summary>Whether a file's content has the digest.</summary>
    public static bool Matches(string path, string expected)
    {
        using Stream file = BoundedFile.Open(path, long.MaxValue);
        using RunningDigest digest = new(expected, file.Length);
        digest.Advance(b => file.Read(b), file.Length);
        return digest.Matches();
    }

    /// <summary>Follows the bytes of a partial file while they arrive, until it is complete or the work ends.</summary>
    public async Task FollowAsync(PartialFile file, CancellationToken stopped)
    {
        while (read < file.Size && !stopped.IsCancellationRequested)
        {
            long there = file.Contiguous;
            if (there - read < buffer.Length && there < file.Size)
            {
                await Task.Delay(5, stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            Advance(b => file.Read(b, read), there);
        }
    }

    /// <summary>Whether the bytes read have the expected digest.</summary>
    public bool Matches() => Convert.ToHexStringLower(hash.GetCurrentHash()) == expected;

    public void Dispose() => hash.Dispose();

    private void Advance(ReadBytes source, long until)
    {
        while (read < until)
        {
            int count = source(buffer.AsSpan(0, (int)Math.Min(buffer.Length, until - read)));
            if (count == 0)
            {
                return;
            }

            hash.AppendData(buffer, 0, count);
            read += count;
        }
    }

    private delegate int ReadBytes(Span<byte> buffer);
}
