using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Recipe.Pretraining;

/// <summary>Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024) for stacks of
/// matrices: momentum, made orthogonal by five Newton-Schulz steps.</summary>
internal sealed class Muon(IReadOnlyList<(string Name, Tensor Value)> stacks)
{
    private const double Momentum = 0.95;
    private readonly Tensor[] means = [.. stacks.Select(s => zeros_like(s.Value, requires_grad: false))];

    /// <summary>The momentum by name, for a checkpoint.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => stacks.Select((s, i) => (s.Name + ".momentum", means[i]));

    /// <summary>Changes every stack by its gradient.</summary>
    public void Step(double rate, double weightDecay)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        for (int i = 0; i < stacks.Count; i++)
        {
            Tensor value = stacks[i].Value,
                gradient = value.grad!;
            means[i].lerp_(gradient, 1 - Momentum);
            Tensor direction = Orthogonal(gradient.lerp(means[i], tensor(Momentum)));
            double scale = Math.Sqrt(Math.Max(1, (double)value.shape[1] / value.shape[2]));
            value.mul_(1 - rate * weightDecay).add_(direction, -rate * scale);
        }
    }

    private static Tensor Orthogonal(Tensor x)
    {
        bool tall = x.shape[1] > x.shape[2];
        x = (tall ? x.transpose(1, 2) : x).contiguous();
        x = (x / (x.pow(2).sum([1, 2], keepdim: true).sqrt() + 1e-7)).to_type(ScalarType.BFloat16);
        for (int i = 0; i < 5; i++)
        {
            Tensor square = x.bmm(x.transpose(1, 2)),
                mixed = square * -4.7750 + square.bmm(square) * 2.0315;
            x = x * 3.4445 + mixed.bmm(x);
        }

        return (tall ? x.transpose(1, 2) : x).to_type(ScalarType.Float32);
    }
}
