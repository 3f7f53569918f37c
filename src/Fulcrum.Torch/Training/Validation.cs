using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>The loss on examples that are held out of training: the adapter is the one with the lowest, and training
/// may end when it falls no more (early stopping).</summary>
/// <param name="output">The best adapter so far is kept in <c>best/</c> there.</param>
/// <param name="earlier">Validation losses in the log of a resumed training.</param>
internal sealed class Validation(
    LanguageModel model,
    LoraConfig config,
    TrainPlan plan,
    IReadOnlyList<TrainingExample> heldOut,
    string output,
    IReadOnlyList<double> earlier
)
{
    private readonly List<double> losses = [.. earlier];

    private string Best => Path.Combine(output, "best");

    /// <summary>So many losses in a row were no lower than the lowest before them.</summary>
    public bool Ended =>
        plan.EarlyStoppingPatience is { } patience
        && losses.Count > 0
        && losses.Count - 1 - losses.IndexOf(losses.Min()) >= patience;

    /// <summary>Returns the loss after a step if one is due: at the configured interval, and after the last
    /// step.</summary>
    /// <exception cref="FulcrumException">It is not finite; names the step.</exception>
    public double? At(int step, int stepsPerEpoch, int steps)
    {
        if (heldOut.Count == 0 || (step % (plan.ValidationEvery ?? stepsPerEpoch) != 0 && step != steps))
        {
            return null;
        }

        double loss = Loss();
        if (!double.IsFinite(loss))
        {
            throw new FulcrumException(
                $"the validation loss after step {step} is {loss}; training stopped. "
                    + $"A lower learning rate (now {plan.LearningRate}) or gradient clipping usually helps"
            );
        }

        if (losses.Count == 0 || loss < losses.Min())
        {
            AdapterWriter.Write(Best, model.AdapterParameters, config);
        }

        losses.Add(loss);
        return loss;
    }

    /// <summary>Copies the best adapter's values into the model.</summary>
    public void TakeBest()
    {
        if (losses.Count == 0)
        {
            return;
        }

        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(Best, "adapter_model.safetensors"));
        AdapterWriter.ReadInto(model.AdapterParameters, weights);
    }

    // Mean over all held-out completion tokens, without dropout.
    private double Loss()
    {
        using IDisposable frozen = no_grad();
        Adapter[] adapters = [.. model.Projections.Where(p => p.Adapter is not null).Select(p => p.Adapter!)];
        Array.ForEach(adapters, a => a.Training = false);
        double sum = Gradients.Parts(heldOut).Sum(part => CompletionLoss.Sum(model, part));
        Array.ForEach(adapters, a => a.Training = true);
        return sum / heldOut.Sum(e => e.Trained.Skip(1).Count(t => t));
    }
}
