using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Models;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum bench engines</c></summary>
internal static class BenchEngines
{
    private static readonly Option<string> Config = new("--config")
    {
        Description = "A config.json. No weights are needed.",
        Required = true,
    };
    private static readonly Option<string?> Score = new("--score") { Description = "Work of bench score." },
        Generate = new("--generate") { Description = "Work of bench generate." },
        Folder =
            new("--folder")
            {
                Description =
                    "Where the model is written and stays; files that exist are used again. "
                    + "Default: a temporary folder.",
            };
    private static readonly Option<GgufFileType[]> Types = EnumOption.Several(
        "--type",
        "Numeric forms of the GGUF files (default f32 and q8_0):",
        GgufFileType.F32,
        GgufFileType.Q8_0
    );
    private static readonly Option<int?> Items = CountOption.Of(
            "--items",
            least: 1,
            "Take the first N lines of each file only."
        ),
        Threads = CountOption.Threads("each engine");
    private static readonly Option<int> Rounds = CountOption.Of(
        "--rounds",
        least: 1,
        "How often each engine does the work.",
        defaultValue: 1
    );
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };

    public static Command Create()
    {
        Command verb = new(
            "engines",
            "Time the torch engine and llama.cpp on the same work. The model has random weights. llama.cpp reads an "
                + "export of it."
        )
        {
            Config,
            Score,
            Generate,
            Types,
            Folder,
            Items,
            Rounds,
            Threads,
            Json,
        };
        verb.Validators.Add(r =>
        {
            if (r.GetValue(Score) is null && r.GetValue(Generate) is null)
            {
                r.AddError("name the work by --score FILE, --generate FILE or both");
            }
        });
        verb.SetAction(Run);
        return verb;
    }

    private static void Run(ParseResult parsed)
    {
        List<EngineWork> works = [];
        if (parsed.GetValue(Score) is { } score)
        {
            works.Add(EngineWork.Score(score, parsed.GetValue(Items)));
        }

        if (parsed.GetValue(Generate) is { } generate)
        {
            works.Add(EngineWork.Generate(generate, parsed.GetValue(Items)));
        }

        using EngineSpeed speed = new(
            parsed.GetRequiredValue(Config),
            parsed.GetValue(Types)!,
            parsed.GetValue(Threads) ?? Environment.ProcessorCount,
            said => Notices.Say(parsed, said),
            parsed.GetValue(Folder)
        );
        EngineTimes times = speed.Run(works, parsed.GetValue(Rounds));
        Console.WriteLine(parsed.GetValue(Json) ? JsonSerializer.Serialize(times, JsonLines.Output) : Table(times));
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
