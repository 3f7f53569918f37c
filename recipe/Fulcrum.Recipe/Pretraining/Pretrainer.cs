using System.Diagnostics;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Recipe.Pretraining;

/// <summary>How long and how fast.</summary>
/// <param name="Steps">Of each of the cycles; in each the rates fall to zero.</param>
/// <param name="Peaks">Of each cycle, the share of the rates that it starts with.</param>
internal sealed record PretrainPlan(
    int Seed,
    IReadOnlyList<int> Steps,
    IReadOnlyList<double> Peaks,
    int Sequences,
    int Length,
    double MuonRate = 0.02,
    double AdamRate = 0.001,
    double WeightDecay = 0.01
)
{
    /// <summary>Steps of all cycles.</summary>
    public int AllSteps => Steps.Sum();

    /// <summary>The cycle that a step is in, and how far it is, from 0.</summary>
    public (int Cycle, int Into) At(int step)
    {
        int cycle = 0;
        while (cycle < Steps.Count - 1 && step >= Steps[cycle])
        {
            step -= Steps[cycle++];
        }

        return (cycle, step);
    }

    /// <summary>How much is done before a step: 0 to 1 in the first cycle, 1 to 2 in the second.</summary>
    public double Progress(int step) => At(step) is var (cycle, into) ? cycle + (double)into / Steps[cycle] : 0;
}

/// <summary>A line of the log.</summary>
internal sealed record PretrainStep(
    int Step,
    double Loss,
    double Tokens,
    double Seconds,
    IReadOnlyDictionary<string, double> Probes
);

/// <summary>The training loop: resumable, and the same numbers from the same seed on the same machine.</summary>
internal sealed class Pretrainer(
    PretrainPlan plan,
    PretrainingText corpus,
    TextEncoding encoding,
    Decoder model,
    string folder
)
{
    private const int LogEvery = 50;
    private readonly Muon muon = new([
        ("qkv", model.Qkv),
        ("output", model.Output),
        ("gate_up", model.GateUp),
        ("down", model.Down),
    ]);
    private readonly Adam adam = new([
        ("embedding", model.Embedding),
        ("qkv_bias", model.QkvBias),
        ("norms", model.Norms),
    ]);

    private IEnumerable<(string Name, Tensor Value)> State => [.. model.Parameters, .. muon.State, .. adam.State];

    /// <summary>Trains to the end, or to a step; goes on from the checkpoint in the folder.</summary>
    public void Run(Func<IReadOnlyDictionary<string, double>> probe, int probeEvery, int until)
    {
        int done = Resume();
        double sum = 0;
        int counted = 0;
        long start = Stopwatch.GetTimestamp();
        while (done < Math.Min(plan.AllSteps, until))
        {
            sum += Step(done);
            counted++;
            done++;
            if (done % LogEvery == 0)
            {
                bool probes = done % probeEvery == 0 || done == plan.AllSteps;
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                Log(
                    new PretrainStep(
                        done,
                        sum / counted,
                        (double)done * plan.Sequences * plan.Length,
                        Math.Round(seconds, 1),
                        probes ? probe() : new Dictionary<string, double>()
                    )
                );
                (sum, counted, start) = (0, 0, Stopwatch.GetTimestamp());
                if (probes)
                {
                    Save(done);
                }
            }
        }

        Save(done);
    }

    private double Step(int done)
    {
        using DisposeScope scope = NewDisposeScope();
        (int cycle, int into) = plan.At(done);
        double progress = (double)into / plan.Steps[cycle];
        Batch batch = Batch.Of(corpus.Documents(done, plan.Progress(done)), encoding, plan.Sequences, plan.Length);
        foreach ((_, Tensor value) in model.Parameters)
        {
            value.grad?.zero_();
        }

        Tensor loss = (
            nn.functional.cross_entropy(
                model.Logits(batch.Ids, batch.Rows),
                batch.Targets,
                reduction: nn.Reduction.None
            ) * batch.Weights
        ).sum();
        loss.backward();
        // Warm-up over the first steps of a cycle, then straight down to zero.
        double rate = plan.Peaks[cycle] * Math.Min(1, (into + 1) / 50.0) * Math.Min(1, (1 - progress) / 0.7);
        muon.Step(plan.MuonRate * rate, plan.WeightDecay);
        adam.Step(plan.AdamRate * rate, done + 1);
        return loss.ToDouble();
    }

    private void Log(PretrainStep step)
    {
        string line = JsonSerializer.Serialize(step, JsonLines.Output);
        File.AppendAllText(Path.Combine(folder, "pretraining.log.jsonl"), line + "\n");
        Console.Out.WriteLine(line);
        if (!double.IsFinite(step.Loss))
        {
            throw new FulcrumException($"the loss of step {step.Step} is {step.Loss}");
        }
    }

    private void Save(int done)
    {
        SafetensorsFile.Write(
            Path.Combine(folder, "state.safetensors"),
            State.ToDictionary(),
            new Dictionary<string, string> { ["format"] = "pt" }
        );
        AtomicFile.WriteText(Path.Combine(folder, "step.txt"), $"{done}\n");
    }

    /// <summary>Takes up the checkpoint in the folder; the step it stands at, 0 without one.</summary>
    public int Resume()
    {
        string step = Path.Combine(folder, "step.txt");
        if (!File.Exists(step))
        {
            return 0;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        using SafetensorsFile state = SafetensorsFile.Open(Path.Combine(folder, "state.safetensors"));
        foreach ((string name, Tensor value) in State)
        {
            value.copy_(state.Read(name));
        }

        return int.Parse(File.ReadAllText(step));
    }
}
