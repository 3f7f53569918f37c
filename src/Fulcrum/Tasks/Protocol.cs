using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>Everything that can change a score, by name. Two measurements may be compared if they differ in nothing but
/// the model and the form in which it computes.</summary>
/// <param name="Fields">Sorted by name. Holds no adapter, no time, no path.</param>
internal sealed record Protocol(IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>Changes whenever evaluation code changes in a way that can change a score.</summary>
    public const string EvaluatorVersion = "1";

    /// <summary>SHA-256 over the sorted <c>name=value</c> lines, in lower-case hexadecimal.</summary>
    public string Hash =>
        Sha256.OfTexts(
            string.Concat(Fields.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={f.Value}\n"))
        );

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
            ["items"] = Sha256.OfTexts(string.Join('\n', benchmark.Items.Select(i => $"{i.Id}\t{i.Target}"))),
            ["prompts"] = Sha256.OfTexts(string.Join('\0', benchmark.Items.Select(i => Describe(benchmark.Ask(i))))),
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

    /// <summary>Returns the fields in which two protocol files differ, sorted by name; none if a file is
    /// missing.</summary>
    /// <exception cref="InputException">A file is not a flat map of texts.</exception>
    public static IReadOnlyList<ProtocolDifference> Differences(string first, string second)
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
                .Select(k => new ProtocolDifference(k, a.GetValueOrDefault(k), b.GetValueOrDefault(k)))
                .Where(d => d.First != d.Second),
        ];
    }

    /// <summary>Reads the fields of a protocol file, sorted by name; none if the file is missing.</summary>
    /// <exception cref="InputException">The file is not a flat map of texts.</exception>
    public static SortedDictionary<string, string> Read(string path) =>
        new(StoredJson.ReadIfThere<Dictionary<string, string>>(path, "a protocol") ?? [], StringComparer.Ordinal);

    /// <summary>The fields as JSON, a flat map.</summary>
    public string Print() =>
        JsonSerializer.Serialize(
            new SortedDictionary<string, string>(Fields.ToDictionary(), StringComparer.Ordinal),
            ProtocolJson.Default.SortedDictionaryStringString
        ) + "\n";

    private static string Describe(Question question) =>
        question switch
        {
            Question.Choose choose => Describe(choose.Prompt) + "\0" + string.Join('\0', choose.Continuations),
            Question.Pairs pairs => string.Join(
                '\0',
                pairs.Requests.Select(r => Describe(r.Prompt) + "\0" + r.Continuation)
            ),
            Question.Whole whole => whole.Text,
            Question.Continue go => $"{Describe(go.Prompt)}\0{go.MaxNewTokens}\0{string.Join('\0', go.Stops)}\0greedy",
            Question.Write write =>
                $"{Describe(write.Prompt)}\0{write.MaxNewTokens}\0{string.Join('\0', write.Stops)}\0"
                    + $"{write.Sampling?.ToString() ?? "greedy"}",
            _ => throw new ArgumentOutOfRangeException(nameof(question)),
        };

    // A conversation before any template: the template is a field of its own, and a server applies its own one.
    private static string Describe(Prompt prompt) =>
        prompt switch
        {
            Prompt.Text text => text.Value,
            Prompt.Chat chat => $"{new JsonArray([.. chat.Messages.Select(m => m.ToJson())]).ToJsonString()} "
                + $"{chat.ContinuesLast} {chat.SystemIsOptional}",
            _ => throw new ArgumentOutOfRangeException(nameof(prompt)),
        };
}

/// <summary>A field in which two protocols differ.</summary>
/// <param name="First">The first protocol's value; null: it lacks the field.</param>
/// <param name="Second">The second protocol's value; null: it lacks the field.</param>
internal sealed record ProtocolDifference(string Field, string? First, string? Second)
{
    private static readonly string[] OfForm = ["model", "serving", "engine", "dtype", "quantization", "device"];

    /// <summary>Whether the field says which model is measured, by which engine, and in which numeric form. A candidate
    /// may differ from its base in these, because they are what is compared.</summary>
    /// <remarks>A server that takes conversations applies its own chat template, which is part of what it
    /// serves.</remarks>
    public bool IsOfForm =>
        OfForm.Contains(Field)
        || IsOrigin
        || Field.StartsWith("endpoint.", StringComparison.Ordinal)
        || (
            Field == "template" && (First == PromptEncoding.ServersTemplate || Second == PromptEncoding.ServersTemplate)
        );

    /// <summary>Whether the field says where a content came from: its name and commit on the hub. The digests decide
    /// whether two contents are equal.</summary>
    public bool IsOrigin => Field.StartsWith("hub.", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"{Field}: {Short(First)} and {Short(Second)}";

    private static string Short(string? value) =>
        value is null ? "nothing"
        : value.Length > 40 ? Printable.Cut(value, 13)
        : value;
}

/// <summary>JSON of protocols.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
