using System.Diagnostics;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>A download that is about to begin or running: its files, and the progress. Any thread may read
/// it.</summary>
internal sealed class HubTransfer
{
    private readonly long began = Stopwatch.GetTimestamp();

    internal HubTransfer(HubReference reference, string commit, IEnumerable<HubFile> files)
    {
        (Reference, Commit) = (reference, commit);
        Files = [.. files.Select(f => new TransferredFile(f.Path, f.Size))];
        Bytes = Files.Aggregate(0L, (sum, f) => long.MaxValue - sum < f.Bytes ? long.MaxValue : sum + f.Bytes);
    }

    /// <summary>The repository.</summary>
    public HubReference Reference { get; }

    /// <summary>The commit.</summary>
    public string Commit { get; }

    /// <summary>The files that are not in the cache.</summary>
    public IReadOnlyList<TransferredFile> Files { get; }

    /// <summary>Bytes of all files together.</summary>
    public long Bytes { get; }

    /// <summary>Bytes that have arrived, including those of an earlier attempt.</summary>
    public long Done => Files.Sum(f => f.Done);

    /// <summary>Bytes per second since the start, without the bytes of an earlier attempt.</summary>
    public double Rate => Files.Sum(f => f.Received) / Math.Max(0.001, Stopwatch.GetElapsedTime(began).TotalSeconds);

    /// <summary>Expected remaining time at the rate so far; null before the first bytes.</summary>
    public TimeSpan? Remaining =>
        Rate > 0 ? TimeSpan.FromSeconds(Math.Min((Bytes - Done) / Rate, TimeSpan.MaxValue.TotalSeconds / 2)) : null;

    /// <summary>Completes when the download has ended, successfully or not.</summary>
    public Task Ended => ended.Task;

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void End() => ended.TrySetResult();
}

/// <summary>One file of a download.</summary>
/// <param name="path">Its path in the repository, which the server chose.</param>
/// <param name="bytes">Its size.</param>
internal sealed class TransferredFile(string path, long bytes)
{
    private long resumed;
    private long received;

    /// <summary>Path in the repository, with control characters replaced for display.</summary>
    public string Path { get; } = Printable.Message(path);

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Bytes that have arrived.</summary>
    public long Done => Math.Min(Bytes, Interlocked.Read(ref resumed) + Interlocked.Read(ref received));

    internal long Received => Interlocked.Read(ref received);

    internal void Add(int count) => Interlocked.Add(ref received, count);

    // Sets the bytes that an earlier attempt left; 0 if they are discarded.
    internal void Resume(long kept)
    {
        Interlocked.Exchange(ref resumed, kept);
        Interlocked.Exchange(ref received, 0);
    }
}
