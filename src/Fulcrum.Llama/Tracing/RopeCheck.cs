using System.Globalization;
using System.Runtime.InteropServices;
using Fulcrum.Files;
using Fulcrum.Llama.Export;
using Fulcrum.Llama.Gguf;

namespace Fulcrum.Llama.Tracing;

/// <summary>Compares the rotary position embedding of a folder and a file: base, scaling and frequency
/// factors.</summary>
/// <param name="config">The folder's configuration.</param>
/// <param name="expected">Metadata of an export of the folder.</param>
/// <param name="file">The file that is served.</param>
internal sealed class RopeCheck(ConfigMetadata config, IReadOnlyDictionary<string, GgufValue> expected, GgufFile file)
{
    private const string Factors = "rope_freqs.weight";

    // Settings of linear and YaRN scaling (arXiv:2309.00071).
    private static readonly string[] Settings =
    [
        "factor",
        "original_context_length",
        "yarn_ext_factor",
        "yarn_attn_factor",
        "yarn_beta_fast",
        "yarn_beta_slow",
    ];

    /// <summary>Returns the first difference with both values; null for none.</summary>
    public string? Difference() => OfBase() ?? OfScaling() ?? OfSettings() ?? OfFactors();

    private string? OfBase()
    {
        double wanted = Wanted("freq_base") ?? 10000,
            found = Found("freq_base") ?? 10000;
        return Near(wanted, found) ? null : $"config.json names the rope base {Plain(wanted)}, the file {Plain(found)}";
    }

    private string WantedScaling =>
        (string?)expected.GetValueOrDefault($"{file.Architecture}.rope.scaling.type")?.Content ?? "none";

    private string? OfScaling()
    {
        string found = file.Text($"{file.Architecture}.rope.scaling.type") ?? "none";
        return WantedScaling == found
            ? null
            : $"config.json names the rope scaling {Described(WantedScaling, Wanted("scaling.factor"))}, "
                + $"the file {Described(found, Found("scaling.factor"))}";
    }

    private string? OfSettings() =>
        WantedScaling == "none" ? null : Settings.Select(OfSetting).FirstOrDefault(d => d is not null);

    private string? OfSetting(string name)
    {
        double? wanted = Wanted($"scaling.{name}"),
            found = Found($"scaling.{name}");
        return (wanted is null && found is null) || (wanted is { } w && found is { } f && Near(w, f))
            ? null
            : $"config.json names the rope scaling {name} {Plain(wanted)}, the file {Plain(found)}";
    }

    private string? OfFactors()
    {
        float[]? wanted = config.RopeFactors(),
            found = file.Tensors.GetValueOrDefault(Factors) is { } tensor ? Values(tensor) : null;
        if (wanted is null || found is null)
        {
            return wanted is not null
                    ? "config.json scales the rotary frequencies (rope type llama3, "
                        + $"factors 1 to {Plain(wanted.Max())}), but the file lacks the tensor "
                        + $"{Factors} that holds the factors"
                : found is not null
                    ? $"config.json scales no rotary frequency, but the file holds factors for them ({Factors})"
                : null;
        }

        if (wanted.Length != found.Length)
        {
            return $"config.json asks for {wanted.Length} rope factors, the file's {Factors} holds {found.Length}";
        }

        int other = Enumerable
            .Range(0, wanted.Length)
            .FirstOrDefault(i => Math.Abs(wanted[i] - found[i]) > 1e-3 * wanted[i], -1);
        return other < 0
            ? null
            : $"config.json asks for the rope factor {Plain(wanted[other])} at frequency {other}, "
                + $"the file's {Factors} holds {Plain(found[other])}";
    }

    private float[] Values(GgufTensor tensor)
    {
        using Stream stream = BoundedFile.Open(file.Path, long.MaxValue);
        stream.Position = file.DataStart + tensor.Offset;
        byte[] bytes = new byte[tensor.Bytes];
        stream.ReadExactly(bytes);
        return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }

    private double? Wanted(string name) => Number(expected.GetValueOrDefault($"{file.Architecture}.rope.{name}"));

    private double? Found(string name) => Number(file.Metadata.GetValueOrDefault($"{file.Architecture}.rope.{name}"));

    private static string Described(string type, double? factor) =>
        type == "none" ? "none" : $"{type} with the factor {Plain(factor)}";

    private static bool Near(double a, double b) => Math.Abs(a - b) <= 1e-4 * Math.Max(Math.Abs(a), Math.Abs(b));

    private static double? Number(GgufValue? value) =>
        value?.Content switch
        {
            float number => number,
            uint count => count,
            _ => null,
        };

    private static string Plain(double? value) => value?.ToString("0.######", CultureInfo.InvariantCulture) ?? "none";
}
