using Fulcrum.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>One new token of each of several sequences, [N]: what siblings share is one product for all of them, what is their own lies in a cache that is written in place.</summary>
internal sealed class DecodeAttention : IAttention, IDisposable
{
    private readonly List<Siblings> groups = [];
    private Tensor order = null!;

    /// <param name="sequences">For each slot the node that its prompt ends in, and the most tokens that are generated.</param>
    public DecodeAttention(ModelConfig config, IReadOnlyList<(TokenNode End, int Limit)> sequences)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (IGrouping<object, int> group in Enumerable.Range(0, sequences.Count).GroupBy(i => (object?)sequences[i].End.Parent ?? this))
        {
            groups.Add(new Siblings(config.Layers, [.. group], [.. group.Select(i => sequences[i])]));
        }
    }

    /// <summary>Says which sequences the next pass continues; its tensors live in the current dispose scope.</summary>
    /// <param name="slots">Their slots.</param>
    /// <param name="generated">How many generated tokens of each are in the cache already.</param>
    public void Begin(int[] slots, int[] generated, Device device)
    {
        Dictionary<int, int> rowOf = Enumerable.Range(0, slots.Length).ToDictionary(r => slots[r]);
        groups.ForEach(g => g.Begin(rowOf, generated, device));
        long[] inverse = new long[slots.Length];
        foreach ((int row, int place) in groups.SelectMany(g => g.Rows).Select((r, i) => (r, i)))
        {
            inverse[row] = place;
        }

        order = tensor(inverse, device: device);
    }

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window)
    {
        using DisposeScope scope = NewDisposeScope();
        (long count, long heads, long size, long keyValueHeads) = (query.shape[0], query.shape[1], query.shape[2], key.shape[1]);
        Tensor q = query.view(count, keyValueHeads, heads / keyValueHeads, size);
        Tensor[] outputs = [.. groups.Where(g => g.Rows.Count > 0).Select(g => g.Attend(layer, q, key, value, window))];
        return cat(outputs, 0).index_select(0, order).view(count, heads * size).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => groups.ForEach(g => g.Dispose());

    // Sequences whose prompts have the same parent node: its path is shared, the last node and the generated tokens are their own.
    private sealed class Siblings : IDisposable
    {
        private readonly int[] slots;
        private readonly int[] prompts;
        private readonly int shared, capacity;
        private readonly List<(Tensor Key, Tensor Value)> prefixes = [], tails = [];
        private Tensor rows = null!, locals = null!, places = null!, positions = null!;
        private int longest;

        public Siblings(int layers, int[] slots, IReadOnlyList<(TokenNode End, int Limit)> sequences)
        {
            (this.slots, prompts, shared) = (slots, [.. sequences.Select(s => s.End.Length)], sequences[0].End.Depth);
            capacity = sequences.Max(s => s.End.Length + s.Limit);
            for (int layer = 0; layer < layers; layer++)
            {
                if (sequences[0].End.Parent is { } parent)
                {
                    prefixes.Add((TreeAttention.Joined(parent, layer, c => c.Key).DetachFromDisposeScope(), TreeAttention.Joined(parent, layer, c => c.Value).DetachFromDisposeScope()));
                }

                tails.Add((Tail([.. sequences.Select(s => s.End.Cache[layer].Key)]), Tail([.. sequences.Select(s => s.End.Cache[layer].Value)])));
            }
        }

        public List<int> Rows { get; private set; } = [];

        public void Begin(Dictionary<int, int> rowOf, int[] generated, Device device)
        {
            int[] active = [.. Enumerable.Range(0, slots.Length).Where(i => rowOf.ContainsKey(slots[i]))];
            Rows = [.. active.Select(i => rowOf[slots[i]])];
            if (active.Length == 0)
            {
                return;
            }

            int[] at = [.. active.Select(i => prompts[i] + generated[rowOf[slots[i]]])];
            longest = at.Max() + 1;
            rows = tensor(Rows.Select(r => (long)r).ToArray(), device: device);
            locals = tensor(active.Select(i => (long)i).ToArray(), device: device);
            places = tensor(active.Select((i, k) => (long)i * capacity + at[k]).ToArray(), device: device);
            positions = tensor(at.Select(a => (long)(shared + a)).ToArray(), device: device).view(-1, 1, 1, 1);
        }

        public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window)
        {
            Tensor q = query.index_select(0, rows);
            (long count, long heads, long group, long size) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
            Tensor ownKey = Own(tails[layer].Key, key), ownValue = Own(tails[layer].Value, value); // [n, KV, longest, hd]
            Tensor scores = q.matmul(ownKey.transpose(2, 3));
            Tensor together = q.transpose(0, 1).reshape(heads, count * group, size);
            if (prefixes.Count > 0)
            {
                Tensor before = together.matmul(prefixes[layer].Key.transpose(1, 2)).view(heads, count, group, shared).transpose(0, 1);
                scores = cat([before, scores], -1);
            }

            Tensor back = positions - arange(scores.shape[^1], device: q.device);
            Tensor hidden = window is { } w ? (back < 0).logical_or(back >= w) : back < 0;
            Tensor weights = scores.to_type(ScalarType.Float32).masked_fill(hidden, float.NegativeInfinity).softmax(-1).to_type(q.dtype);
            Tensor mixed = weights.narrow(-1, weights.shape[^1] - longest, longest).matmul(ownValue);
            if (prefixes.Count > 0)
            {
                Tensor part = weights.narrow(-1, 0, shared).transpose(0, 1).reshape(heads, count * group, shared);
                mixed = mixed + part.matmul(prefixes[layer].Value).view(heads, count, group, size).transpose(0, 1);
            }

            return mixed.reshape(count, heads * group * size);
        }

        public void Dispose()
        {
            foreach ((Tensor key, Tensor value) in prefixes.Concat(tails))
            {
                key.Dispose();
                value.Dispose();
            }
        }

        // [n, capacity, KV, hd], the prompts' own parts at its beginning; zeros behind them, because a masked weight of 0 times garbage is not 0.
        private Tensor Tail(Tensor[] own)
        {
            Tensor tail = zeros([own.Length, capacity, own[0].shape[0], own[0].shape[2]], own[0].dtype, own[0].device);
            for (int i = 0; i < own.Length; i++)
            {
                tail[i].narrow(0, 0, prompts[i]).copy_(own[i].transpose(0, 1));
            }

            return tail.DetachFromDisposeScope();
        }

        private Tensor Own(Tensor tail, Tensor fresh)
        {
            tail.view(-1, fresh.shape[1], fresh.shape[2]).index_copy_(0, places, fresh.index_select(0, rows));
            Tensor seen = tail.narrow(1, 0, longest);
            return (Rows.Count == slots.Length ? seen : seen.index_select(0, locals)).transpose(1, 2);
        }
    }
}
