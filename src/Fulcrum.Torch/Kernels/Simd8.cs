using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Kernels;

/// <summary>A number of bfloat16: the upper half of a float32.</summary>
internal readonly record struct Bf16(ushort Bits)
{
    /// <summary>The nearest one, of two equally near the even one, as the library rounds.</summary>
    public static Bf16 Of(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return float.IsNaN(number) ? new Bf16(0x7FC0) : new Bf16((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>The same number.</summary>
    public static implicit operator float(Bf16 number) => BitConverter.UInt32BitsToSingle((uint)number.Bits << 16);
}

/// <summary>Simd8 neighbouring numbers of float32 or <see cref="Bf16"/>, read and written as float32; the compiler
/// makes code of its own for each type.</summary>
internal static unsafe class Simd8
{
    /// <summary>How many.</summary>
    public const int Width = 8;

    /// <summary>Reads them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load<T>(T* at)
        where T : unmanaged =>
        typeof(T) == typeof(float)
            ? Vector256.Load((float*)at)
            : Vector256.ShiftLeft(Vector256.WidenLower(Vector128.Load((ushort*)at).ToVector256Unsafe()), 16).AsSingle();

    /// <summary>Writes them, rounded to the type.</summary>
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

    /// <summary>Rounded to the type, as if written and read again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Rounded<T>(Vector256<float> numbers)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? numbers : (Half(numbers) & Vector256.Create(0xFFFF0000)).AsSingle();

    /// <summary>Reads one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne<T>(T* at)
        where T : unmanaged => typeof(T) == typeof(float) ? *(float*)at : *(Bf16*)at;

    /// <summary>Writes one, rounded to the type.</summary>
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

    /// <summary>One number rounded to the type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float RoundedOne<T>(float number)
        where T : unmanaged => typeof(T) == typeof(float) ? number : Bf16.Of(number);

    // Rounded in the upper half; what is no number stays none.
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
