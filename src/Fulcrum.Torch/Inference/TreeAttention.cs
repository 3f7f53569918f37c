using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Attention over a node batch, [T]: a token attends to its node's ancestors and, within its node, to itself
/// and the tokens before it.</summary>
/// <remarks>Computed in segments (<see cref="NodeBatchPlan"/>): all rows under a node take one matmul with its keys.
/// Where <see cref="BlockAttention"/> is supported, it computes the result. No score matrix is kept, neither for the
/// result nor for the gradients.</remarks>
internal sealed class TreeAttention : IAttention
{
    private readonly IReadOnlyList<PrefixNode> batch;
    private readonly Func<PrefixNode, bool> keep;
    private readonly List<Piece> pieces;
    private readonly TreeSegments? segments;
    private readonly int[] positions;

    /// <param name="batch">Depth first; a parent outside the batch has its keys and values in its cache.</param>
    /// <param name="keep">Selects the nodes whose keys and values are needed after the pass; these are
    /// copied.</param>
    /// <param name="byPieces">Merge partial results, by libtorch's operations, on every processor.</param>
    public TreeAttention(
        IReadOnlyList<PrefixNode> batch,
        Device device,
        Func<PrefixNode, bool>? keep = null,
        bool byPieces = false
    )
    {
        (this.batch, this.keep) = (batch, keep ?? (_ => false));
        NodeBatchPlan plan = NodeBatchPlan.Of(batch);
        HashSet<PrefixNode> computed = [.. batch];
        segments = byPieces ? null : TreeSegments.Of(batch);
        positions = [.. batch.SelectMany(n => Enumerable.Range(n.Depth, n.Length))];
        pieces =
        [
            .. plan.Own.Select(o => new Piece(
                o.Start,
                o.Count,
                null,
                o.Start,
                o.Count,
                o.Mask is null,
                o.Mask is null ? null : tensor(o.Mask, device: device).view(1, 1, o.Count, o.Count)
            )),
            .. plan.Ancestors.Select(a => new Piece(
                a.Start,
                a.Count,
                computed.Contains(a.Node) ? null : a.Node,
                a.Node.Start,
                a.Node.Length,
                false,
                null
            )),
        ];
    }

