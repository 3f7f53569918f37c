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

    /// <summary>The nodes that were handed out and have not ended.</summary>
    public IReadOnlyList<StageNode> Running
    {
        get
        {
            lock (gate)
            {
                return [.. running];
            }
        }
    }

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

    /// <summary>Does a node that was handed out. A failure is told at once, because the others may continue for
    /// hours.</summary>
    /// <param name="work">Returns null if the node is complete.</param>
    public void Do(
        StageNode node,
        Func<FulcrumException?> work,
        Action<RunEvent> report,
        CancellationToken cancellation
    )
    {
        FulcrumException? failure = null;
        try
        {
            failure = FailureOf(work, cancellation);
        }
        finally
        {
            End(node, failure);
        }

        if (failure is not null && IsGoingOn())
        {
            string text = $"{node.Name} failed: {failure.Message.TrimEnd('.')}. The others continue";
            report(new RunEvent.Warned(text) { IsStatedElsewhere = true });
        }
    }

    /// <summary>Throws if nodes failed.</summary>
    /// <exception cref="FulcrumException">The message says which, and why the first failed.</exception>
    public void RefuseFailed()
    {
        if (Failed is [var (node, why), ..])
        {
            string others =
                Failed.Count == 1
                    ? ""
                    : $" ({Failed.Count} failed: {string.Join(", ", Failed.Take(8).Select(f => f.Node.Name))})";
            throw Prefixed(why, $"{node.Name}: {why.Message}{others}");
        }
    }

    private static FulcrumException Prefixed(FulcrumException why, string message) =>
        why switch
        {
            InputException => new InputException(message, why),
            GuardException => new GuardException(message),
            _ => new FulcrumException(message, why),
        };

    private static FulcrumException? FailureOf(Func<FulcrumException?> work, CancellationToken cancellation)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            return JobLine.Of(e).Failure();
        }
    }

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

    // Whether a node is at work, or can be handed out.
    private bool IsGoingOn()
    {
        lock (gate)
        {
            return running.Count > 0 || waiting.Any(IsReady);
        }
    }

    private bool IsReady(StageNode node) =>
        needs(node).All(n => !waiting.Contains(n) && !running.Contains(n) && !failed.Any(f => f.Node == n));
}
