using System.CommandLine;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Torch.Speed;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum bench</c></summary>
internal static class BenchCommand
{
    public static Command Create() =>
        new("bench", "Measure the speed of a fixed amount of work, on a model with random weights.")
        {
            Work("score", "Log-likelihoods of letters after prompts.", "subject, prompt (ids), letters (ids)"),
            Work("generate", "Exactly new_tokens after each prompt.", "prompt (ids), new_tokens"),
            Work(
                "train",
                "An epoch of LoRA on the attention's projections, one database a batch of 8.",
                "db_id, prompt (ids), completion (ids)"
            ),
            BenchMemory.Create(),
            BenchEngines.Create(),
        };

    private static string Table(string name, BenchResult r) =>
        string.Join(
            '\n',
            [
                $"{name}: {r.Items:#,0} {(r.Items == 1 ? "item" : "items")}, "
                    + $"{r.Tokens:#,0} tokens in {r.Seconds:F2} s ({EnumNames.Of(r.Dtype)}, "
                    + $"{r.Threads} {(r.Threads == 1 ? "thread" : "threads")})",
                $"{r.TokensPerSecond, 9:#,0}  tokens a second",
                $"{Short(r.GflopEquivalentsPerItem), 9}  GFLOP-equivalents an item: the time, "
                    + "in operations that a plain float32 matrix product does meanwhile on this machine "
                    + $"({r.SgemmGflops:F0} GFLOP/s); comparable between machines, less is faster",
                $"{Short(r.NeededGflopPerItem), 9}  GFLOP an item that the work needs: "
                    + $"{r.FractionOfSgemm * 100:F0}% of what that product would do in the time, "
                    + $"{r.FractionOfProduct * 100:F0}% of what the model's products of many rows would "
                    + $"({r.ProductGflops:F0} GFLOP/s)",
                .. r.FractionOfMemory is { } share
                    ?
                    [
                        $"{share * 100, 8:F0}%  of the rate at which memory is read ({r.MemoryGigabytesPerSecond:F0} "
                            + "GB/s): each step reads every weight once",
                    ]
                    : Array.Empty<string>(),
                .. r.DraftedTokens is { } drafted
                    ?
                    [
                        $"{drafted, 9:#,0}  draft tokens computed, {r.AcceptedTokens:#,0} of them accepted: "
                            + "each of these saved a step of its sequence",
                    ]
                    : Array.Empty<string>(),
                $"{r.PeakBytes / 1e9, 9:F1}  GB of memory at most",
            ]
        );

    // Three digits that say something.
    private static string Short(double number) => number >= 100 ? $"{number:#,0}" : $"{number:G3}";

    private static Command Work(string name, string description, string fields)
    {
        Option<string> config = new("--config")
        {
            Description = "A config.json. No weights are needed.",
            Required = true,
        };
        Option<string> input = new("--input")
        {
            Description = $"The work, one JSON object per line: {fields}; - is standard input.",
            Required = true,
        };
        Option<bool> plain = new("--plain")
        {
            Description = "Use the reference implementation: padded batches, no shared prefixes, every logit.",
        };
        Option<Dtype> dtype = EnumOption.Of<Dtype>("--dtype", "The type that the model computes in:");
        Option<int?> threads = CountOption.Threads();
        Option<bool> json = new("--json") { Description = "Print JSON." };
        Command verb = new(name, description) { config, input, plain, dtype, threads, json };
        verb.SetAction(parsed =>
        {
            BenchResult r = Bench.Run(
                name,
                parsed.GetRequiredValue(config),
                parsed.GetRequiredValue(input),
                parsed.GetValue(dtype),
                parsed.GetValue(threads),
                parsed.GetValue(plain),
                said => Notices.Say(parsed, said)
            );
            Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(r, JsonLines.Output) : Table(name, r));
        });
        return verb;
    }
}
