using Fulcrum.Cli;
using Fulcrum.Models;
using Xunit;

namespace Fulcrum.Torch.Tests;

[Collection("native")]
public sealed class EngineSpeedTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-engines").FullName;

    [Fact]
    public void Both_engines_do_the_same_work_on_the_same_weights()
    {
        using EngineSpeed speed = new(Config(width: 64), [GgufFileType.F32, GgufFileType.Q8_0], threads: 1, _ => { });

        EngineTime[] all =
        [
            .. speed.Times(
                EngineWork.Score(
                    Work("""{"prompt":[5,6,7],"letters":[8,9]}""", """{"prompt":[5,6],"letters":[8]}"""),
                    items: null
                ),
                rounds: 2
            ),
            .. speed.Times(
                EngineWork.Generate(
                    Work("""{"prompt":[5,6,7],"new_tokens":4}""", """{"prompt":[9],"new_tokens":3}"""),
                    items: 1
                ),
                rounds: 1
            ),
        ];

        Assert.Equal(
            [
                ("score", "torch", "f32", 2, 7L),
                ("score", "llama.cpp", "f32", 2, 7L),
                ("score", "llama.cpp", "q8_0", 2, 7L),
                ("generate", "torch", "f32", 1, 4L),
                ("generate", "llama.cpp", "f32", 1, 4L),
                ("generate", "llama.cpp", "q8_0", 1, 4L),
            ],
            all.Select(t => (t.Work, t.Engine, t.Form, t.Items, t.Tokens))
        );
        Assert.Equal([2, 2, 2, 1, 1, 1], all.Select(t => t.Seconds.Count));
        Assert.InRange(all[1].Distance!.Value, 0, 1e-4);
        Assert.InRange(all[2].Distance!.Value, 1e-6, 0.5);
        Assert.All(all.Where(t => t.Engine == "torch"), t => Assert.Null(t.WorkerPeakBytes));
    }

    [Fact]
    public void A_larger_file_takes_its_own_size_more_and_not_twice()
    {
        EngineTime small = Scored(width: 64),
            large = Scored(width: 1024, vocabulary: 32000);

        Assert.InRange(large.FileBytes!.Value - small.FileBytes!.Value, 100_000_000, 200_000_000);
        double grown = large.WorkerPeakBytes!.Value - small.WorkerPeakBytes!.Value,
            needed = large.FileBytes.Value + large.CacheBytes!.Value - small.FileBytes.Value - small.CacheBytes!.Value;
        Assert.InRange(grown / needed, 0.5, 1.3);
        Assert.InRange(large.WorkerPeakBytes.Value, 0, large.FileBytes.Value + large.CacheBytes.Value + 500_000_000);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    private EngineTime Scored(int width, int vocabulary = 4096)
    {
        using EngineSpeed speed = new(Config(width, vocabulary), [GgufFileType.F32], threads: 1, _ => { });
        return speed.Times(EngineWork.Score(Work("""{"prompt":[5,6,7],"letters":[8]}"""), items: null), rounds: 1)[1];
    }

    private string Work(params string[] lines)
    {
        string file = Path.Combine(folder, $"{Guid.NewGuid():N}.jsonl");
        File.WriteAllLines(file, lines);
        return file;
    }

    private string Config(int width, int vocabulary = 4096)
    {
        string file = Path.Combine(folder, $"{width}.json");
        File.WriteAllText(
            file,
            $$"""
            { "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_act": "silu",
              "hidden_size": {{width}}, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
              "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "tie_word_embeddings": true, "vocab_size": {{vocabulary}} }
            """
        );
        return file;
    }
}
