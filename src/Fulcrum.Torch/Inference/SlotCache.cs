using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Keys and values of each running sequence's own tokens, one slot per sequence, written in place.</summary>
/// <remarks>A layer's tensors are [slots, capacity, KV, hd]. They are zero-initialised, because a weight of 0 times NaN
/// is NaN.</remarks>
internal sealed class SlotCache(ModelConfig config, ScalarType dtype, Device device) : IDisposable
{
    private (Tensor Key, Tensor Value)[] layers = [];
    private int slots;

    /// <summary>Tokens per slot.</summary>
    public int Capacity { get; private set; }

    /// <summary>The keys and values of a layer.</summary>
    public (Tensor Key, Tensor Value) this[int layer] => layers[layer];

    /// <summary>Grows to at least this many slots and tokens per slot. Slots grow by doubling.</summary>
    public void Reserve(int count, int length)
    {
        if (count <= slots && length <= Capacity && layers.Length > 0)
        {
            return;
        }

        (int had, int wide) = (slots, Capacity);
        slots = count <= slots ? slots : Math.Max(count, 2 * slots);
        Capacity = length <= Capacity ? Capacity : length;
        layers =
        [
            .. Enumerable
                .Range(0, config.Layers)
                .Select(layer => (Grown(layer, t => t.Key), Grown(layer, t => t.Value))),
        ];

        Tensor Grown(int layer, Func<(Tensor Key, Tensor Value), Tensor> of)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor grown = zeros([slots, Capacity, config.KeyValueHeads, config.HeadDim], dtype, device);
            if (layers.Length > 0)
            {
                using Tensor old = of(layers[layer]);
                grown.narrow(0, 0, had).narrow(1, 0, wide).copy_(old);
            }

            return grown.DetachFromDisposeScope();
        }
    }

    /// <summary>Copies keys and values of one layer to the beginning of a slot.</summary>
    /// <param name="own">[KV, tokens, hd] each.</param>
    public void Put(int layer, int slot, (Tensor Key, Tensor Value) own)
    {
        Put(layers[layer].Key, slot, own.Key);
        Put(layers[layer].Value, slot, own.Value);
    }

    /// <summary>Copies the first tokens of a slot to another slot, in every layer.</summary>
    public void Move(int from, int to, int length)
    {
        foreach ((Tensor key, Tensor value) in layers)
        {
            Move(key, from, to, length);
            Move(value, from, to, length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Tensor key, Tensor value) in layers)
        {
            key.Dispose();
            value.Dispose();
        }
    }

    private static void Put(Tensor tail, int slot, Tensor own)
    {
        using DisposeScope scope = NewDisposeScope();
        tail[slot].narrow(0, 0, own.shape[1]).copy_(own.transpose(0, 1));
    }

    private static void Move(Tensor tail, int from, int to, int length)
    {
        using DisposeScope scope = NewDisposeScope();
        tail[to].narrow(0, 0, length).copy_(tail[from].narrow(0, 0, length));
    }
}
