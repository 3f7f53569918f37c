using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>One layer of the decoder: attention and a gated feed-forward part, each with a residual
/// connection.</summary>
/// <param name="HeadNorms">Of queries and keys (Qwen3); null for none.</param>
internal sealed record DecoderLayer(
    int Index,
    ModelConfig Config,
    RmsNorm InputNorm,
    FusedProjections Qkv,
    (RmsNorm Query, RmsNorm Key)? HeadNorms,
    Projection Output,
    RmsNorm MiddleNorm,
    FusedProjections GateUp,
    Projection Down
) : IDisposable
{
    /// <summary>The layer's linear modules, in the order of the checkpoint's names.</summary>
    public IEnumerable<Projection> Projections => [.. Qkv.Parts, Output, .. GateUp.Parts, Down];

    /// <summary>Its adapters apply dropout, so a second pass differs unless the random state is the same.</summary>
    public bool Drops => Projections.Any(p => p.Adapter is { Training: true, Dropout: > 0 });

    /// <summary>As <see cref="LanguageModel.IndependentRows"/>.</summary>
    public int IndependentRows =>
        new[] { Qkv.IndependentRows, Output.IndependentRows, GateUp.IndependentRows, Down.IndependentRows }.Min();

    /// <summary>The layer's weights under their checkpoint names.</summary>
    public IEnumerable<(string Name, Tensor Value)> Weights
    {
        get
        {
            string at = $"model.layers.{Index}.";
            List<(string, Tensor)> all =
            [
                (at + "input_layernorm.weight", InputNorm.Weight),
                (at + "post_attention_layernorm.weight", MiddleNorm.Weight),
            ];
            all.AddRange(
                HeadNorms is { } n
                    ? [(at + "self_attn.q_norm.weight", n.Query.Weight), (at + "self_attn.k_norm.weight", n.Key.Weight)]
                    : []
            );
            foreach (Projection p in Projections)
            {
                all.Add((p.Name + ".weight", p.Dense()));
                all.AddRange(p.Bias is { } bias ? [(p.Name + ".bias", bias)] : []);
            }

            return all;
        }
    }

    /// <summary>[..., hidden] to [..., hidden].</summary>
    /// <param name="wanted">The rows of the result, int64, [N], for a hidden state of two dimensions; null for all.
    /// Keys and values are computed for every row, because others attend to them.</param>
    public Tensor Forward(Tensor hidden, Rotary rotary, IAttention attention, Tensor? wanted = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor attended = Attend(InputNorm.Forward(hidden), rotary, attention);
        (hidden, attended) = wanted is null ? (hidden, attended) : (hidden.Rows(wanted), attended.Rows(wanted));
        if (attended.NumberOfElements == 0)
        {
            return hidden.MoveToOuterDisposeScope();
        }

        Tensor middle = hidden.Plus(Output.Forward(attended));
        return middle.Plus(Down.Forward(Gated(MiddleNorm.Forward(middle)))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IDisposable?[] parts = [InputNorm, Qkv, HeadNorms?.Query, HeadNorms?.Key, Output, MiddleNorm, GateUp, Down];
        foreach (IDisposable? part in parts)
        {
            part?.Dispose();
        }
    }

    private Tensor Gated(Tensor x) =>
        GateUp.Whole(x) is { } joined ? SwiGlu.Forward(joined)
        : GateUp.Forward(x) is [var gate, var up] ? SwiGlu.Forward(gate, up)
        : throw new InvalidOperationException("gate and up are two");

    private Tensor Attend(Tensor x, Rotary rotary, IAttention attention)
    {
        Tensor[] qkv = Qkv.Forward(x);
        Tensor query = Heads(qkv[0], Config.Heads),
            key = Heads(qkv[1], Config.KeyValueHeads),
            value = Heads(qkv[2], Config.KeyValueHeads);
        (query, key) = HeadNorms is { } norms ? (norms.Query.Forward(query), norms.Key.Forward(key)) : (query, key);
        return attention.Attend(Index, rotary.Apply(query), rotary.Apply(key), value, Config.Windows[Index]);
    }

    private Tensor Heads(Tensor x, int heads) => x.view(x.WithLast(heads, Config.HeadDim));
}
