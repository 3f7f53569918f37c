using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Attention of the new tokens of running sequences, [N]: of each its next token, then those of its draft. A
/// shared prefix lies in nodes and is computed for all sequences under a node at once. Each sequence's own tokens lie
/// in a KV cache that is written in place.</summary>
/// <remarks>New sequences enter after the last one. When a sequence leaves, the last one takes its slot. The cache is
/// copied otherwise only to grow.</remarks>
internal sealed class DecodeAttention(ModelConfig config, ScalarType dtype, Device device) : IAttention, IDisposable
{
    // A sequence's own last node up to this length moves into the cache. A longer node stays in the tree; in the
    // cache it would widen every slot.
    private const int LongestTail = 128;

    // A node with at most this many readers is read once per row. With more readers it is faster to read it once for
    // all.
    private const int MostRowReaders = 4;

    private readonly bool inBlocks =
        BlockAttention.Supports(dtype, device.type, config.HeadDim) && config.Windows.All(w => w is null);
    private readonly List<RunningSequence> running = [];
    private List<Shared> shared = [];
    private SharedPrefixes? prefixes;
    private readonly SlotCache tails = new(config, dtype, device);
    private readonly HashSet<PrefixNode> readTogether = [];
    private StepRow[] rows = [];
    private int longest;
    private Tensor places = null!;
    private int[] positions = [];
    private readonly Dictionary<int, Tensor?> masks = [];

    /// <summary>Number of running sequences.</summary>
    public int Count => running.Count;

    /// <summary>Adds sequences after the running ones.</summary>
    /// <param name="sequences">For each sequence: the node in which its prompt ends (it stays in memory with its
    /// ancestors until the sequence leaves), whether no other sequence reads that node, and the maximum number of
    /// generated tokens.</param>
    public void Enter(IReadOnlyList<(PrefixNode End, bool Alone, int Limit)> sequences)
    {
        tails.Reserve(
            running.Count + sequences.Count,
            sequences.Max(s => (Moves(s.End, s.Alone) ? s.End.Length : 0) + s.Limit)
        );
        foreach ((PrefixNode end, bool alone, _) in sequences)
        {
            bool moves = Moves(end, alone);
            for (int layer = 0; moves && layer < config.Layers; layer++)
            {
                tails.Put(layer, running.Count, end.Cache[layer]);
            }

            if (moves)
            {
                end.Free();
            }

            IReadOnlyList<PrefixNode> nodes = end.Path;
            running.Add(
                moves
                    ? new RunningSequence([.. nodes.SkipLast(1)], end.Depth) { Length = end.Length }
                    : new RunningSequence(nodes, end.Depth + end.Length)
            );
        }

        shared = Regrouped();
    }

    /// <summary>Removes a sequence; the last one takes its slot.</summary>
    public void Leave(int slot)
    {
        int last = running.Count - 1;
        if (slot != last)
        {
            tails.Move(last, slot, running[last].Length);
        }

        running[slot] = running[last];
        running.RemoveAt(last);
        shared = Regrouped();
    }

    /// <summary>Whether a sequence may have several new tokens in a pass. Then the result of a row depends neither on
    /// the other rows nor on which sequences leave, and stays so until sequences enter.</summary>
    public bool TakesDrafts =>
        RowAttention.Supports(tails[0].Key) && (inBlocks || shared.All(s => s.Slots.Length <= MostRowReaders));

    /// <summary>Prepares the next pass, which continues every running sequence; its tensors live in the current dispose
    /// scope.</summary>
    /// <param name="counts">The number of new tokens of each sequence; more than one only if
    /// <see cref="TakesDrafts"/>.</param>
    /// <returns>The positions of the new tokens.</returns>
    /// <exception cref="InvalidOperationException">A sequence is longer than its limit at entry.</exception>
    public int[] Begin(IReadOnlyList<int> counts)
    {
        FreeMasks();
        rows =
        [
            .. running.SelectMany((r, slot) => Enumerable.Range(0, counts[slot]).Select(i => new StepRow(r, slot, i))),
        ];
        longest = rows.Max(r => r.Length) + 1;
        if (longest > tails.Capacity)
        {
            throw new InvalidOperationException("a sequence is longer than was said when it entered");
        }

        prefixes?.Dispose();
        prefixes = inBlocks ? SharedPrefixes.Of([.. rows.Select(r => r.Sequence.ReadTogether)]) : null;
        places = tensor(rows.Select(r => (long)r.Slot * tails.Capacity + r.Length).ToArray(), device: device);
        positions = [.. rows.Select(r => r.Position)];
        return positions;
    }

