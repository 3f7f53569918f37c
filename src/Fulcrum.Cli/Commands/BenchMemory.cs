using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Torch.Speed;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum bench memory</c></summary>
internal static class BenchMemory
{
    private static readonly Option<string> Config = new("--config")
    {
        Description = "A config.json. A model with random weights is written to a temporary folder.",
        Required = true,
    };
    private static readonly Option<Dtype> Type = EnumOption.Of(
        "--dtype",
        "The type that the model computes in:",
        Dtype.Bf16
    );
    private static readonly Option<Quantization> Weights = EnumOption.Of(
        "--quantization",
        "How the weights of the projections are stored:",
        Quantization.Nf4Double
    );
    private static readonly Option<int> Batch = CountOption.Of(
            "--batch",
            least: 1,
            "Sequences per step.",
            defaultValue: 2
        ),
        Length = CountOption.Of("--tokens", least: 2, "Tokens per sequence.", defaultValue: 512),
        Steps = CountOption.Of("--steps", least: 1, "Training steps.", defaultValue: 2);
    private static readonly Option<int?> Threads = CountOption.Threads();
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };

    public static Command Create()
    {
        Command verb = new(
            "memory",
            "Measure the peak anonymous memory while a model is loaded and while QLoRA trains, "
                + "next to the computed sum of its parts."
        )
        {
            Config,
            Type,
            Weights,
            Batch,
            Length,
            Steps,
            Threads,
            Json,
        };
        verb.SetAction(parsed =>
        {
            MemoryResult result = Measured(parsed);
            Console.WriteLine(
                parsed.GetValue(Json) ? JsonSerializer.Serialize(result, JsonLines.Output) : Table(result)
            );
        });
        return verb;
    }

    private static MemoryResult Measured(ParseResult parsed) =>
        MemoryBench.Run(
            parsed.GetRequiredValue(Config),
            parsed.GetValue(Type),
            parsed.GetValue(Weights),
            parsed.GetValue(Batch),
            parsed.GetValue(Length),
            parsed.GetValue(Steps),
            parsed.GetValue(Threads),
            said => Notices.Say(parsed, said)
        );

    private static string Table(MemoryResult r) =>
        string.Join(
            '\n',
            [
                $"{EnumNames.Of(r.Dtype)}, weights {EnumNames.Of(r.Quantization)}, "
                    + $"{r.Batch} x {r.Tokens} tokens, anonymous memory:",
                .. r.Parts.Select(p => $"{p.Value / 1e6, 9:F0} MB  {p.Key}"),
                $"{r.PartsBytes / 1e6, 9:F0} MB  sum of these parts",
                $"{r.TrainingPeakBytes / 1e6, 9:F0} MB  peak while training ({r.SecondsPerStep:F1} s a step, "
                    + $"loss {string.Join(", ", r.Losses.Select(Loss))})",
                $"{r.LoadingPeakBytes / 1e6, 9:F0} MB  peak while loading, {r.LoadingShare:F2} times the weights",
            ]
        );

    private static string Loss(double loss) => loss.ToString("F3", CultureInfo.InvariantCulture);
}
