using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Tracing;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum trace</c></summary>
internal static class TraceCommand
{
    private static readonly Option<string> Base = new("--base")
    {
        Description = "The folder of the base model.",
        Required = true,
    };
    private static readonly Option<string> Adapter = new("--adapter")
    {
        Description = "The folder of the adapter, in PEFT's format.",
        Required = true,
    };
    private static readonly Option<string[]> To = new("--to")
    {
        Description = "The GGUF file that is served, or the address of the server; repeat it to name both.",
        Required = true,
    };
    private static readonly Option<string?> Texts = new("--texts")
    {
        Description = "Measure every rung on texts: a JSON object with a text per line.",
    };
    private static readonly Option<bool> Ladder = new("--ladder")
    {
        Description = "Measure two more rungs before the file: the right merge as GGUF in F16 and in Q8_0.",
    };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };
    private static readonly Option<int?> Threads = CountOption.Threads("each engine");

    public static Command Create()
    {
        ServedOptions served = new();
        TaskOptions tasks = new(required: false);
        Command verb = new(
            "trace",
            "Find where a fine-tune was lost on its way from the adapter to the file or the server that serves it."
        )
        {
            Base,
            Adapter,
            To,
            Texts,
            Ladder,
            Json,
            Threads,
        };
        tasks.AddTo(verb);
        served.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) =>
            {
                Print(Trace(parsed, ShipmentOf(parsed, served), tasks, cancellation), parsed.GetValue(Json));
                return Task.FromResult(0);
            }
        );
        return verb;
    }

    private static Shipment ShipmentOf(ParseResult parsed, ServedOptions served)
    {
        string[] named = parsed.GetRequiredValue(To);
        string[] servers = [.. named.Where(IsAddress)],
            files = [.. named.Where(n => !IsAddress(n))];
        if (servers.Length > 1 || files.Length > 1)
        {
            throw new InputException("--to: name one GGUF file, one server, or one of each");
        }

        return new Shipment(
            HubAccess.Place(parsed, "--base", parsed.GetRequiredValue(Base)),
            HubAccess.Place(parsed, "--adapter", parsed.GetRequiredValue(Adapter)),
            files is [{ } file] ? HubAccess.Place(parsed, "--to", file) : null,
            served.At(parsed, servers.FirstOrDefault(), "--to"),
            parsed.GetValue(Threads)
        );
    }

    private static bool IsAddress(string named) => named.Contains("://", StringComparison.Ordinal);

    private static TraceResult Trace(
        ParseResult parsed,
        Shipment shipment,
        TaskOptions tasks,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<string> texts = parsed.GetValue(Texts) is { } file ? TextsIn(file) : [];
        return Sandbox.For(sandbox =>
        {
            IReadOnlyList<Tasks.ITask> asked = tasks.Open(parsed, sandbox);
            IReadOnlyList<TraceFinding> findings = shipment.Compare(cancellation);
            return new TraceResult(
                findings,
                texts.Count + asked.Count == 0
                    ? []
                    : shipment.Measure(texts, asked, parsed.GetValue(Ladder), cancellation)
            );
        });
    }

    private static IReadOnlyList<string> TextsIn(string path)
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
            var printed = new
            {
                findings = result.Findings,
                rungs = result.Rungs,
                conclusion = result.Conclusion,
            };
            Console.WriteLine(JsonSerializer.Serialize(printed, JsonLines.Output));
            return;
        }

        foreach (TraceFinding finding in result.Findings)
        {
            Say($"{EnumNames.Of(finding.Rung)}: {EnumNames.Of(finding.Cause)}: {finding.Detail}");
        }

        if (result.Findings.Count == 0)
        {
            Say("No difference found except the numeric form.");
        }

        foreach (MeasuredRung rung in result.Rungs)
        {
            Print(rung);
        }

        if (result.Conclusion is { } conclusion)
        {
            Say(conclusion);
        }
    }

    // Tokens and templates of files are quoted in the sentences.
    private static void Say(string sentence) => Console.WriteLine(Printable.Line(sentence));

    private static void Print(MeasuredRung rung)
    {
        if (rung.Difference is { } d)
        {
            Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{EnumNames.Of(rung.Name), -10} {d.Mean:+0.0000;-0.0000} nats per token (95% interval "
                        + $"{d.Low:+0.0000;-0.0000} to {d.High:+0.0000;-0.0000}), {d.Absolute:0.0000} in "
                        + $"absolute value, {d.Texts} texts"
                )
            );
        }

        foreach (RungChange change in rung.Tasks ?? [])
        {
            Say(
                $"{EnumNames.Of(rung.Name), -10} {TraceResult.Points(change)} on {change.Task}, "
                    + $"{change.Gained} items gained, {change.Lost} lost"
            );
        }
    }
}
