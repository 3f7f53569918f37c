using Fulcrum.Models;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

public sealed class EstimateTests
{
    [Fact]
    public void A_training_of_another_form_has_a_rate_of_its_own()
    {
        TrainingText[] texts =
        [
            .. Enumerable.Range(0, 40).Select(i => new TrainingText($"{i}", "", new Prompt.Text("p"), "c")),
        ];
        TrainPlan lora = new(Epochs: 1, BatchSize: 4),
            dora = lora with { Dora = true, Epochs = 2 };
        int tried = 0;

        double seconds = Estimate.TrainingSeconds(
            [(lora, texts), (lora with { LearningRate = 1e-5 }, texts), (dora, texts)],
            t =>
            {
                tried++;
                return t.Item1.Dora ? 1 : 0.1;
            }
        );

        Assert.Equal(2, tried);
        Assert.Equal((2 * 40 * 0.1) + (2 * 40 * 1), seconds, 1e-9);
    }
}
