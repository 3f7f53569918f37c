using TorchSharp;

namespace Fulcrum.Torch.Training;

/// <summary>Changes parameters by their gradients, with a state that a checkpoint can hold.</summary>
internal interface IOptimizer : IDisposable
{
    /// <summary>Steps done so far.</summary>
    int Steps { get; }

    /// <summary>The state by name, for a checkpoint; copies or the state itself, read only, in the current dispose
    /// scope.</summary>
    IReadOnlyList<(string Name, torch.Tensor Value)> State { get; }

    /// <summary>Changes the parameters by their gradients; a parameter without one stays.</summary>
    void Step(double learningRate);

    /// <summary>Takes up the state of a checkpoint.</summary>
    void Restore(int steps, Func<string, torch.Tensor> state);
}
