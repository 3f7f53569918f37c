using System.Text.Json.Serialization;

namespace Fulcrum.Models;

/// <summary>The type in which a model computes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Dtype>))]
public enum Dtype
{
    /// <summary>The fastest type of this machine (docs/decisions/0021-auto-dtype.md). It is resolved once and
    /// stored.</summary>
    [JsonStringEnumMemberName("auto")]
    Auto,

    /// <summary>32-bit floating point.</summary>
    [JsonStringEnumMemberName("f32")]
    F32,

    /// <summary>bfloat16: 8 exponent bits, 7 mantissa bits.</summary>
    [JsonStringEnumMemberName("bf16")]
    Bf16,

    /// <summary>IEEE half precision.</summary>
    [JsonStringEnumMemberName("f16")]
    F16,

    /// <summary>8-bit weights with one scale per output row, and everything else in 32-bit floating point. For
    /// evaluation only, not for training.</summary>
    [JsonStringEnumMemberName("int8")]
    Int8,
}

/// <summary>How the weights of the projections are stored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Quantization>))]
public enum Quantization
{
    /// <summary>In the type in which the model computes.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>4-bit NormalFloat with float32 scales (arXiv:2305.14314, section 3).</summary>
    [JsonStringEnumMemberName("nf4")]
    Nf4,

    /// <summary>NF4 with quantised scales (double quantisation).</summary>
    [JsonStringEnumMemberName("nf4-double")]
    Nf4Double,
}

/// <summary>How an adapter is applied to its base.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ServingForm>))]
public enum ServingForm
{
    /// <summary>Attached: the low-rank update is computed in addition to the base's matmul. Studies call it
    /// <c>beside</c>.</summary>
    [JsonStringEnumMemberName("beside")]
    Attached,

    /// <summary>Merged: added to the base's weights, in their dtype.</summary>
    [JsonStringEnumMemberName("merged")]
    Merged,

    /// <summary>Attached to the base in full precision, although the adapter was trained on a quantised base.</summary>
    [JsonStringEnumMemberName("unquantized-beside")]
    UnquantizedAttached,

    /// <summary>Merged into the base in full precision.</summary>
    [JsonStringEnumMemberName("unquantized-merged")]
    UnquantizedMerged,

    /// <summary>Attached to the base in full precision, whose weights are then stored in 8 bits.</summary>
    [JsonStringEnumMemberName("int8-beside")]
    Int8Attached,
}
