using System.Text.Json.Serialization;

namespace Fulcrum.Models;

/// <summary>The numeric form of a GGUF file: one type for all matrices, or a recipe of several. Numbers are those of
/// llama.cpp (<c>llama_ftype</c>).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GgufFileType>))]
public enum GgufFileType
{
    /// <summary>32 bits per weight.</summary>
    [JsonStringEnumMemberName("f32")]
    F32 = 0,

    /// <summary>IEEE half precision.</summary>
    [JsonStringEnumMemberName("f16")]
    F16 = 1,

    /// <summary>bfloat16.</summary>
    [JsonStringEnumMemberName("bf16")]
    BF16 = 32,

    /// <summary>8 bits per weight in blocks of 32.</summary>
    [JsonStringEnumMemberName("q8_0")]
    Q8_0 = 7,

    /// <summary>6 bits per weight in blocks of 256.</summary>
    [JsonStringEnumMemberName("q6_k")]
    Q6_K = 18,

    /// <summary>Mostly 5 bits per weight, some matrices 6.</summary>
    [JsonStringEnumMemberName("q5_k_m")]
    Q5_K_M = 17,

    /// <summary>5 bits per weight in blocks of 256.</summary>
    [JsonStringEnumMemberName("q5_k_s")]
    Q5_K_S = 16,

    /// <summary>5 bits per weight in blocks of 32.</summary>
    [JsonStringEnumMemberName("q5_0")]
    Q5_0 = 8,

    /// <summary>Mostly 4 bits per weight, some matrices 6.</summary>
    [JsonStringEnumMemberName("q4_k_m")]
    Q4_K_M = 15,

    /// <summary>4 bits per weight in blocks of 256.</summary>
    [JsonStringEnumMemberName("q4_k_s")]
    Q4_K_S = 14,

    /// <summary>4 bits per weight in blocks of 32.</summary>
    [JsonStringEnumMemberName("q4_0")]
    Q4_0 = 2,

    /// <summary>4 bits per weight in blocks of 32, not evenly spaced.</summary>
    [JsonStringEnumMemberName("iq4_nl")]
    IQ4_NL = 25,

    /// <summary>Mostly 3 bits per weight, some matrices more.</summary>
    [JsonStringEnumMemberName("q3_k_m")]
    Q3_K_M = 12,

    /// <summary>Mostly 2 bits per weight, some matrices more.</summary>
    [JsonStringEnumMemberName("q2_k")]
    Q2_K = 10,
}

/// <summary>Facts about the numeric forms of GGUF files.</summary>
internal static class GgufFileTypes
{
    /// <summary>Returns the bits per weight of most matrices, scales included, to order types by their
    /// precision.</summary>
    /// <remarks>From the block sizes of ggml: Q8_0 has 34 bytes per 32 weights, Q4_K 144 bytes per 256. For mixed
    /// recipes it is the mean of a Llama model with 7 billion weights.</remarks>
    public static double BitsPerWeight(GgufFileType type) =>
        type switch
        {
            GgufFileType.F32 => 32,
            GgufFileType.F16 or GgufFileType.BF16 => 16,
            GgufFileType.Q8_0 => 8.5,
            GgufFileType.Q6_K => 6.6,
            GgufFileType.Q5_K_M => 5.7,
            GgufFileType.Q5_K_S or GgufFileType.Q5_0 => 5.5,
            GgufFileType.Q4_K_M => 4.8,
            GgufFileType.Q4_K_S => 4.6,
            GgufFileType.Q4_0 or GgufFileType.IQ4_NL => 4.5,
            GgufFileType.Q3_K_M => 3.9,
            GgufFileType.Q2_K => 2.6,
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
}
