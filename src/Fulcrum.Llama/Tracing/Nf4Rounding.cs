namespace Fulcrum.Llama.Tracing;

/// <summary>Rounds weights to 4-bit NormalFloat (arXiv:2305.14314, section 3): blocks of 64 neighbouring values, each
/// scaled by its largest absolute value.</summary>
internal static class Nf4Rounding
{
    private const int Block = 64;

    // The levels of bitsandbytes.
    private static readonly float[] Levels =
    [
        -1f,
        -0.6961928f,
        -0.52507305f,
        -0.3949175f,
        -0.28444138f,
        -0.18477343f,
        -0.091050036f,
        0f,
        0.0795803f,
        0.1609302f,
        0.2461123f,
        0.33791524f,
        0.44070983f,
        0.562617f,
        0.72295684f,
        1f,
    ];

    /// <summary>Returns the values after quantisation and dequantisation.</summary>
    public static float[] Of(ReadOnlySpan<float> values)
    {
        float[] rounded = new float[values.Length];
        for (int start = 0; start < values.Length; start += Block)
        {
            ReadOnlySpan<float> block = values.Slice(start, Math.Min(Block, values.Length - start));
            float scale = 0;
            foreach (float value in block)
            {
                scale = Math.Max(scale, Math.Abs(value));
            }

            for (int i = 0; i < block.Length && scale > 0; i++)
            {
                rounded[start + i] = Nearest(block[i] / scale) * scale;
            }
        }

        return rounded;
    }

    private static float Nearest(float value)
    {
        int above = Array.BinarySearch(Levels, value);
        above = Math.Clamp(above < 0 ? ~above : above, 1, Levels.Length - 1);
        return value - Levels[above - 1] <= Levels[above] - value ? Levels[above - 1] : Levels[above];
    }
}
