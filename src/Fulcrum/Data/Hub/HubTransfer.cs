using System.Diagnostics;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>A fetch that is about to begin or under way: its files with sizes, and how far it is. Safe to read from any
/// thread.</summary>
internal sealed class HubTransfer
{
    private readonly long began = Stopwatch.GetTimestamp();

    internal HubTransfer(HubReference reference, string commit, IEnumerable<HubFile> files)
    {
        (Reference, Commit) = (reference, commit);
        Files = [.. files.Select(f => new TransferredFile(f.Path, f.Size))];
        Bytes = Files.Aggregate(0L, (sum, f) => long.MaxValue - sum < f.Bytes ? long.MaxValue : sum + f.Bytes);
    }

    /// <summary>What is fetched.</summary>
    public HubReference Reference { get; }

    /// <summary>The commit that it is fetched from.</summary>
    public string Commit { get; }

    /// <summary>The files that are not in the cache.</summary>
    public IReadOnlyList<TransferredFile> Files { get; }

    /// <summary>Bytes of all files together.</summary>
    public long Bytes { get; }

    /// <summary>Bytes that are there, those of an earlier attempt included.</summary>
    public long Done => Files.Sum(f => f.Done);

    /// <summary>Bytes per second since the start, without what an earlier attempt had left.</summary>
    public double Rate => Files.Sum(f => f.Received) / Math.Max(0.001, Stopwatch.GetElapsedTime(began).TotalSeconds);

    /// <summary>Expected remaining time at the rate so far; null before the first bytes.</summary>
    public TimeSpan? Remaining =>
        Rate > 0 ? TimeSpan.FromSeconds(Math.Min((Bytes - Done) / Rate, TimeSpan.MaxValue.TotalSeconds / 2)) : null;

    /// <summary>Ends when the transfer has ended, successful or not.</summary>
    public Task Ended => ended.Task;

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void End() => ended.TrySetResult();
}

/// <summary>One file of a transfer.</summary>
/// <param name="path">Its path in the repository: a text of a server, to be cleaned before it is shown.</param>
/// <param name="bytes">Its size.</param>
internal sealed class TransferredFile(string path, long bytes)
{
    private long resumed;
    private long received;

    /// <summary>Path in the repository, with control characters replaced.</summary>
    public string Path { get; } = Printable.Message(path);

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Bytes that are there.</summary>
    public long Done => Math.Min(Bytes, Interlocked.Read(ref resumed) + Interlocked.Read(ref received));

    internal long Received => Interlocked.Read(ref received);

    internal void Add(int count) => Interlocked.Add(ref received, count);

    // Also called with 0, when what has arrived is discarded.
    internal void Resume(long kept)
    {
        Interlocked.Exchange(ref resumed, kept);
        Interlocked.Exchange(ref received, 0);
    }
}
