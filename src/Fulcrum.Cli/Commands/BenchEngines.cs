using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Models;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum bench engines</c></summary>
internal static class BenchEngines
{
    public static Command Create()
    {
        Option<string> config = new("--config")
        {
            Description = "A config.json. No weights are needed.",
            Required = true,
        };
        Option<string?> score = new("--score") { Description = "Work of bench score." },
            generate = new("--generate") { Description = "Work of bench generate." };
        Option<GgufFileType[]> types = new("--type")
        {
            Description = "Numeric forms of the GGUF files. Default: f32 and q8_0.",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = r => [.. r.Tokens.Select(t => EnumNames.Parse<GgufFileType>(t.Value, "--type"))],
            DefaultValueFactory = _ => [GgufFileType.F32, GgufFileType.Q8_0],
        };
        Option<string?> folder = new("--folder")
        {
            Description =
                "Where the model is written and stays; files that exist are used again. Default: a temporary folder.",
        };
        Option<int?> items = new("--items") { Description = "Take the first N lines of each file only." },
            threads = new("--threads") { Description = "Threads of each engine. Default: all available cores." };
        Option<int> rounds = new("--rounds")
        {
            Description = "How often each engine does the work.",
            DefaultValueFactory = _ => 1,
        };
        Option<bool> json = new("--json") { Description = "Print JSON." };
        Command verb = new(
            "engines",
            "Time the torch engine and llama.cpp on the same work. The model has random weights. llama.cpp reads an "
                + "export of it."
        )
        {
            config,
            score,
            generate,
            types,
            folder,
            items,
            rounds,
            threads,
            json,
        };
        verb.Validators.Add(r =>
        {
            if (r.GetValue(score) is null && r.GetValue(generate) is null)
            {
                r.AddError("name the work by --score FILE, --generate FILE or both");
            }
        });
        foreach (Option count in (ReadOnlySpan<Option>)[items, rounds, threads])
        {
            count.Validators.Add(r =>
            {
                if (r.Tokens.Count > 0 && (!int.TryParse(r.Tokens[0].Value, out int given) || given < 1))
                {
                    r.AddError($"{count.Name} must be at least 1");
                }
            });
        }

        verb.SetAction(parsed =>
        {
            EngineWork[] works =
            [
                .. parsed.GetValue(score) is { } s
                    ? [EngineWork.Score(s, parsed.GetValue(items))]
                    : Array.Empty<EngineWork>(),
                .. parsed.GetValue(generate) is { } g
                    ? [EngineWork.Generate(g, parsed.GetValue(items))]
                    : Array.Empty<EngineWork>(),
            ];
            using EngineSpeed speed = new(
                parsed.GetRequiredValue(config),
                parsed.GetValue(types)!,
                parsed.GetValue(threads) ?? Environment.ProcessorCount,
                said => Console.Error.WriteLine($"fulcrum: {said}"),
                parsed.GetValue(folder)
            );
            EngineTimes times = speed.Run(works, parsed.GetValue(rounds));
            Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(times, JsonLines.Output) : Table(times));
        });
        return verb;
    }

    private static string Table(EngineTimes all) =>
        string.Join(
            '\n',
            [
                $"{all.Threads} threads; float32 matmul rate {all.SgemmGflops:F0} GFLOP/s; {all.LlamaCpp}",
                "| work | items | engine | form | seconds | tokens/s | largest difference of a log-likelihood "
                    + "| file, MB | KV cache, MB | peak of the worker, MB |",
                "|---|--:|---|---|--:|--:|--:|--:|--:|--:|",
                .. all.Times.Select(t =>
                    $"| {t.Work} | {t.Items} | {t.Engine} | {t.Form} "
                    + $"| {string.Join(", ", t.Seconds.Select(s => s.ToString("F1", CultureInfo.InvariantCulture)))} "
                    + $"| {(t.Tokens / t.Seconds.Min()).ToString("F0", CultureInfo.InvariantCulture)} "
                    + $"| {t.Distance?.ToString("G2", CultureInfo.InvariantCulture)} "
                    + $"| {Megabytes(t.FileBytes)} | {Megabytes(t.CacheBytes)} | {Megabytes(t.WorkerPeakBytes)} |"
                ),
            ]
        );

    private static string Megabytes(long? bytes) =>
        bytes is { } b ? (b / 1e6).ToString("F0", CultureInfo.InvariantCulture) : "";
}
