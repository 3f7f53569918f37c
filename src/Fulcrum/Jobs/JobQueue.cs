using Fulcrum.Runs;

namespace Fulcrum.Jobs;

/// <summary>Hands out nodes to several processes, each node after those that it needs.</summary>
/// <param name="needs">Returns the nodes that a node needs.</param>
internal sealed class JobQueue(Func<StageNode, IReadOnlyList<StageNode>> needs, IEnumerable<StageNode> nodes)
{
    private readonly Lock door = new();
    private readonly List<StageNode> waiting = [.. nodes];
    private readonly HashSet<StageNode> running = [];
    private readonly List<(StageNode Node, FulcrumException Why)> failed = [];

    /// <summary>The nodes that failed, in the order in which they did.</summary>
    public IReadOnlyList<(StageNode Node, FulcrumException Why)> Failed => failed;

    /// <summary>The nodes that were never handed out.</summary>
    public IReadOnlyList<StageNode> Waiting => waiting;

    /// <summary>Returns the next node; waits while only nodes are left that need a running one. Null: none is
    /// left.</summary>
    public StageNode? Take(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            lock (door)
            {
                if (waiting.FirstOrDefault(IsReady) is { } next)
                {
                    waiting.Remove(next);
                    running.Add(next);
                    return next;
                }

                if (running.Count == 0 || waiting.Count == 0)
                {
                    return null;
                }
            }

            ended.WaitOne(TimeSpan.FromMilliseconds(200));
        }
    }

    private readonly AutoResetEvent ended = new(false);

    /// <summary>Takes note of a node's end.</summary>
    /// <param name="failure">Null: it is complete.</param>
    public void End(StageNode node, FulcrumException? failure)
    {
        lock (door)
        {
            running.Remove(node);
            if (failure is not null)
            {
                failed.Add((node, failure));
            }
        }

        ended.Set();
    }

    private bool IsReady(StageNode node) =>
        needs(node).All(n => !waiting.Contains(n) && !running.Contains(n) && !failed.Any(f => f.Node == n));
}
