using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>A decoder with its weights: computes hidden states from ids, and logits from selected hidden
/// states.</summary>
/// <remarks>One thread at a time. Hidden states and logits have gradients if adapter parameters have them and
/// autograd is on.</remarks>
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

    /// <summary>The type in which matmuls are computed.</summary>
    public ScalarType Dtype { get; }

    /// <summary>The layers, in order.</summary>
    public IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>Computes logits from hidden states; its weight is the embedding if the two are tied.</summary>
    public Projection Head { get; private set; }

    /// <summary>The embedding, [vocabulary, hidden].</summary>
    public Tensor Embedding => embedding;

    /// <summary>The RMS normalisation after the last layer.</summary>
    public RmsNorm FinalNorm => norm;

    /// <summary>The linear modules of all layers, then the head.</summary>
    public IEnumerable<Projection> Projections => Layers.SelectMany(l => l.Projections).Append(Head);

    /// <summary>Maximum number of rows of a pass without gradients for which a row's result does not depend on the
    /// other rows; at least 1. Attention is not part of this.</summary>
    public int IndependentRows =>
        Device.type == DeviceType.CPU
        && Projections.All(p => p.Weight is null || (p.Weight.dtype == Dtype && !p.Weight.requires_grad))
            ? Layers.Select(l => l.IndependentRows).Append(Head.IndependentRows).Min()
            : 1;

    /// <summary>Gradient checkpointing: compute each layer again in the backward pass instead of saving its
    /// activations. The gradients are the same, with less memory and a third more time.</summary>
    /// <remarks>The dispose scope around <see cref="Forward"/> must then live until the backward pass has
    /// ended.</remarks>
    public bool Checkpointing { get; set; }

    /// <summary>Loads a model folder; <paramref name="plan"/> has no <c>auto</c> left.</summary>
    /// <exception cref="InputException">A file is missing or does not fit; names it.</exception>
    public static LanguageModel Load(ModelSpec plan) => ModelLoader.Load(plan);

    /// <summary>Returns the hidden states after the final normalisation.</summary>
    /// <param name="ids">[...], int64.</param>
    /// <param name="positions">As <paramref name="ids"/>.</param>
    /// <param name="wanted">Of ids of one dimension: the rows of the result, int64, [N]; null for all. The last layer
    /// computes its output and feed-forward part for these only.</param>
    /// <returns>[..., hidden], or [N, hidden], in the current dispose scope.</returns>
    public Tensor Forward(Tensor ids, Tensor positions, IAttention attention, Tensor? wanted = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Rotary rotary = Rotary.At(positions, frequencies);
        Tensor hidden = embedding.Rows(ids.flatten()).to_type(Dtype).view([.. ids.shape, Config.HiddenSize]);
        bool again = Checkpointing && is_grad_enabled();
        if (again)
        {
            // A custom autograd function is part of the graph only if its input is. The second computation reads the
            // rotary tables.
            hidden = hidden.requires_grad ? hidden : hidden.requires_grad_();
            rotary.MoveToOuterDisposeScope();
        }

        foreach (DecoderLayer layer in Layers)
        {
            Tensor? rows = layer == Layers[^1] ? wanted : null;
            Tensor next = again
                ? CheckpointedLayer.Of(layer, hidden, rotary, attention, rows)
                : layer.Forward(hidden, rotary, attention, rows);
            hidden.Dispose();
            hidden = next;
        }

        return norm.Forward(hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Returns the logits of some hidden states, in float32.</summary>
    /// <param name="hidden">[N, hidden]: only the required rows.</param>
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