    /// <summary>Ends the pass: the first of the new tokens of each sequence are added to it, the others
    /// removed.</summary>
    /// <param name="kept">The number of tokens that each sequence keeps.</param>
    public void End(IReadOnlyList<int> kept)
    {
        for (int slot = 0; slot < running.Count; slot++)
        {
            running[slot].Length += kept[slot];
        }
    }

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window)
    {
        using DisposeScope scope = NewDisposeScope();
        (long count, long heads, long size, long keyValueHeads) = (
            query.size(0),
            query.size(1),
            query.size(2),
            key.size(1)
        );
        int? binding = window is { } w && positions.Max() >= w ? w : null;
        Tensor q = query.view(count, keyValueHeads, heads / keyValueHeads, size); // [N, KV, G, hd]
        CachedRows cached = new(tails[layer].Key, tails[layer].Value);
        bool byRow = cached.Supports(query, key, value);
        (Tensor output, Tensor sum) = byRow
            ? cached.Attend(layer, q, key, value, rows, binding, prefixes?.Attend(layer, q))
            : InOneCall(layer, q, key, value, binding);
        foreach (Shared part in shared.Where(s => !byRow || (!inBlocks && s.Slots.Length > MostRowReaders)))
        {
            MergeShared(part, layer, q, output, sum, binding);
        }

        return output.reshape(count, heads * size).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tails.Dispose();
        shared.ForEach(s => s.Index?.Dispose());
        prefixes?.Dispose();
        FreeMasks();
    }

    private static bool Moves(PrefixNode end, bool alone) => alone && end.Length <= LongestTail;

    // Attention to all sequences' own tokens in one call of libtorch, with shorter sequences masked.
    private (Tensor Output, Tensor Sum) InOneCall(int layer, Tensor query, Tensor key, Tensor value, int? window) =>
        PartialAttention.Forward(
            query,
            Own(tails[layer].Key, key),
            Own(tails[layer].Value, value),
            Mask(window),
            plain: window is not null
        );

    // All rows under a node against its keys, [1, KV, rows * G, hd], in one matmul.
    private void MergeShared(Shared part, int layer, Tensor query, Tensor output, Tensor sum, int? window)
    {
        using DisposeScope scope = NewDisposeScope();
        (long heads, long group, long size, int count) = (
            query.size(1),
            query.size(2),
            query.size(3),
            part.Slots.Length
        );
        Tensor Rows(Tensor t) => part.Index is null ? t.narrow(0, part.Slots[0], count) : t.Rows(part.Index);
        Tensor q = Rows(query).transpose(0, 1).reshape(1, heads, count * group, size);
        (Tensor key, Tensor value) = part.Node.Cache[layer];
        Tensor? mask = window is { } w ? Behind(part, w, (int)group) : null;
        (Tensor mixed, Tensor sums) = PartialAttention.Forward(
            q,
            key.unsqueeze(0),
            value.unsqueeze(0),
            mask,
            plain: mask is not null
        );
        (Tensor, Tensor) piece = (
            mixed.view(heads, count, group, size).transpose(0, 1),
            sums.reshape(heads, count, group).transpose(0, 1)
        );
        (Tensor joined, Tensor joinedSum) = (Rows(output), Rows(sum));
        PartialAttention.Merge(joined, joinedSum, piece);
        if (part.Index is not null)
        {
            output.index_copy_(0, part.Index, joined);
            sum.index_copy_(0, part.Index, joinedSum);
        }
    }

    // Writes the new tokens and returns each sequence's own part, [N, KV, longest, hd].
    private Tensor Own(Tensor tail, Tensor fresh)
    {
        tail.view(-1, tail.shape[2], tail.shape[3]).index_copy_(0, places, fresh);
        return tail.narrow(0, 0, running.Count).narrow(1, 0, longest).transpose(1, 2);
    }

    // [N, 1, 1, longest]; null if every sequence attends to its complete row.
    private Tensor? Mask(int? window)
    {
        if (masks.TryGetValue(window ?? 0, out Tensor? known))
        {
            return known;
        }

        float[] mask = new float[running.Count * longest];
        for (int i = 0; i < running.Count; i++)
        {
            for (int j = 0; j < longest; j++)
            {
                mask[i * longest + j] =
                    j > running[i].Length || running[i].Length - j >= (window ?? int.MaxValue)
                        ? float.NegativeInfinity
                        : 0;
            }
        }

        return masks[window ?? 0] = mask.Any(m => m != 0)
            ? tensor(mask, device: device).view(running.Count, 1, 1, longest).DetachFromDisposeScope()
            : null;
    }

    // [1, 1, rows * G, length]: masks the node's tokens that are outside a row's window.
    private Tensor Behind(Shared part, int window, int group)
    {
        float[] mask = new float[part.Slots.Length * group * part.Node.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            (int row, int column) = (i / (group * part.Node.Length), i % part.Node.Length);
            mask[i] = positions[part.Slots[row]] - (part.Node.Depth + column) >= window ? float.NegativeInfinity : 0;
        }

        return tensor(mask, device: device).view(1, 1, part.Slots.Length * group, part.Node.Length);
    }

    private void FreeMasks()
    {
        masks.Values.ToList().ForEach(m => m?.Dispose());
        masks.Clear();
    }

    private List<Shared> Regrouped()
    {
        shared.ForEach(s => s.Index?.Dispose());
        Dictionary<PrefixNode, List<int>> under = [];
        for (int slot = 0; slot < running.Count; slot++)
        {
            foreach (PrefixNode node in running[slot].Nodes)
            {
                under.TryAdd(node, []);
                under[node].Add(slot);
            }
        }

        // In blocks a node stays there when readers leave: a row's result must not depend on when others finish.
        readTogether.RemoveWhere(n => !inBlocks || !under.ContainsKey(n));
        readTogether.UnionWith(under.Where(u => u.Value.Count > MostRowReaders).Select(u => u.Key));
        running.ForEach(r =>
            (r.ReadByRow, r.ReadTogether) = (
                [.. r.Nodes.Where(n => !readTogether.Contains(n))],
                [.. r.Nodes.Where(readTogether.Contains)]
            )
        );
        return
        [
            .. under.Select(u => new Shared(
                u.Key,
                [.. u.Value],
                u.Value[^1] - u.Value[0] + 1 == u.Value.Count
                    ? null
                    : tensor(u.Value.Select(s => (long)s).ToArray(), device: device).DetachFromDisposeScope()
            )),
        ];
    }

    // Index: null if the slots are contiguous.
    private sealed record Shared(PrefixNode Node, int[] Slots, Tensor? Index);
}
