using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>Adam with decoupled weight decay (arXiv:1711.05101, algorithm 2), in float32, with PyTorch's order of
/// operations.</summary>
internal sealed class AdamW : IOptimizer
{
    private const double Beta1 = 0.9,
        Beta2 = 0.999,
        Epsilon = 1e-8;
    private readonly (string Name, Tensor Value, Tensor Mean, Tensor Square)[] parts;
    private readonly double weightDecay;

    public AdamW(IEnumerable<(string Name, Tensor Value)> parameters, double weightDecay)
    {
        this.weightDecay = weightDecay;
        parts =
        [
            .. parameters.Select(p =>
                (
                    p.Name,
                    p.Value,
                    zeros_like(p.Value, requires_grad: false).DetachFromDisposeScope(),
                    zeros_like(p.Value, requires_grad: false).DetachFromDisposeScope()
                )
            ),
        ];
    }

    /// <inheritdoc/>
    public int Steps { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, Tensor Value)> State =>
        [.. parts.SelectMany(p => new[] { (p.Name + ".exp_avg", p.Mean), (p.Name + ".exp_avg_sq", p.Square) })];

    /// <inheritdoc/>
    public void Step(double learningRate)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Steps++;
        double correction1 = 1 - Math.Pow(Beta1, Steps),
            correction2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
        using Scalar toSquare = 1 - Beta2,
            step = -learningRate / correction1;
        foreach ((_, Tensor value, Tensor mean, Tensor square) in parts)
        {
            if (value.grad is not { } gradient)
            {
                continue;
            }

            value.Multiply_(1 - learningRate * weightDecay);
            mean.lerp_(gradient, 1 - Beta1);
            square.Multiply_(Beta2).addcmul_(gradient, gradient, toSquare);
            value.addcdiv_(mean, square.sqrt().Divide_(correction2).Plus(Epsilon), step);
        }
    }

    /// <inheritdoc/>
    public void Restore(int steps, Func<string, Tensor> state)
    {
        using DisposeScope scope = NewDisposeScope();
        Steps = steps;
        foreach ((string name, Tensor value) in State)
        {
            value.copy_(state(name));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, _, Tensor mean, Tensor square) in parts)
        {
            mean.Dispose();
            square.Dispose();
        }
    }
}
