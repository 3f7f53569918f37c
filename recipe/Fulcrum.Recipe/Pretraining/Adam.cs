using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Recipe.Pretraining;

/// <summary>Adam (arXiv:1412.6980) for what Muon does not treat: the embedding, biases and norms.</summary>
internal sealed class Adam(IReadOnlyList<(string Name, Tensor Value)> parameters)
{
    private const double Beta1 = 0.9,
        Beta2 = 0.98,
        Epsilon = 1e-9;
    private readonly Tensor[] means = [.. parameters.Select(p => zeros_like(p.Value, requires_grad: false))],
        squares = [.. parameters.Select(p => zeros_like(p.Value, requires_grad: false))];

    /// <summary>The moments by name, for a checkpoint.</summary>
    public IEnumerable<(string Name, Tensor Value)> State =>
        parameters.SelectMany((p, i) => new[] { (p.Name + ".mean", means[i]), (p.Name + ".square", squares[i]) });

    /// <summary>Changes every parameter by its gradient.</summary>
    /// <param name="step">From 1.</param>
    public void Step(double rate, int step)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        double correction1 = 1 - Math.Pow(Beta1, step),
            correction2 = Math.Sqrt(1 - Math.Pow(Beta2, step));
        for (int i = 0; i < parameters.Count; i++)
        {
            Tensor gradient = parameters[i].Value.grad!;
            means[i].lerp_(gradient, 1 - Beta1);
            squares[i].mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
            parameters[i].Value.addcdiv_(means[i], squares[i].sqrt() / correction2 + Epsilon, -rate / correction1);
        }
    }
}
