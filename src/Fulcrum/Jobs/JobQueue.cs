using Fulcrum.Runs;

namespace Fulcrum.Jobs;

/// <summary>Distributes nodes to several processes. A node is handed out after the nodes that it needs are
/// complete.</summary>
/// <param name="needs">Returns the nodes that a node needs.</param>
internal sealed class JobQueue(Func<StageNode, IReadOnlyList<StageNode>> needs, IEnumerable<StageNode> nodes)
{
    private readonly Lock gate = new();
    private readonly List<StageNode> waiting = [.. nodes];
    private readonly HashSet<StageNode> running = [];
    private readonly List<(StageNode Node, FulcrumException Why)> failed = [];

    /// <summary>The failed nodes, in the order of their failures.</summary>
    public IReadOnlyList<(StageNode Node, FulcrumException Why)> Failed => failed;

    /// <summary>The nodes that were never handed out.</summary>
    public IReadOnlyList<StageNode> Waiting => waiting;

    /// <summary>Returns the next node; null if none is left. It waits while all remaining nodes need one that is
    /// running.</summary>
    public StageNode? Take(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            lock (gate)
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

    /// <summary>Records the end of a node.</summary>
    /// <param name="failure">Null: it is complete.</param>
    public void End(StageNode node, FulcrumException? failure)
    {
        lock (gate)
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
