using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Quantises weights to <see cref="Nf4Weight"/>.</summary>
internal static class Nf4Quantizer
{
    /// <summary>Quantises a matrix: a code for each weight, a scale for each block.</summary>
    /// <param name="plain">float32, contiguous, on the CPU.</param>
    public static unsafe void Encode(Tensor plain, Tensor packed, Tensor scale)
    {
        float* weights = (float*)NativeTensor.DataPointer(plain),
            largest = (float*)NativeTensor.DataPointer(scale);
        byte* codes = (byte*)NativeTensor.DataPointer(packed);
        long count = plain.NumberOfElements,
            blocks = scale.NumberOfElements;
        const int Group = 1024;
        Threads.For(
            (blocks + Group - 1) / Group,
            group =>
            {
                long block = group * Group,
                    at = block * Nf4.Block;
                int size = (int)Math.Min((long)Group * Nf4.Block, count - at);
                Nf4.Encode(
                    new ReadOnlySpan<float>(weights + at, size),
                    new Span<byte>(codes + at / 2, (size + 1) / 2),
                    new Span<float>(largest + block, (int)Math.Min(Group, blocks - block))
                );
            }
        );
    }

    /// <summary>Quantises the scales less their mean to 8 bits, with a scale for each
    /// <see cref="Nf4Weight.NestedBlock"/> of them.</summary>
    public static unsafe (Tensor Codes, Tensor Scale) Nest(Tensor centred)
    {
        long count = centred.NumberOfElements,
            blocks = (count + Nf4Weight.NestedBlock - 1) / Nf4Weight.NestedBlock;
        Tensor codes = empty(count, dtype: ScalarType.Byte),
            largest = empty(blocks, dtype: ScalarType.Float32);
        float* values = (float*)NativeTensor.DataPointer(centred),
            scale = (float*)NativeTensor.DataPointer(largest);
        byte* code = (byte*)NativeTensor.DataPointer(codes);
        for (long i = 0, at = 0; i < blocks; i++, at += Nf4Weight.NestedBlock)
        {
            int size = (int)Math.Min(Nf4Weight.NestedBlock, count - at);
            scale[i] = DynamicMap.Signed.Encode(
                new ReadOnlySpan<float>(values + at, size),
                new Span<byte>(code + at, size)
            );
        }

        return (codes, largest);
    }
}
