using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulcrum.Tasks.Spider.Sql;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>What loading and training hold in memory, in a process of its own; docs/performance.md has the figures of a
/// model of 1.5 billion parameters.</summary>
public sealed class MemoryTests
{
    [Fact]
    public void Loading_holds_no_second_copy_and_training_little_beyond_its_parts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells how much anonymous memory a process has");
        string folder = Directory.CreateTempSubdirectory().FullName,
            config = Path.Combine(folder, "config.json");
        File.WriteAllText(
            config,
            """
            {"architectures":["Qwen2ForCausalLM"],"model_type":"qwen2","hidden_act":"silu","hidden_size":512,"intermediate_size":1408,"num_hidden_layers":12,"num_attention_heads":8,
             "num_key_value_heads":2,"vocab_size":16384,"max_position_embeddings":1024,"rms_norm_eps":1e-6,"rope_theta":10000,"tie_word_embeddings":true,"torch_dtype":"bfloat16"}
            """
        );

        JsonNode seen = Bench(
            "--config",
            config,
            "--dtype",
            "bf16",
            "--quantization",
            "none",
            "--batch",
            "1",
            "--tokens",
            "64",
            "--steps",
            "1"
        );

        Assert.InRange((double)seen["loading_share"]!, 0.9, 1.3);
        Assert.InRange((double)seen["training_peak_bytes"]! / (double)seen["parts_bytes"]!, 0.5, 1.5);
        Directory.Delete(folder, recursive: true);
    }

    private static JsonNode Bench(params string[] arguments)
    {
        using Process tool = Process.Start(
            new ProcessStartInfo(SqlWorker.Program()!.File, ["bench", "memory", "--json", .. arguments])
            {
                RedirectStandardOutput = true,
            }
        )!;
        string output = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();
        Assert.Equal(0, tool.ExitCode);
        return JsonNode.Parse(output)!;
    }
}
