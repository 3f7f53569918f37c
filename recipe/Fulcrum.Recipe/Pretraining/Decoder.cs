using static TorchSharp.torch;

namespace Fulcrum.Recipe.Pretraining;

/// <summary>The size of the small model.</summary>
internal sealed record Shape(int Vocabulary, int Hidden = 192, int Layers = 6, int Heads = 6, int FeedForward = 512)
{
    /// <summary>Base of the rotary frequencies.</summary>
    public const double Theta = 100000;

    /// <summary>In the root-mean-square norms.</summary>
    public const double Epsilon = 1e-6;
}

/// <summary>The Qwen2 decoder in the form that is quickest to train: weights of all layers in one tensor a kind,
/// float32; products in bfloat16.</summary>
internal sealed class Decoder
{
    private readonly Shape shape;
    private readonly Tensor cos,
        sin;

    public Decoder(Shape shape, int length, long seed)
    {
        this.shape = shape;
        using Generator random = new((ulong)seed, CPU);
        int l = shape.Layers,
            d = shape.Hidden,
            f = shape.FeedForward;
        Tensor Normal(double deviation, params long[] size) =>
            (randn(size, generator: random) * deviation).requires_grad_();
        Embedding = Normal(0.07, shape.Vocabulary, d);
        Qkv = Normal(0.02, l * 3, d, d);
        QkvBias = zeros([l, 3 * d], requires_grad: true);
        Output = Normal(0.02 / Math.Sqrt(2 * l), l, d, d);
        GateUp = Normal(0.02, l * 2, f, d);
        Down = Normal(0.02 / Math.Sqrt(2 * l), l, d, f);
        Norms = ones([2 * l + 1, d], requires_grad: true);
        using Tensor frequencies = pow(
            Shape.Theta,
            arange(0, d / shape.Heads, 2, dtype: ScalarType.Float32) * (-1.0 / (d / shape.Heads))
        );
        using Tensor angles = outer(arange(length, dtype: ScalarType.Float32), frequencies);
        using (no_grad())
        {
            Output[0].mul_(8);
        }

        LookBack(frequencies);
        MatchEqual(random);
        (cos, sin) = (angles.cos().view(1, length, 1, 1, -1), angles.sin().view(1, length, 1, 1, -1));
    }

    /// <summary>[vocabulary, hidden]; also the head.</summary>
    public Tensor Embedding { get; }

    /// <summary>[layers · 3, hidden, hidden]: queries, keys, values of each layer.</summary>
    public Tensor Qkv { get; }

    /// <summary>[layers, 3 · hidden]</summary>
    public Tensor QkvBias { get; }

    /// <summary>[layers, hidden, hidden]</summary>
    public Tensor Output { get; }

    /// <summary>[layers · 2, feed-forward, hidden]: gate and up of each layer.</summary>
    public Tensor GateUp { get; }

    /// <summary>[layers, hidden, feed-forward]</summary>
    public Tensor Down { get; }

    /// <summary>[2 · layers + 1, hidden]: before attention and before the feed-forward part of each layer, and the
    /// last.</summary>
    public Tensor Norms { get; }

    /// <summary>Everything that is trained, by name.</summary>
    public IEnumerable<(string Name, Tensor Value)> Parameters =>
        [
            ("embedding", Embedding),
            ("qkv", Qkv),
            ("qkv_bias", QkvBias),
            ("output", Output),
            ("gate_up", GateUp),
            ("down", Down),
            ("norms", Norms),
        ];

