using System.CommandLine;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Torch.Speed;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum bench</c></summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Times fixed work on a model with random weights.")
    {
        Work("score", "Log-likelihoods of letters after prompts."),
        Work("generate", "Exactly new_tokens after each prompt."),
        Work("train", "An epoch of LoRA on the attention's projections, one database a batch of 8."),
    };

    private static Command Work(string name, string description)
    {
        Option<string> config = new("--config") { Description = "A config.json; no weights are needed.", Required = true };
        Option<string> input = new("--input") { Description = "The work, an item a line.", Required = true };
        Option<bool> plain = new("--plain") { Description = "Padded batches that share nothing and compute every logit: the form to compare with." };
        Option<string> dtype = new("--dtype") { Description = "auto, f32, bf16 or f16.", DefaultValueFactory = _ => "auto" };
        Option<int?> threads = new("--threads") { Description = "Threads of the native library; all available cores when not given." };
        Option<bool> json = new("--json") { Description = "Print JSON." };
        Command verb = new(name, description) { config, input, plain, dtype, threads, json };
        verb.SetAction(parsed =>
        {
            BenchResult r = Bench.Run(name, parsed.GetRequiredValue(config), parsed.GetRequiredValue(input), parsed.GetRequiredValue(dtype), parsed.GetValue(threads), parsed.GetValue(plain));
            Console.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(r, JsonLines.Output)
                : $"{r.Items} items in {r.Seconds:F2} s, {r.TokensPerSecond:F0} tokens/s, {r.GflopEquivalentsPerItem:F0} GFLOP-equivalents an item at {r.SgemmGflops:F0} GFLOP/s; needed {r.NeededGflopPerItem:F0}, {r.FractionOfProduct:P0} of the rate at which the model multiplies ({r.ProductGflops:F0})");
        });
        return verb;
    }
}
