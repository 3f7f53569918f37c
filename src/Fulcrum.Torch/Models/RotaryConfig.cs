using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Torch.Models;

/// <summary>Rotary position embedding (RoPE, arXiv:2104.09864) and its frequency scaling for longer
/// contexts.</summary>
/// <param name="Kind"><c>default</c>, <c>linear</c> or <c>llama3</c>. The reference's <c>dynamic</c> is read as
/// <c>default</c>: it differs only beyond the context, which is refused.</param>
/// <param name="Factor">Factor by which the context was extended.</param>
/// <param name="LowFrequency">llama3: wave lengths above <c>OriginalContext / LowFrequency</c> are multiplied by the
/// full factor.</param>
/// <param name="HighFrequency">llama3: wave lengths below <c>OriginalContext / HighFrequency</c> stay
/// unchanged.</param>
internal sealed record RotaryConfig(
    double Theta,
    string Kind = "default",
    double Factor = 1,
    double LowFrequency = 1,
    double HighFrequency = 4,
    int OriginalContext = 8192
)
{
    private static readonly HashSet<string> Known =
    [
        "rope_type",
        "type",
        "rope_theta",
        "factor",
        "low_freq_factor",
        "high_freq_factor",
        "original_max_position_embeddings",
        "partial_rotary_factor",
    ];

    // Published configurations have a theta of at most 1e8 and factors from 1 to 100. Beyond these bounds float32
    // overflows.
    private const double LargestTheta = 1e12,
        LargestFactor = 1e6,
        Smallest = 1e-6;

    /// <summary>Reads either layout: <c>rope_parameters</c>, or <c>rope_theta</c> with <c>rope_scaling</c>. Where both
    /// are
    /// given, <c>rope_scaling</c> replaces <c>rope_parameters</c> as a whole, as in transformers 5.</summary>
    public static RotaryConfig Parse(Settings json, int context)
    {
        string name = json.Value("rope_scaling") is null ? "rope_parameters" : "rope_scaling";
        double theta = json.Number("rope_theta", Smallest, LargestTheta, 10000);
        if (json.Value(name) is null)
        {
            return new RotaryConfig(theta);
        }

        Settings inner = new(
            json.Value(name) as JsonObject ?? throw json.Error($"{name} must be an object"),
            $"{json.File}: {name}"
        );
        theta = inner.Number("rope_theta", Smallest, LargestTheta, theta);
        inner.Absent("partial_rotary_factor");
        string kind = inner.Text("rope_type") ?? inner.Text("type") ?? "default";
        if (
            kind is "default" or "linear" or "llama3" or "dynamic"
            && inner.Names.FirstOrDefault(n => !Known.Contains(n)) is { } unknown
        )
        {
            throw inner.Error($"unknown setting '{unknown}'");
        }

        return kind switch
        {
            "default" => new RotaryConfig(theta),
            "dynamic" when FactorOf(inner) > 0 => new RotaryConfig(theta),
            "linear" => new RotaryConfig(theta, "linear", FactorOf(inner)),
            "llama3" => Llama3(theta, inner, context),
            string other => throw json.Error($"unknown rope type '{other}'; known are default, linear, llama3"),
        };
    }

    /// <summary>The rotation, in radians per position, of each pair of a head's components; [headDim / 2].</summary>
    /// <remarks>Computed in float32 step by step, as transformers does: at position 30,000 the last bit of a
    /// frequency matters.</remarks>
    public float[] Frequencies(int headDim)
    {
        float[] frequencies = new float[headDim / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            float plain = 1f / MathF.Pow((float)Theta, 2f * i / headDim);
            frequencies[i] = Kind switch
            {
                "linear" => plain / (float)Factor,
                "llama3" => Stretched(plain),
                _ => plain,
            };
        }

        return frequencies;
    }

    private float Stretched(float frequency)
    {
        float wave = 2 * MathF.PI / frequency;
        if (wave < OriginalContext / HighFrequency)
        {
            return frequency;
        }

        float whole = frequency / (float)Factor;
        if (wave > OriginalContext / LowFrequency)
        {
            return whole;
        }

        float smooth = (OriginalContext / wave - (float)LowFrequency) / (float)(HighFrequency - LowFrequency);
        return (1 - smooth) * whole + smooth * frequency;
    }

    private static double FactorOf(Settings json, string name = "factor") => json.Number(name, Smallest, LargestFactor);

    private static RotaryConfig Llama3(double theta, Settings json, int context)
    {
        RotaryConfig config = new(
            theta,
            "llama3",
            FactorOf(json),
            FactorOf(json, "low_freq_factor"),
            FactorOf(json, "high_freq_factor"),
            json.Size("original_max_position_embeddings", 1 << 27, context)
        );
        return config.HighFrequency > config.LowFrequency
            ? config
            : throw json.Error("high_freq_factor must be larger than low_freq_factor");
    }
}