    /// <summary>Logits of some rows, [rows, vocabulary], float32.</summary>
    /// <param name="ids">[B, T]</param>
    /// <param name="rows">Indices into the B · T positions.</param>
    public Tensor Logits(Tensor ids, Tensor rows)
    {
        long b = ids.shape[0],
            t = ids.shape[1],
            d = shape.Hidden;
        Tensor[] qkv = Halves(Qkv.view(shape.Layers, 3 * d, d)),
            output = Halves(Output),
            gateUp = Halves(GateUp.view(shape.Layers, -1, d)),
            down = Halves(Down);
        Tensor[] biases = Halves(QkvBias),
            norms = Norms.unbind(0);
        Tensor c = cos.slice(1, 0, t, 1).to_type(ScalarType.BFloat16),
            s = sin.slice(1, 0, t, 1).to_type(ScalarType.BFloat16);
        Tensor hidden = Embedding.index_select(0, ids.flatten()); // [B·T, d]
        for (int i = 0; i < shape.Layers; i++)
        {
            Tensor all = nn
                .functional.linear(RmsNorm(hidden, norms[2 * i]), qkv[i], biases[i])
                .view(b, t, 3, shape.Heads, d / shape.Heads);
            Tensor turned = Turn(all.narrow(2, 0, 2), c, s); // [B, T, 2, H, hd]
            Tensor mixed = nn.functional.scaled_dot_product_attention(
                turned.select(2, 0).transpose(1, 2),
                turned.select(2, 1).transpose(1, 2),
                all.select(2, 2).transpose(1, 2),
                is_casual: true
            );
            hidden = hidden + nn.functional.linear(mixed.transpose(1, 2).reshape(b * t, d), output[i]);
            Tensor[] gu = nn.functional.linear(RmsNorm(hidden, norms[2 * i + 1]), gateUp[i]).chunk(2, -1);
            hidden = hidden + nn.functional.linear(nn.functional.silu(gu[0]) * gu[1], down[i]);
        }

        return nn
            .functional.linear(RmsNorm(hidden.index_select(0, rows), norms[^1]), Embedding.to_type(ScalarType.BFloat16))
            .to_type(ScalarType.Float32);
    }

    // Structured starting values (after Trockman and Kolter, "Mimetic initialization of self-attention layers", 2023).
    // Found by chance, these two
    // habits of attention cost a model of this size more text than the whole training has.

    /// <summary>First layer: some heads start by looking one, two, three tokens back, by the turn of their biases
    /// alone.</summary>
    private void LookBack(Tensor frequencies)
    {
        const double Strength = 5;
        using IDisposable frozen = no_grad();
        int d = shape.Hidden,
            size = d / shape.Heads;
        foreach ((int head, int back) in ((int, int)[])[(0, 1), (1, 1), (2, 2), (3, 3)])
        {
            int at = head * size;
            QkvBias[0].narrow(0, at, size / 2).fill_(Strength);
            QkvBias[0].narrow(0, d + at, size / 2).copy_((frequencies * back).cos() * Strength);
            QkvBias[0].narrow(0, d + at + size / 2, size / 2).copy_((frequencies * back).sin() * Strength);
            Qkv[0].narrow(0, at, size).mul_(0.25);
            Qkv[1].narrow(0, at, size).mul_(0.25);
        }
    }

    /// <summary>Later layers: every other head starts with equal queries and keys, so that a token looks for its
    /// like.</summary>
    private void MatchEqual(Generator random)
    {
        using IDisposable frozen = no_grad();
        int size = shape.Hidden / shape.Heads;
        for (int layer = 1; layer < shape.Layers; layer++)
        {
            for (int head = 0; head < shape.Heads; head += 2)
            {
                using Tensor map = randn(size, shape.Hidden, generator: random) * 0.08;
                Qkv[3 * layer].narrow(0, head * size, size).copy_(map);
                Qkv[3 * layer + 1].narrow(0, head * size, size).copy_(map);
            }
        }
    }

    private static Tensor[] Halves(Tensor stacked) => stacked.to_type(ScalarType.BFloat16).unbind(0);

    private static Tensor RmsNorm(Tensor x, Tensor weight) =>
        (x * (x.pow(2).mean([-1], keepdim: true) + Shape.Epsilon).rsqrt() * weight).to_type(ScalarType.BFloat16);

    private static Tensor Turn(Tensor x, Tensor cos, Tensor sin)
    {
        Tensor[] halves = x.chunk(2, -1);
        return cat([halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin], -1);
    }
}
