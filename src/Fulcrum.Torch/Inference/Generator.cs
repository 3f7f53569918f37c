using System.Runtime.InteropServices;
using Fulcrum.Models;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Generates completions. Prompts are computed by the prefix tree. Then sequences are decoded together, one
/// token per pass, and the tokens of a draft if the model chooses them; when sequences finish, waiting ones
/// enter.</summary>
/// <param name="drafts">Use drafts where the result does not depend on them.</param>
internal sealed class Generator(
    LanguageModel model,
    int budget = TreePass.Budget,
    int together = Generator.MaxConcurrentSequences,
    bool drafts = true
)
{
    /// <summary>Default of the maximum concurrency: enough rows for large matmuls.</summary>
    public const int MaxConcurrentSequences = 64;

    // Maximum number of tokens in the caches of all running sequences.
    private const int CacheTokens = 1 << 16;

    private readonly DraftPolicy policy = new(drafts ? model.IndependentRows : 1);

    /// <summary>The draft tokens so far.</summary>
    public DraftCounts Drafts => policy.Counts;

    /// <summary>Completes requests that have been checked already.</summary>
    public void Complete(
        IReadOnlyList<CompletionRequest> requests,
        Action<int, Completion> answered,
        CancellationToken cancellation
    )
    {
        using IDisposable frozen = inference_mode();
        List<Sequence> sequences = [.. requests.Select((r, i) => new Sequence(i, r, model.Config.ContextLength))];
        foreach (Sequence empty in sequences.Where(s => s.Finished is not null).ToArray())
        {
            answered(empty.Index, empty.Result(FinishReason.Length));
            sequences.Remove(empty);
        }

        PrefixTree tree = PrefixTree.Of([.. sequences.Select(s => s.Request.Prompt)], budget);
        Plan plan = new(tree, sequences);
        try
        {
            Run(plan, answered, cancellation);
        }
        finally
        {
            tree.Nodes.ToList().ForEach(n => n.Free());
        }
    }

    private void Run(Plan plan, Action<int, Completion> answered, CancellationToken cancellation)
    {
        using DecodeAttention cache = new(model.Config, model.Dtype, model.Device);
        List<Sequence> active = [];
        while (active.Count > 0 || plan.Waiting.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (
                active.Count == 0
                || plan.Waiting.Count > 0
                    && together - active.Count >= Math.Min(plan.Waiting.Count, Math.Max(1, together / 4))
            )
            {
                Admit(plan, active, cache, answered, cancellation);
            }

            if (active.Count > 0)
            {
                // Sequences that enter would be computed in other passes if others finished earlier.
                Step(active, cache, plan.Waiting.Count == 0 && cache.TakesDrafts);
                Finish(plan, active, cache, answered);
            }
        }
    }

    // Adds the next sequences in the tree's order to the running batch. First the missing parts of their prompts are
    // computed, in as few passes as possible.
    private void Admit(
        Plan plan,
        List<Sequence> active,
        DecodeAttention cache,
        Action<int, Completion> answered,
        CancellationToken cancellation
    )
    {
        List<Sequence> next = TakeNext(plan, active);
        TreePass.Run(
            model,
            plan.Missing(next),
            budget,
            _ => true,
            batch => [.. batch.SelectMany(n => plan.EndingAt(n).Select(_ => (long)(n.Start + n.Length - 1)))],
            (batch, hidden) => Prefill(plan, batch, hidden),
            cancellation
        );
        foreach (Sequence done in next.Where(s => s.Finished is not null))
        {
            Answer(plan, done, answered);
        }

        Sequence[] entering = [.. next.Where(s => s.Finished is null)];
        if (entering.Length > 0)
        {
            cache.Enter([.. entering.Select(s => (plan.EndOf(s), plan.IsAlone(s), s.Limit))]);
            active.AddRange(entering);
        }
    }

    // Takes the sequences that fit into the cache besides the active ones.
    private List<Sequence> TakeNext(Plan plan, List<Sequence> active)
    {
        List<Sequence> next = [];
        int widest = active.Select(Width).DefaultIfEmpty(0).Max();
        while (plan.Waiting.TryPeek(out Sequence? candidate) && active.Count + next.Count < together)
        {
            int count = active.Count + next.Count;
            widest = Math.Max(widest, Width(candidate));
            if (count > 0 && widest * (count + 1) > CacheTokens)
            {
                break;
            }

            next.Add(plan.Waiting.Dequeue());
        }

        return next;
    }

    // The largest number of tokens that a sequence may have.
    private static int Width(Sequence sequence) => sequence.Request.Prompt.Length + sequence.Limit;

    private void Finish(Plan plan, List<Sequence> active, DecodeAttention cache, Action<int, Completion> answered)
    {
        for (int slot = active.Count - 1; slot >= 0; slot--)
        {
            if (active[slot].Finished is not null)
            {
                policy.Add(active[slot].Ids);
                Answer(plan, active[slot], answered);
                cache.Leave(slot);
                active[slot] = active[^1];
                active.RemoveAt(active.Count - 1);
            }
        }
    }

    private static void Answer(Plan plan, Sequence sequence, Action<int, Completion> answered)
    {
        plan.Release(sequence);
        answered(sequence.Index, sequence.Result(sequence.Finished!.Value));
    }

    // Chooses the first token of every sequence whose prompt ends in the batch. Sequences that still wait are included,
    // because no later pass computes their prompt again.
    private void Prefill(Plan plan, IReadOnlyList<PrefixNode> batch, Tensor hidden)
    {
        Sequence[] ending = [.. batch.SelectMany(plan.EndingAt)];
        if (ending.Length > 0)
        {
            Sequence.Choose(ending, model.LogitsAt(hidden));
        }
    }

    private void Step(List<Sequence> active, DecodeAttention cache, bool drafting)
    {
        using DisposeScope scope = NewDisposeScope();
        Draft[] proposed = drafting ? policy.Propose(active) : [.. active.Select(_ => Draft.None)];
        int[] before = [.. active.Select(s => s.Ids.Count)];
        List<int> ids = [];
        for (int i = 0; i < active.Count; i++)
        {
            ids.Add(active[i].Ids[^1]);
            ids.AddRange(proposed[i].Tokens);
        }

        Tensor hidden = model.Forward(
            tensor(ids, dtype: ScalarType.Int64, device: model.Device),
            tensor(
                cache.Begin([.. proposed.Select(d => 1 + d.Tokens.Length)]),
                dtype: ScalarType.Int64,
                device: model.Device
            ),
            cache
        );
        Sequence.Choose(active, model.LogitsAt(hidden), proposed);
        for (int i = 0; i < active.Count; i++)
        {
            policy.Learn(proposed[i], CollectionsMarshal.AsSpan(active[i].Ids)[before[i]..]);
        }

        cache.End([.. active.Select((s, i) => s.Ids.Count - before[i])]);
    }

    // The waiting sequences in the order of the tree, and how long each node of the tree is still needed.
    private sealed class Plan
    {
        private readonly Dictionary<Sequence, PrefixNode> ends = [];
        private readonly ILookup<PrefixNode, Sequence> ending;
        private readonly Dictionary<PrefixNode, int> order,
            readers = [];

        public Plan(PrefixTree tree, IReadOnlyList<Sequence> sequences)
        {
            order = tree.Nodes.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i);
            for (int i = 0; i < sequences.Count; i++)
            {
                ends[sequences[i]] = tree.EndOf(i);
                foreach (PrefixNode node in tree.EndOf(i).Path)
                {
                    readers[node] = readers.GetValueOrDefault(node) + 1;
                }
            }

            ending = sequences.ToLookup(s => ends[s]);
            Waiting = new Queue<Sequence>(sequences.OrderBy(s => order[ends[s]]).ThenBy(s => s.Index));
        }

        /// <summary>The sequences that have not entered, in the tree's order.</summary>
        public Queue<Sequence> Waiting { get; }

        /// <summary>Returns the node that ends a sequence's prompt.</summary>
        public PrefixNode EndOf(Sequence sequence) => ends[sequence];

        /// <summary>Returns the sequences whose prompts end at a node.</summary>
        public IEnumerable<Sequence> EndingAt(PrefixNode node) => ending[node];

        /// <summary>Returns whether no other sequence that still runs or waits has the node that ends this
        /// prompt.</summary>
        public bool IsAlone(Sequence sequence) => readers[ends[sequence]] == 1;

        public IReadOnlyList<PrefixNode> Missing(IEnumerable<Sequence> sequences) =>
            [
                .. sequences
                    .SelectMany(s => ends[s].Path)
                    .Distinct()
                    .Where(n => n.Cache.Count == 0)
                    .OrderBy(n => order[n]),
            ];

        public void Release(Sequence sequence)
        {
            foreach (PrefixNode node in ends[sequence].Path)
            {
                if (--readers[node] == 0)
                {
                    node.Free();
                }
            }
        }
    }
}
