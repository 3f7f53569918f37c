using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fulcrum.Torch.Kernels;

/// <summary>A bfloat16 value: the upper half of a float32.</summary>
internal readonly record struct Bf16(ushort Bits)
{
    /// <summary>Rounds to nearest, ties to even, as libtorch does.</summary>
    public static Bf16 Of(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return float.IsNaN(number) ? new Bf16(0x7FC0) : new Bf16((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>Converts without rounding.</summary>
    public static implicit operator float(Bf16 number) => BitConverter.UInt32BitsToSingle((uint)number.Bits << 16);
}

/// <summary>8-lane SIMD helpers: neighbouring values of float32 or <see cref="Bf16"/>, read and written as float32;
/// the compiler generates separate code for each type.</summary>
internal static unsafe class Simd8
{
    /// <summary>Number of lanes.</summary>
    public const int Width = 8;

    /// <summary>Reads 8 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load<T>(T* at)
        where T : unmanaged =>
        typeof(T) == typeof(float)
            ? Vector256.Load((float*)at)
            : Vector256.ShiftLeft(Vector256.WidenLower(Vector128.Load((ushort*)at).ToVector256Unsafe()), 16).AsSingle();

    /// <summary>Writes 8 values, rounded to the type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector256<float> numbers, T* to)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            numbers.Store((float*)to);
        }
        else
        {
            Vector256<uint> upper = Vector256.ShiftRightLogical(Half(numbers), 16);
            Vector256.Narrow(upper, upper).GetLower().Store((ushort*)to);
        }
    }

    /// <summary>Rounds 8 values to the type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Rounded<T>(Vector256<float> numbers)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? numbers : (Half(numbers) & Vector256.Create(0xFFFF0000)).AsSingle();

    /// <summary>Reads one value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne<T>(T* at)
        where T : unmanaged => typeof(T) == typeof(float) ? *(float*)at : *(Bf16*)at;

    /// <summary>Writes one value, rounded to the type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOne<T>(float number, T* to)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            *(float*)to = number;
        }
        else
        {
            *(Bf16*)to = Bf16.Of(number);
        }
    }

    /// <summary>Rounds one value to the type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float RoundedOne<T>(float number)
        where T : unmanaged => typeof(T) == typeof(float) ? number : Bf16.Of(number);

    // Rounds the upper half; NaN stays NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Half(Vector256<float> numbers)
    {
        Vector256<uint> bits = numbers.AsUInt32();
        Vector256<uint> rounded =
            bits + Vector256.Create(0x7FFFu) + (Vector256.ShiftRightLogical(bits, 16) & Vector256<uint>.One);
        return Vector256.ConditionalSelect(
            Vector256.Equals(numbers, numbers).AsUInt32(),
            rounded,
            Vector256.Create(0x7FC00000u)
        );
    }
}
