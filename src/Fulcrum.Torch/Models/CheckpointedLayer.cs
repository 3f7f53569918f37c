using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>A layer that saves only its input and is computed again in the backward pass (gradient checkpointing,
/// arXiv:1604.06174), with the random state of the first pass. So dropout is the same, and the gradients are
/// reproducible bit for bit.</summary>
/// <remarks>An exception in <see cref="backward"/> would end the process: everything that can fail has failed in the
/// forward pass. The attention must keep no state of a pass.</remarks>
internal sealed class CheckpointedLayer : autograd.SingleTensorFunction<CheckpointedLayer>
{
    // Checkpointing is used when memory is scarce, so trim the heap early.
    private const long Slack = 64L << 20;

    /// <inheritdoc/>
    public override string Name => nameof(CheckpointedLayer);

    /// <summary>The layer's output, with a gradient to the input and to the adapters' parameters.</summary>
    /// <param name="hidden">[..., hidden]</param>
    /// <param name="wanted">As for <see cref="DecoderLayer.Forward"/>; lives as long as the rotary tables.</param>
    public static Tensor Of(
        DecoderLayer layer,
        Tensor hidden,
        Rotary rotary,
        IAttention attention,
        Tensor? wanted = null
    ) => apply(hidden, new Work(layer, rotary, attention, wanted));

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
        return work.Forward(hidden);
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

    // Computes the layer again and restores the random state afterwards.
    private static Tensor Again(Work work, Tensor hidden)
    {
        if (work.Random is null)
        {
            return work.Forward(hidden);
        }

        Tensor now = get_rng_state();
        set_rng_state(work.Random);
        Tensor output = work.Forward(hidden);
        set_rng_state(now);
        work.Random.Dispose();
        return output;
    }

    // No tensor for TorchSharp, so it is not an input of the graph.
    private sealed record Work(
        DecoderLayer Layer,
        Rotary Rotary,
        IAttention Attention,
        Tensor? Wanted,
        Tensor? Random = null
    )
    {
        public Tensor Forward(Tensor hidden) => Layer.Forward(hidden, Rotary, Attention, Wanted);
    }
}
