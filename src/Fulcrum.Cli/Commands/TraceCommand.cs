using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Llama;
using Fulcrum.Llama.Export;
using Fulcrum.Llama.Gguf;
using Fulcrum.Llama.Tracing;
using Fulcrum.Models;
using Fulcrum.Tokenization;
using Fulcrum.Torch;
using Fulcrum.Tracing;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum trace</c></summary>
internal static class TraceCommand
{
    private static readonly JsonSerializerOptions Output = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create()
    {
        Option<string> model = new("--base") { Description = "The folder of the base model.", Required = true };
        Option<string> adapter = new("--adapter")
        {
            Description = "The folder of the adapter, in PEFT's format.",
            Required = true,
        };
        Option<string> to = new("--to") { Description = "The GGUF file that is served.", Required = true };
        Option<string?> texts = new("--texts")
        {
            Description =
                "Texts to measure every rung on, a JSON object with a text a line; without it nothing is measured.",
        };
        Option<bool> ladder = new("--ladder")
        {
            Description = "Measure two more rungs before the file: the right merge as GGUF in F16 and in Q8_0.",
        };
        Option<bool> json = new("--json") { Description = "Print JSON." };
        Option<int?> threads = new("--threads") { Description = "Threads. Default: all available cores." };
        Command verb = new(
            "trace",
            "Where a fine-tune was lost on its way from the adapter to the file that is served."
        )
        {
            model,
            adapter,
            to,
            texts,
            ladder,
            json,
            threads,
        };
        verb.SetAction(
            (parsed, cancellation) =>
            {
                Request request = new(
                    HubAccess.Place(parsed, "--base", parsed.GetRequiredValue(model)),
                    HubAccess.Place(parsed, "--adapter", parsed.GetRequiredValue(adapter)),
                    HubAccess.Place(parsed, "--to", parsed.GetRequiredValue(to)),
                    parsed.GetValue(texts) is { } file ? Texts(file) : [],
                    parsed.GetValue(ladder),
                    parsed.GetValue(threads)
                );
                Print(Trace(request, cancellation), parsed.GetValue(json));
                return Task.FromResult(0);
            }
        );
        return verb;
    }

    private sealed record Request(
        string Base,
        string Adapter,
        string File,
        IReadOnlyList<string> Texts,
        bool Ladder,
        int? Threads
    )
    {
        /// <summary>The base with the adapter, in float32.</summary>
        public ModelSpec Adapted { get; } =
            ModelSpec.InFolder(Base, Dtype.F32, device: "cpu", threads: Threads) with
            {
                Adapter = new AppliedAdapter(Adapter),
            };
    }

    private static TraceResult Trace(Request request, CancellationToken cancellation)
    {
        ModelSpec adapted = request.Adapted;
        using IModelWeights plain = ModelWeights.Open(adapted with { Adapter = null }),
            right = ModelWeights.Open(adapted);
        IReadOnlyList<TraceFinding> findings = ShipmentCheck.Compare(
            request.Base,
            request.Adapter,
            request.File,
            plain,
            right
        );
        return new TraceResult(findings, request.Texts.Count == 0 ? [] : Measured(request, right, cancellation));
    }

    private static IReadOnlyList<MeasuredRung> Measured(
        Request request,
        IModelWeights right,
        CancellationToken cancellation
    )
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-trace").FullName;
        try
        {
            using (GgufWeights weights = GgufWeights.Open(request.File))
            {
                ModelWeights.Write(weights, request.Base, folder);
            }

            List<TraceMeasurement.Rung> rungs =
            [
                new(TraceRung.Adapter, request.Adapted),
                new(TraceRung.Merged, request.Adapted with { Source = new ModelSource.Folder(folder), Adapter = null }),
            ];
            if (request.Ladder)
            {
                rungs.Add(Exported(request, right, folder, TraceRung.GgufF16, GgufFileType.F16));
                rungs.Add(Exported(request, right, folder, TraceRung.GgufQ8, GgufFileType.Q8_0));
            }

            rungs.Add(InFile(request, TraceRung.Gguf, request.File));
            return new TraceMeasurement(ModelEngines.Torch, ModelEngines.Llama).Measure(
                request.Adapted with
                {
                    Quantization = Quantization.Nf4,
                },
                rungs,
                Tokenizer.Load(request.Base),
                request.Texts,
                cancellation
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TraceMeasurement.Rung Exported(
        Request request,
        IModelWeights right,
        string folder,
        TraceRung rung,
        GgufFileType type
    )
    {
        string file = Path.Combine(folder, $"{EnumNames.Of(type)}.gguf");
        GgufExport.Write(right, request.Base, file, type, request.Threads ?? Environment.ProcessorCount);
        return InFile(request, rung, file);
    }

    private static TraceMeasurement.Rung InFile(Request request, TraceRung rung, string file)
    {
        ModelSource.Gguf source = new(file);
        return new TraceMeasurement.Rung(
            rung,
            new ModelSpec(source, Device: "cpu", Threads: request.Threads),
            GgufTexts.TokenizerOf(source)
        );
    }

    private static IReadOnlyList<string> Texts(string path)
    {
        string[] texts =
        [
            .. JsonLines
                .Read(path, new HashSet<string> { "text" })
                .Select(line =>
                    line.Value["text"] is JsonValue v && v.TryGetValue(out string? text)
                        ? text
                        : throw line.Error("expected a text")
                ),
        ];
        return texts.Length > 0 ? texts : throw new InputException($"{path} holds no text");
    }

    private static void Print(TraceResult result, bool json)
    {
        if (json)
        {
            Console.WriteLine(
                JsonSerializer.Serialize(
                    new
                    {
                        findings = result.Findings,
                        rungs = result.Rungs,
                        conclusion = result.Conclusion,
                    },
                    Output
                )
            );
            return;
        }

        foreach (TraceFinding finding in result.Findings)
        {
            Console.WriteLine($"{EnumNames.Of(finding.Rung)}: {EnumNames.Of(finding.Cause)}: {finding.Detail}");
        }

        if (result.Findings.Count == 0)
        {
            Console.WriteLine("Nothing differs between the folder and the file but the numeric form.");
        }

        foreach (MeasuredRung rung in result.Rungs)
        {
            RungDifference d = rung.Difference;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{EnumNames.Of(rung.Name), -10} {d.Mean:+0.0000;-0.0000} nats per token (95% "
                        + $"interval {d.Low:+0.0000;-0.0000} to {d.High:+0.0000;-0.0000}), "
                        + $"{d.Absolute:0.0000} in absolute value, {d.Texts} texts"
                )
            );
        }

        if (result.Conclusion is { } conclusion)
        {
            Console.WriteLine(conclusion);
        }
    }
}
