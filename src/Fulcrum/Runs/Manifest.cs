using System.Text.Json;
using System.Text.Json.Serialization;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>Records a completed stage: its inputs, its outputs, its duration and its environment.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Inputs">Digest of everything that the stage read.</param>
/// <param name="Outputs">SHA-256 of every file it wrote, by name inside the run folder.</param>
/// <param name="Seconds">Wall-clock time of the stage, of its last attempt.</param>
/// <param name="Environment">Versions, device, dtype, threads.</param>
/// <param name="Joules">Energy of the processor packages meanwhile, that of other stages at the same time included.
/// Null where the machine does not report it.</param>
/// <param name="Warnings">The warnings of the stage that no other file of the run states; null: none.</param>
/// <param name="Started">When the stage began; null without an energy.</param>
/// <param name="Machine">Distinguishes the machine from others; null without an energy.</param>
internal sealed record Manifest(
    string Stage,
    string Inputs,
    IReadOnlyDictionary<RelativeName, string> Outputs,
    double Seconds,
    IReadOnlyDictionary<string, string> Environment,
    double? Joules = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Warnings = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Started = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Machine = null
);

/// <summary>JSON of manifests.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Strict,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    NewLine = "\n"
)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
