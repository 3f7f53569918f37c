using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>A decoder with its weights: ids to hidden states, and hidden states to logits where they are asked
/// for.</summary>
/// <remarks>One thread at a time. Hidden states and logits carry gradients when adapter parameters do and gradients are
/// on.</remarks>
internal sealed partial class LanguageModel : IDisposable
{
    private readonly Tensor frequencies;
    private readonly RmsNorm norm;
    private Tensor embedding;

    internal LanguageModel(
        ModelConfig config,
        Device device,
        ScalarType dtype,
        Tensor embedding,
        IReadOnlyList<DecoderLayer> layers,
        RmsNorm norm,
        Projection head
    )
    {
        (Config, Device, Dtype, this.embedding, Layers, this.norm, Head) = (
            config,
            device,
            dtype,
            embedding.DetachFromDisposeScope(),
            layers,
            norm,
            head
        );
        HeadIsTied = config.TiedHead;
        frequencies = tensor(config.Rotary.Frequencies(config.HeadDim), device: device).DetachFromDisposeScope();
    }

    /// <summary>What <c>config.json</c> says.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where the weights are.</summary>
    public Device Device { get; }

    /// <summary>The type that products are computed in.</summary>
    public ScalarType Dtype { get; }

    /// <summary>The layers, in order.</summary>
    public IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>From hidden states to logits; its weight is the embedding where the two are tied.</summary>
    public Projection Head { get; private set; }

    /// <summary>The embedding, [vocabulary, hidden].</summary>
    public Tensor Embedding => embedding;

    /// <summary>The norm behind the last layer.</summary>
    public RmsNorm FinalNorm => norm;

    /// <summary>Every linear map of the layers, and the head as the last.</summary>
    public IEnumerable<Projection> Projections => Layers.SelectMany(l => l.Projections).Append(Head);

    /// <summary>Keep no activations inside layers for gradients but compute each layer again: the same gradients for
    /// less memory and a third more time.</summary>
    /// <remarks>The scope around <see cref="Forward"/> must then live until the gradients are done.</remarks>
    public bool Checkpointing { get; set; }

    /// <summary>Loads a model folder; <paramref name="plan"/> has no <c>auto</c> left.</summary>
    /// <exception cref="InputException">A file is missing or does not fit; names it.</exception>
    public static LanguageModel Load(ModelSpec plan) => ModelLoader.Load(plan);

    /// <summary>Hidden states behind the final norm.</summary>
    /// <param name="ids">[...], int64.</param>
    /// <param name="positions">As <paramref name="ids"/>.</param>
    /// <returns>[..., hidden], in the current dispose scope.</returns>
    public Tensor Forward(Tensor ids, Tensor positions, IAttention attention)
    {
        using DisposeScope scope = NewDisposeScope();
        Rotary rotary = Rotary.At(positions, frequencies);
        Tensor hidden = embedding.index_select(0, ids.flatten()).to_type(Dtype).view([.. ids.shape, Config.HiddenSize]);
        bool again = Checkpointing && is_grad_enabled();
        if (again)
        {
            // A function of ours is part of the graph only where its input is; the second computation reads the rotary
            // tables.
            hidden = hidden.requires_grad ? hidden : hidden.requires_grad_();
            rotary.MoveToOuterDisposeScope();
        }

        foreach (DecoderLayer layer in Layers)
        {
            Tensor next = again
                ? CheckpointedLayer.Of(layer, hidden, rotary, attention)
                : layer.Forward(hidden, rotary, attention);
            hidden.Dispose();
            hidden = next;
        }

        return norm.Forward(hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Logits in float32 of some hidden states.</summary>
    /// <param name="hidden">[N, hidden]: only the rows that are needed.</param>
    /// <returns>[N, vocabulary]</returns>
    public Tensor LogitsAt(Tensor hidden)
    {
        using DisposeScope scope = NewDisposeScope();
        return Head.Forward(hidden).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>The weights under their checkpoint names; without the head where it is tied.</summary>
    public IEnumerable<(string Name, Tensor Value)> Weights()
    {
        yield return (ModuleShapes.Embedding + ".weight", embedding);
        yield return ("model.norm.weight", norm.Weight);
        foreach ((string, Tensor) weight in Layers.SelectMany(l => l.Weights))
        {
            yield return weight;
        }

        if (!HeadIsTied)
        {
            yield return (ModuleShapes.Head + ".weight", Head.Dense());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DecoderLayer layer in Layers)
        {
            layer.Dispose();
        }

        Head.Dispose();
        norm.Dispose();
        embedding.Dispose();
        ForgetBase();
        frequencies.Dispose();
    }
}
