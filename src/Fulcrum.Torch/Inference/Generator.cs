using Fulcrum.Evaluation;
using Fulcrum.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Completions: prompts go through the tree, then sequences are decoded together, one token of each a pass.</summary>
internal sealed class Generator(LanguageModel model, bool plain = false)
{
    private const int Together = 64;

    /// <summary>Completes requests that have been checked already.</summary>
    public void Complete(IReadOnlyList<CompletionRequest> requests, Action<int, Completion> answered, CancellationToken cancellation)
    {
        using IDisposable frozen = inference_mode();
        // Neighbours in sorted order share the longest beginnings.
        int[] order = [.. Enumerable.Range(0, requests.Count)];
        Array.Sort(order, (a, b) => requests[a].Prompt.AsSpan().SequenceCompareTo(requests[b].Prompt) is var c && c != 0 ? c : a.CompareTo(b));
        foreach (int[] wave in order.Chunk(plain ? 1 : Together))
        {
            Wave([.. wave.Select(i => new Sequence(i, requests[i], model.Config.ContextLength))], answered, cancellation);
        }
    }

    private void Wave(List<Sequence> sequences, Action<int, Completion> answered, CancellationToken cancellation)
    {
        foreach (Sequence empty in sequences.Where(s => s.Limit == 0).ToArray())
        {
            answered(empty.Index, empty.Result(FinishReason.Length));
            sequences.Remove(empty);
        }

        TokenTree tree = TokenTree.Of([.. sequences.Select(s => s.Request.Prompt)], TreePass.Budget, !plain);
        try
        {
            ILookup<TokenNode, Sequence> ends = Enumerable.Range(0, sequences.Count).ToLookup(tree.EndOf, i => sequences[i]);
            TreePass.Run(model, tree, _ => true, (pack, hidden) => Prefill(pack, hidden, ends), cancellation);
            List<Sequence> active = Finish(sequences, answered);
            Dictionary<Sequence, TokenNode> places = Enumerable.Range(0, sequences.Count).ToDictionary(i => sequences[i], tree.EndOf);
            using DecodeAttention cache = new(model.Config, [.. active.Select(s => (places[s], s.Limit))]);
            int[] slots = [.. Enumerable.Range(0, active.Count)];
            while (active.Count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                Step(active, slots, cache);
                HashSet<Sequence> left = [.. Finish(active, answered)];
                slots = [.. slots.Where((_, i) => left.Contains(active[i]))];
                active = [.. active.Where(left.Contains)];
            }
        }
        finally
        {
            tree.Nodes.ToList().ForEach(n => n.Free());
        }
    }

    private void Prefill(IReadOnlyList<TokenNode> pack, Tensor hidden, ILookup<TokenNode, Sequence> ends)
    {
        Sequence[] here = [.. pack.SelectMany(n => ends[n])];
        if (here.Length > 0)
        {
            long[] rows = [.. pack.SelectMany(n => ends[n].Select(_ => (long)(n.Start + n.Length - 1)))];
            Choose(here, hidden.index_select(0, tensor(rows, device: hidden.device)));
        }
    }

    private void Step(List<Sequence> active, int[] slots, DecodeAttention cache)
    {
        using DisposeScope scope = NewDisposeScope();
        cache.Begin(slots, [.. active.Select(s => s.Ids.Count - 1)], model.Device);
        Tensor ids = tensor(active.Select(s => (long)s.Ids[^1]).ToArray(), device: model.Device);
        Tensor positions = tensor(active.Select(s => (long)(s.Request.Prompt.Length + s.Ids.Count - 1)).ToArray(), device: model.Device);
        Choose(active, model.Forward(ids, positions, cache));
    }

    private void Choose(IReadOnlyList<Sequence> sequences, Tensor hidden)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = model.LogitsAt(hidden), total = logits.logsumexp(-1);
        long[] tokens = logits.argmax(-1).cpu().data<long>().ToArray();
        for (int i = 0; i < sequences.Count; i++)
        {
            if (sequences[i].Request.Sampling is { } sampling)
            {
                tokens[i] = Sampler.Draw(logits[i].cpu().data<float>().ToArray(), sampling, sequences[i].Random, sequences[i].Seen);
            }
        }

        float[] likely = (logits.gather(1, tensor(tokens, device: model.Device).unsqueeze(1)).squeeze(1) - total).cpu().data<float>().ToArray();
        for (int i = 0; i < sequences.Count; i++)
        {
            sequences[i].Ids.Add((int)tokens[i]);
            sequences[i].LogLikelihoods.Add(likely[i]);
        }
    }

    private static List<Sequence> Finish(List<Sequence> sequences, Action<int, Completion> answered)
    {
        List<Sequence> active = [];
        foreach (Sequence s in sequences)
        {
            bool stops = s.Request.EndTokens.Contains(s.Ids[^1]) || (s.Request.StopsAt?.Invoke(s.Ids) ?? false);
            if (stops || s.Ids.Count == s.Limit)
            {
                answered(s.Index, s.Result(stops ? FinishReason.Stop : FinishReason.Length));
            }
            else
            {
                active.Add(s);
            }
        }

        return active;
    }

    private sealed record Sequence(int Index, CompletionRequest Request, int Context)
    {
        public int Limit { get; } = Math.Max(0, Math.Min(Request.MaxNewTokens, Context - Request.Prompt.Length));

        public List<int> Ids { get; } = [];

        public List<double> LogLikelihoods { get; } = [];

        public Random Random { get; } = new(unchecked((int)((Request.Sampling?.Seed ?? 0) ^ ((Request.Sampling?.Seed ?? 0) >> 32))));

        public IEnumerable<int> Seen => Request.Prompt.Concat(Ids);

        public Completion Result(FinishReason reason) => new(Ids, LogLikelihoods, reason);

        public bool Equals(Sequence? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => Index;
    }
}
