using Fulcrum.Models;
using Fulcrum.Torch;
using Xunit;

namespace Fulcrum.Tool.Tests;

/// <summary>The samples that compute a model, on the embedded one.</summary>
public sealed class LibrarySampleTests
{
    private static string Samples => Path.Combine(SharedData.Project, "samples");

    private static string Model => Path.Combine(SharedData.Project, "assets", "model");

    [Fact]
    public void The_notebook_as_a_program_goes_through_its_seven_steps()
    {
        string run = Path.Combine(Directory.CreateTempSubdirectory().FullName, "run");

        (int code, string output, string errors) = SampleProgram.RunIn(Samples, "TradeOff", run, "8");

        Assert.True(code == 0, errors);
        string[] lines = output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("8 training examples, 8 and 8 items", lines[0]);
        Assert.Contains(": 1 correct", lines[1]);
        Assert.Contains("SELECT 1: 0 wrong-result", lines[2]);
        Assert.StartsWith("SELECT nothing: 0 ", lines[3]);
        Assert.StartsWith("base spider: 0.0% of 8 items", lines[4]);
        Assert.StartsWith("base mmlu: ", lines[5]);
        Assert.StartsWith("4 steps, loss ", lines[6]);
        Assert.StartsWith("candidates/tuned spider: ", lines[7]);
        Assert.Contains("Performance before and after specialisation", lines);
        Assert.Contains("Desempenho antes e depois da especialização", lines);
        Assert.EndsWith("(margin: 2 points)", lines[^1]);
    }

    [Fact]
    public void Chat_clients_are_compared_and_a_tuned_model_is_one()
    {
        string folder = Directory.CreateTempSubdirectory().FullName,
            adapter = Path.Combine(folder, "adapter"),
            questions = Path.Combine(folder, "questions.jsonl"),
            facts = Path.Combine(SharedData.Project, "studies", "own-task", "facts-test.jsonl");
        File.WriteAllLines(questions, File.ReadLines(facts).Take(12));
        TorchEngine torch = new();
        ModelSpec model = torch.Resolve(ModelSpec.InFolder(Model, Dtype.F32));
        TrainingText text = new("fact", "", new Prompt.Chat([new("user", "Who?")]), "It is Kyiv");
        torch.Train(model, new TrainPlan(), [torch.LoadEncoding(model).Example(text)], adapter);

        (int code, string output, string errors) = SampleProgram.Run(
            "ChatClients",
            Model,
            adapter,
            questions,
            Path.Combine(folder, "run")
        );

        Assert.True(code == 0, errors);
        Assert.StartsWith("12 items: ", output);
    }
}
