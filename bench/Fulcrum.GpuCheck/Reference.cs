using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Torch;

namespace Fulcrum.GpuCheck;

/// <summary>The reference results of the repository (<c>tests/reference</c>), computed on a device.</summary>
/// <param name="Device">cuda, cuda:N or cpu.</param>
internal sealed record Reference(string Device)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "reference");

    /// <summary>The small model in float32.</summary>
    public ModelSpec Model =>
        ModelSpec.InFolder(Path.Combine(Folder, "models", "qwen2-tied"), Dtype.F32, device: Device);

    /// <summary>The small model with a DoRA adapter attached.</summary>
    public ModelSpec Adapted => Model with { Adapter = new AppliedAdapter(Path.Combine(Folder, "lora", "dora")) };

    /// <summary>Returns the largest distance of a log-likelihood, summed over a continuation, from the
    /// reference.</summary>
    public static double Distance(ModelSpec model, string requests) =>
        Scores(model, requests).Zip(Expected(requests), (a, b) => Math.Abs(a - b)).Max();

    /// <summary>Returns the largest distance between two models' log-likelihoods.</summary>
    public static double Distance(ModelSpec one, ModelSpec other, string requests) =>
        Scores(one, requests).Zip(Scores(other, requests), (a, b) => Math.Abs(a - b)).Max();

    /// <summary>Returns the number of greedy completions that differ from the reference.</summary>
    public double DifferentCompletions()
    {
        JsonNode[] rows = Rows("generate-qwen2-tied");
        using ILanguageModel model = new TorchEngine().Open(Model);
        int different = 0;
        model.Complete(
            [.. rows.Select(r => new CompletionRequest(Ids(r["prompt_ids"]), Ids(r["expected"]).Length, []))],
            (i, c) => different += c.Ids.SequenceEqual(Ids(rows[i]["expected"])) ? 0 : 1
        );
        return different;
    }

    /// <summary>Trains the reference's 24 steps; returns the largest relative distance of a loss.</summary>
    public double TrainingDistance()
    {
        JsonNode training = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "training", "training.json")))!;
        JsonArray log = training["log"]!.AsArray();
        string output = Directory.CreateTempSubdirectory("gpu-check").FullName;
        List<double> distances = [];
        new TorchEngine().Train(
            Model,
            new TrainPlan(LearningRate: 5e-3, WeightDecay: 0.01, WarmupSteps: 4, MaxGradientNorm: null),
            InOrder(training),
            output,
            Path.Combine(Folder, "training", "initial"),
            givenOrder: true,
            step =>
            {
                double loss = (double)log[step.Step - 1]!["loss"]!;
                distances.Add(Math.Abs(step.Loss - loss) / loss);
            },
            CancellationToken.None
        );
        Directory.Delete(output, recursive: true);
        return distances.Count == log.Count ? distances.Max() : double.NaN;
    }

    // Each step of the log names its examples; one epoch over all of them in this order is the same training.
    private static TrainingExample[] InOrder(JsonNode training) =>
        [
            .. training["log"]!
                .AsArray()
                .SelectMany(step => step!["examples"]!.AsArray())
                .Select(
                    (e, place) =>
                    {
                        JsonNode example = training["examples"]![(int)e!]!;
                        int[] ids = Ids(example["tokens"]);
                        int start = (int)example["completion_start"]!;
                        return new TrainingExample($"{place}", ids, [.. ids.Select((_, i) => i >= start)]);
                    }
                ),
        ];

    private static IEnumerable<double> Expected(string requests) =>
        Rows(requests).SelectMany(r => r["expected"]!.AsArray().Select(e => (double)e!));

    private static IEnumerable<double> Scores(ModelSpec spec, string requests)
    {
        JsonNode[] rows = Rows(requests);
        IReadOnlyList<ContinuationScore>[] scores = new IReadOnlyList<ContinuationScore>[rows.Length];
        using (ILanguageModel model = new TorchEngine().Open(spec))
        {
            model.Score(
                [
                    .. rows.Select(r => new ScoreRequest(
                        Ids(r["prompt_ids"]),
                        [.. r["continuation_ids"]!.AsArray().Select(Ids)]
                    )),
                ],
                (i, s) => scores[i] = s
            );
        }

        return scores.SelectMany(s => s).Select(s => s.LogLikelihood);
    }

    private static JsonNode[] Rows(string name) =>
        [
            .. File.ReadLines(Path.Combine(Folder, "requests", name + ".jsonl"))
                .Where(l => l.Length > 0)
                .Select(l => JsonNode.Parse(l)!),
        ];

    private static int[] Ids(JsonNode? list) => [.. list!.AsArray().Select(n => (int)n!)];
}
