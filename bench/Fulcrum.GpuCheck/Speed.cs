using System.Diagnostics;
using Fulcrum.Models;
using Fulcrum.Torch;
using Fulcrum.Torch.Speed;

namespace Fulcrum.GpuCheck;

/// <summary>Times a model of Qwen2-0.5B's widths with random weights.</summary>
/// <param name="folder">The model folder; written by <see cref="WriteModel"/>.</param>
/// <param name="prompts">Prompts of scoring and of generation. A training step has a quarter as many examples.</param>
internal sealed class Speed(string folder, string device, Dtype dtype, Quantization quantization, int prompts)
{
    private const int PromptTokens = 512,
        NewTokens = 64,
        TrainSteps = 4;

    private int BatchSize => prompts / 4;

    private ModelSpec Spec => ModelSpec.InFolder(folder, dtype, quantization, device);

    /// <summary>Writes a model folder with random bfloat16 weights.</summary>
    /// <param name="layers">24 are those of Qwen2-0.5B.</param>
    public static void WriteModel(string folder, int layers)
    {
        string config = Path.Combine(folder, "widths.json");
        File.WriteAllText(
            config,
            $$"""
            { "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_act": "silu", "hidden_size": 896,
              "intermediate_size": 4864, "num_hidden_layers": {{layers}}, "num_attention_heads": 14,
              "num_key_value_heads": 2, "max_position_embeddings": 32768, "rms_norm_eps": 1e-06,
              "rope_theta": 1000000.0, "tie_word_embeddings": true, "vocab_size": 151936 }
            """
        );
        RandomModel.Write(folder, config);
    }

    /// <summary>Returns the tokens per second of scoring one letter after each prompt of 512 tokens.</summary>
    public double Score()
    {
        using ILanguageModel model = new TorchEngine().Open(Spec);
        ScoreRequest[] requests =
        [
            .. Enumerable
                .Range(0, prompts)
                .Select(i => new ScoreRequest(
                    Prompt(i),
                    [
                        [7],
                    ]
                )),
        ];
        model.Score(requests[..2], (_, _) => { });
        return prompts * PromptTokens / Seconds(() => model.Score(requests, (_, _) => { }));
    }

    /// <summary>Returns the new tokens per second of completions of 64 tokens.</summary>
    public double Generate()
    {
        using ILanguageModel model = new TorchEngine().Open(Spec);
        CompletionRequest[] requests =
        [
            .. Enumerable.Range(0, prompts).Select(i => new CompletionRequest(Prompt(i)[..64], NewTokens, [])),
        ];
        model.Complete(requests[..2], (_, _) => { });
        return prompts * NewTokens / Seconds(() => model.Complete(requests, (_, _) => { }));
    }

    /// <summary>Returns the tokens per second of four training steps on examples of 512 tokens.</summary>
    public double Train()
    {
        string output = Directory.CreateTempSubdirectory("gpu-check").FullName;
        TrainingExample[] examples =
        [
            .. Enumerable
                .Range(0, BatchSize * (1 + TrainSteps))
                .Select(i => new TrainingExample(
                    $"{i}",
                    Prompt(i),
                    [.. Enumerable.Range(0, PromptTokens).Select(t => t >= PromptTokens - 64)]
                )),
        ];
        double seconds = 0;
        new TorchEngine().Train(
            Spec,
            new TrainPlan(
                BatchSize: BatchSize,
                Rank: 16,
                Alpha: 32,
                TargetModules: ["all-linear"],
                GradientCheckpointing: true
            ),
            examples,
            output,
            step => seconds += step.Step == 1 ? 0 : step.Seconds // the first step warms up
        );
        Directory.Delete(output, recursive: true);
        return TrainSteps * BatchSize * PromptTokens / seconds;
    }

    // Prompts share nothing, so that no prefix is computed once for several.
    private static int[] Prompt(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, PromptTokens).Select(_ => random.Next(1000, 150000))];
    }

    private static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