    /// <summary>The positions of the batch's tokens.</summary>
    public IReadOnlyList<int> Positions => positions;

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window)
    {
        Pass pass = new(this, layer, window is { } w && w <= positions.Max() ? w : null);
        Tensor output =
            is_grad_enabled() && query.requires_grad
                ? Differentiable.apply(query, key, value, pass)
                : pass.Forward(query, key, value).Output;
        foreach (PrefixNode node in batch.Where(keep))
        {
            node.Keep(Own(key, node), Own(value, node));
        }

        return output;
    }

    /// <summary>Copies the keys or values of a node out of those of the batch, [keyValueHeads, length,
    /// headDim].</summary>
    private static Tensor Own(Tensor all, PrefixNode node)
    {
        using Tensor part = all.narrow(0, node.Start, node.Length),
            turned = part.transpose(0, 1);
        return empty(turned.shape, all.dtype, all.device).copy_(turned);
    }

    // Rows from Start attend to keys of the batch from KeyStart, or to the keys of a node of an earlier batch.
    private sealed record Piece(
        int Start,
        int Count,
        PrefixNode? Cached,
        int KeyStart,
        int KeyCount,
        bool Causal,
        Tensor? Mask
    );

    // One layer: the partial results of all segments, merged.
    private sealed record Pass(TreeAttention Tree, int Layer, int? Window)
    {
        // [T, H * hd]; [KV, G, T]
        public (Tensor Output, Tensor Sum) Forward(Tensor query, Tensor key, Tensor value) =>
            InBlocks(query, key, value) ? Tree.segments!.Attend(Layer, query, key, value) : InPieces(query, key, value);

        private bool InBlocks(Tensor query, Tensor key, Tensor value) =>
            Window is null
            && Tree.segments is { } segments
            && BlockAttention.Supports(query)
            && segments.Fit(Layer, key, value);

        private (Tensor Output, Tensor Sum) InPieces(Tensor query, Tensor key, Tensor value)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor q = Heads(query, key.shape[1]),
                k = Heads(key, key.shape[1]),
                v = Heads(value, key.shape[1]);
            Tensor output = empty([query.shape[0], query.shape[1] * query.shape[2]], query.dtype, query.device),
                all = Heads(output.view(query.shape), key.shape[1]);
            Tensor sum = empty([q.shape[0], q.shape[1], q.shape[2]], device: q.device);
            foreach (Piece p in Tree.pieces)
            {
                using DisposeScope inner = NewDisposeScope();
                (Tensor keys, Tensor values, Tensor? mask) = Parts(p, k, v);
                (Tensor, Tensor) piece = PartialAttention.Forward(
                    q.narrow(2, p.Start, p.Count),
                    keys,
                    values,
                    mask,
                    p.Causal && Window is null,
                    Window is not null
                );
                (Tensor rows, Tensor sums) = (all.narrow(2, p.Start, p.Count), sum.narrow(2, p.Start, p.Count));
                if (p.Cached is null && p.KeyStart == p.Start)
                {
                    rows.copy_(piece.Item1);
                    sums.copy_(piece.Item2);
                }
                else
                {
                    PartialAttention.Merge(rows, sums, piece);
                }
            }

            return (output.MoveToOuterDisposeScope(), sum.MoveToOuterDisposeScope());
        }

        public List<Tensor> Backward(
            Tensor gradient,
            Tensor query,
            Tensor key,
            Tensor value,
            Tensor output,
            Tensor sum
        ) =>
            InBlocks(query, key, value) && Tree.segments!.IsWhole
                ? Tree.segments.Backward(gradient, query, key, value, output, sum)
                : InPieces(gradient, query, key, value, output, sum);

        private List<Tensor> InPieces(
            Tensor gradient,
            Tensor query,
            Tensor key,
            Tensor value,
            Tensor output,
            Tensor sum
        )
        {
            using DisposeScope scope = NewDisposeScope();
            long heads = key.shape[1];
            Tensor q = Heads(query, heads),
                k = Heads(key, heads),
                v = Heads(value, heads),
                g = Heads(gradient.contiguous().view(query.shape), heads),
                o = Heads(output.view(query.shape), heads);
            Tensor[] results = [.. new[] { query, key, value }.Select(t => zeros(t.shape, t.dtype, t.device))];
            Tensor dq = Heads(results[0], heads),
                dk = Heads(results[1], heads),
                dv = Heads(results[2], heads);
            foreach (Piece p in Tree.pieces)
            {
                using DisposeScope inner = NewDisposeScope();
                Tensor Rows(Tensor t) => t.narrow(2, p.Start, p.Count);
                (Tensor keys, Tensor values, Tensor? mask) = Parts(p, k, v);
                (Tensor forQuery, Tensor forKey, Tensor forValue) = PartialAttention.Backward(
                    Rows(g),
                    Rows(q),
                    keys,
                    values,
                    Rows(o),
                    Rows(sum),
                    mask,
                    p.Causal && Window is null,
                    Window is not null
                );
                Rows(dq).Add_(forQuery);
                if (p.Cached is null)
                {
                    dk.narrow(2, p.KeyStart, p.KeyCount).Add_(forKey);
                    dv.narrow(2, p.KeyStart, p.KeyCount).Add_(forValue);
                }
            }

            return [.. results.Select(r => r.MoveToOuterDisposeScope())];
        }

        // [T, KV * G, hd] as [KV, G, T, hd], a view.
        private static Tensor Heads(Tensor x, long keyValueHeads) =>
            x.view(x.shape[0], keyValueHeads, x.shape[1] / keyValueHeads, x.shape[2]).permute(1, 2, 0, 3);

        private (Tensor Keys, Tensor Values, Tensor? Mask) Parts(Piece p, Tensor k, Tensor v)
        {
            (Tensor keys, Tensor values) = p.Cached is { } node
                ? (node.Cache[Layer].Key.unsqueeze(1), node.Cache[Layer].Value.unsqueeze(1))
                : (k.narrow(2, p.KeyStart, p.KeyCount), v.narrow(2, p.KeyStart, p.KeyCount));
            return (keys, values, Window is null ? p.Mask : Windowed(p));
        }

        // The sliding window's mask, combined with the segment's own mask.
        private Tensor Windowed(Piece p)
        {
            float[] mask = new float[p.Count * p.KeyCount];
            for (int i = 0; i < p.Count; i++)
            {
                for (int j = 0; j < p.KeyCount; j++)
                {
                    int at = p.Cached is { } node ? node.Depth + j : Tree.positions[p.KeyStart + j],
                        back = Tree.positions[p.Start + i] - at;
                    mask[i * p.KeyCount + j] = back >= Window || (p.Causal && j > i) ? float.NegativeInfinity : 0;
                }
            }

            Tensor hidden = tensor(mask).view(1, 1, p.Count, p.KeyCount);
            return p.Mask is null ? hidden : hidden.to(p.Mask.device) + p.Mask;
        }
    }

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(TreeAttention);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            (Tensor query, Tensor key, Tensor value, Pass pass) = (
                (Tensor)inputs[0],
                (Tensor)inputs[1],
                (Tensor)inputs[2],
                (Pass)inputs[3]
            );
            (Tensor output, Tensor sum) = pass.Forward(query, key, value);
            context.save_data("pass", pass);
            context.save_for_backward([query, key, value, output.detach(), sum]);
            return output;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            List<Tensor> saved = context.get_saved_variables();
            List<Tensor> gradients = ((Pass)context.get_data("pass")).Backward(
                gradient,
                saved[0],
                saved[1],
                saved[2],
                saved[3],
                saved[4]
            );
            saved.ForEach(s => s.Dispose());
            gradient.Dispose();
            return ReturnedGradients.Of([.. gradients, null!]);
        }
    }
}
