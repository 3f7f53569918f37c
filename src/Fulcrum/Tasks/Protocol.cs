using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>Every setting that can change a score, by name. Two measurements are comparable only if all of them are
/// equal.</summary>
/// <param name="Fields">Sorted by name. Contains nothing that differs between base and candidate: no adapter, time or
/// path.</param>
public sealed record Protocol(IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>Changes whenever evaluation code changes in a way that can change a score.</summary>
    public const string EvaluatorVersion = "1";

    private static readonly string[] OfCandidate = ["model", "serving", "engine", "dtype", "quantization", "device"];

    /// <summary>Returns whether a candidate may differ from its base in a field: the model, and the form in which it
    /// computes or is served.</summary>
    public static bool MayDiffer(string field) =>
        OfCandidate.Contains(field) || field.StartsWith("endpoint.", StringComparison.Ordinal);

    /// <summary>SHA-256 over the sorted <c>name=value</c> lines, in lower-case hexadecimal.</summary>
    public string Hash =>
        Sha(string.Concat(Fields.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={f.Value}\n")));

    /// <summary>The protocol of one benchmark under one model in one form.</summary>
    /// <param name="model">With every <c>auto</c> resolved.</param>
    /// <param name="modelDigest">Digest of the base model's folder, tokenizer and template included.</param>
    /// <param name="engine">Name and version of what computes.</param>
    public static Protocol Of(
        ITask benchmark,
        ModelSpec model,
        string modelDigest,
        PromptEncoding encoding,
        string engine = ""
    )
    {
        SortedDictionary<string, string> fields = new(StringComparer.Ordinal)
        {
            ["benchmark"] = benchmark.Name,
            ["evaluator"] = EvaluatorVersion,
            ["model"] = modelDigest,
            ["dtype"] = EnumNames.Of(model.Dtype),
            ["quantization"] = EnumNames.Of(model.Quantization),
            ["device"] = model.Device.Split(':')[0],
            ["serving"] = EnumNames.Of(model.Adapter?.Form ?? ServingForm.Attached),
            ["engine"] = engine,
            ["template"] = encoding.TemplateDigest,
            ["items"] = Sha(string.Join('\n', benchmark.Items.Select(i => $"{i.Id}\t{i.Target}"))),
            ["prompts"] = Sha(string.Join('\0', benchmark.Items.Select(i => Describe(benchmark.Ask(i), encoding)))),
        };
        foreach ((string name, string value) in benchmark.Protocol)
        {
            fields[$"{benchmark.Name}.{name}"] = value;
        }

        return new Protocol(fields);
    }

    /// <summary>Returns the protocol with settings that only the opened model determines.</summary>
    public Protocol With(IReadOnlyDictionary<string, string> asked) =>
        asked.Count == 0 ? this : new Protocol(Fields.Concat(asked).ToDictionary());

    /// <summary>The fields in which two protocol files differ, each with both values; empty where a file is
    /// missing.</summary>
    /// <param name="except">Fields that may differ; null: none.</param>
    /// <exception cref="InputException">A file is not a flat map of texts.</exception>
    public static IReadOnlyList<string> Differences(string first, string second, Func<string, bool>? except = null)
    {
        string[] fields = [.. DifferingFields(first, second).Where(f => except?.Invoke(f) != true)];
        if (fields.Length == 0)
        {
            return [];
        }

        SortedDictionary<string, string> a = Read(first),
            b = Read(second);
        return [.. fields.Select(k => $"{k}: {Short(a.GetValueOrDefault(k))} and {Short(b.GetValueOrDefault(k))}")];
    }

    /// <summary>Returns the names of the fields in which two protocol files differ; empty where a file is
    /// missing.</summary>
    /// <exception cref="InputException">A file is not a flat map of texts.</exception>
    public static IReadOnlyList<string> DifferingFields(string first, string second)
    {
        if (!File.Exists(first) || !File.Exists(second))
        {
            return [];
        }

        SortedDictionary<string, string> a = Read(first),
            b = Read(second);
        return
        [
            .. a
                .Keys.Union(b.Keys)
                .Order(StringComparer.Ordinal)
                .Where(k => a.GetValueOrDefault(k) != b.GetValueOrDefault(k)),
        ];
    }

    private static SortedDictionary<string, string> Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(
                    BoundedFile.ReadText(path),
                    ProtocolJson.Default.SortedDictionaryStringString
                ) ?? [];
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not a protocol: {e.Message}", e);
        }
    }

    private static string Short(string? value) =>
        value is null ? "nothing"
        : value.Length > 40 ? value[..12] + "..."
        : value;

    /// <summary>The fields as JSON, a flat map.</summary>
    public string Print() =>
        JsonSerializer.Serialize(
            new SortedDictionary<string, string>(Fields.ToDictionary(), StringComparer.Ordinal),
            ProtocolJson.Default.SortedDictionaryStringString
        ) + "\n";

    private static string Describe(Question question, PromptEncoding encoding) =>
        question switch
        {
            Question.Choose choose => encoding.Render(choose.Prompt) + "\0" + string.Join('\0', choose.Continuations),
            Question.Pairs pairs => string.Join(
                '\0',
                pairs.Requests.Select(r => encoding.Render(r.Prompt) + "\0" + r.Continuation)
            ),
            Question.Whole whole => whole.Text,
            Question.Continue go =>
                $"{encoding.Render(go.Prompt)}\0{go.MaxNewTokens}\0{string.Join('\0', go.Stops)}\0greedy",
            Question.Write write =>
                $"{encoding.Render(write.Prompt)}\0{write.MaxNewTokens}\0{string.Join('\0', write.Stops)}\0"
                    + $"{write.Sampling?.ToString() ?? "greedy"}",
            _ => throw new ArgumentOutOfRangeException(nameof(question)),
        };

    internal static string Sha(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>JSON of protocols.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, WriteIndented = true)]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
