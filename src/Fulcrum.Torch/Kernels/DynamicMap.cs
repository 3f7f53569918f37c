namespace Fulcrum.Torch.Kernels;

/// <summary>
/// The 8-bit dynamic type (arXiv:1511.04561; used as in arXiv:2110.02861, section 2): 256 values of [-1, 1] or [0, 1],
/// dense near 0, whose exponent grows at the cost of the fraction.
///</summary>
/// <remarks>
/// The nearest value is found through a table over 65,536 evenly spaced points of [-1, 1], as bitsandbytes does on a
/// CPU: a value within 1.5e-5 of the middle between two neighbours may go to the farther one. Codes and therefore
/// training steps equal its.
///</remarks>
internal sealed class DynamicMap
{
    private const int Points = 65536;
    private const float Half = (Points - 1) / 2f;
    private readonly byte[] nearest = new byte[Points];

    private DynamicMap(bool signed)
    {
        Values = Build(signed);
        for (int i = 0; i < Points; i++)
        {
            nearest[i] = Nearest(i * (2f / (Points - 1)) - 1);
        }
    }

    /// <summary>Of [-1, 1], for first moments and for block maxima less their mean.</summary>
    public static DynamicMap Signed { get; } = new(true);

    /// <summary>Of [0, 1], for second moments.</summary>
    public static DynamicMap Unsigned { get; } = new(false);

    /// <summary>The values, rising.</summary>
    public float[] Values { get; }

    /// <summary>The code of a value of [-1, 1].</summary>
    public byte Code(float value) => nearest[Math.Clamp((int)((value + 1) * Half + 0.5f), 0, Points - 1)];

    /// <summary>Codes of one block and the largest magnitude in it, which they are multiples of; a block of zeros has
    /// 0.</summary>
    public float Encode(ReadOnlySpan<float> block, Span<byte> codes)
    {
        float largest = 0;
        foreach (float value in block)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        float inverse = largest == 0 ? 0 : 1 / largest;
        for (int i = 0; i < block.Length; i++)
        {
            codes[i] = Code(block[i] * inverse);
        }

        return largest;
    }

    // Seven exponents; under exponent i (10^(i-6)) the fraction has 2^i values, or twice as many without a sign: the
    // middles of even parts of [0.1, 1].
    private static float[] Build(bool signed)
    {
        List<float> values = [0, 1];
        for (int i = 0; i < 7; i++)
        {
            int parts = 1 << (signed ? i : i + 1);
            for (int k = 0; k < parts; k++)
            {
                float middle = (Edge(k, parts) + Edge(k + 1, parts)) / 2;
                float value = (float)Math.Pow(10, i - 6) * middle;
                values.AddRange(signed ? [value, -value] : [value]);
            }
        }

        values.Sort();
        return [.. values];
    }

    // Points of an even division of [0.1, 1], counted from the nearer end, in float32.
    private static float Edge(int k, int parts)
    {
        float step = (1 - 0.1f) / parts;
        return k < (parts + 1) / 2
            ? MathF.FusedMultiplyAdd(step, k, 0.1f)
            : MathF.FusedMultiplyAdd(-step, parts - k, 1);
    }

    private byte Nearest(float value)
    {
        int right = Array.BinarySearch(Values, value);
        if (right >= 0)
        {
            return (byte)right;
        }

        right = Math.Clamp(~right, 1, 255);
        return (byte)(Values[right] - value < value - Values[right - 1] ? right : right - 1);
    }
}
