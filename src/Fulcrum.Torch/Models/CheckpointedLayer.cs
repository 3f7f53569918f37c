using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>
/// A layer that keeps its input alone and is computed a second time in the backward pass (gradient checkpointing,
/// arXiv:1604.06174), with the random state of the first
/// time, so that dropout falls on the same components and the gradients are equal bit for bit.
/// </summary>
/// <remarks>An exception in <see cref="backward"/> would end the process: what can fail has failed in the first
/// computation. The attention may keep nothing of a pass.</remarks>
internal sealed class CheckpointedLayer : autograd.SingleTensorFunction<CheckpointedLayer>
{
    // Who computes layers twice has less memory than time.
    private const long Slack = 64L << 20;

    /// <inheritdoc/>
    public override string Name => nameof(CheckpointedLayer);

    /// <summary>The layer's output, with a gradient to the input and to the adapters' parameters.</summary>
    /// <param name="hidden">[..., hidden]</param>
    public static Tensor Of(DecoderLayer layer, Tensor hidden, Rotary rotary, IAttention attention) =>
        apply(hidden, new Work(layer, rotary, attention));

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor hidden, Work work) = ((Tensor)vars[0], (Work)vars[1]);
        ctx.save_data(
            "work",
            work with
            {
                Random = work.Layer.Drops ? get_rng_state().DetachFromDisposeScope() : null,
            }
        );
        ctx.save_for_backward([hidden]);
        Heap.KeepWithin(Slack);
        return work.Layer.Forward(hidden, work.Rotary, work.Attention);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        Heap.KeepWithin(Slack);
        Work work = (Work)ctx.get_data("work");
        Tensor hidden = ctx.get_saved_variables()[0].detach().requires_grad_();
        Tensor output = Again(work, hidden);
        autograd.backward([output], [grad_output]);
        grad_output.Dispose();
        return ReturnedGradients.Of([hidden.grad!, null!]);
    }

    // The second computation, after which the random numbers go on where they were.
    private static Tensor Again(Work work, Tensor hidden)
    {
        if (work.Random is null)
        {
            return work.Layer.Forward(hidden, work.Rotary, work.Attention);
        }

        Tensor now = get_rng_state();
        set_rng_state(work.Random);
        Tensor output = work.Layer.Forward(hidden, work.Rotary, work.Attention);
        set_rng_state(now);
        work.Random.Dispose();
        return output;
    }

    // Not a tensor to TorchSharp, so that it counts as no input.
    private sealed record Work(DecoderLayer Layer, Rotary Rotary, IAttention Attention, Tensor? Random = null);
}
