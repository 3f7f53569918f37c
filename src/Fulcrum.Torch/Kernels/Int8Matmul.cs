using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Matmul of float32 rows with a weight in 8 bits. Each row of the input is quantised by groups of 64 values,
/// so that the products are of integers.</summary>
/// <remarks>A row's result depends neither on other rows nor on the number of threads or the processor.</remarks>
internal static unsafe class Int8Matmul
{
    /// <summary>Rows for which a weight is read once. The next row takes a third of a step more.</summary>
    public const int Tile = 4;

    private const long Grain = 262_144; // multiplications that a second thread is worth waking for

    [ThreadStatic]
    private static sbyte[]? codes;

    [ThreadStatic]
    private static int[]? sums;

    [ThreadStatic]
    private static float[]? factors;

    /// <summary>input · weightᵀ.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="plain">Use the reference implementation, which is also used on other processors. The result is the
    /// same.</param>
    public static Tensor Multiply(Tensor input, Int8Weight weight, bool plain = false)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        (long outs, long ins, long missing) = (weight.Shape[0], weight.Shape[1], weight.Inputs - weight.Shape[1]);
        Tensor wide = input.to_type(ScalarType.Float32),
            rows = (missing == 0 ? wide : nn.functional.pad(wide, [0, missing])).contiguous();
        Tensor output = empty(input.WithLast(outs), ScalarType.Float32, CPU);
        new Job(
            NativeTensor.Floats(rows),
            (int)(input.NumberOfElements / ins),
            weight,
            NativeTensor.Floats(output),
            plain || !Int8Rows.IsSupported
        ).Run();
        GC.KeepAlive(rows);
        return output.to_type(input.dtype).MoveToOuterDisposeScope();
    }

    private sealed class Job(float* input, int rows, Int8Weight weight, float* output, bool plain)
    {
        private readonly int groups = (int)weight.Groups,
            ins = (int)weight.Inputs;
        private readonly long outs = weight.Shape[0];
        private readonly byte* packed = NativeTensor.At<byte>(weight.Packed);
        private readonly float* scales = NativeTensor.Floats(weight.Scales);
        private sbyte* quantised;
        private int* starts;
        private float* steps;

        public void Run()
        {
            quantised = Scratch(ref codes, (long)rows * ins);
            starts = Scratch(ref sums, (long)rows * groups);
            steps = Scratch(ref factors, (long)rows * groups);
            Threads.For(rows, Quantise, most: 1 + (long)rows * ins / Grain);
            Threads.For(weight.Blocks, Multiply, most: 1 + rows * outs * ins / Grain);
        }

        private void Quantise(long r)
        {
            (long at, long group) = (r * ins, r * groups);
            if (plain)
            {
                Int8Rows.PlainQuantise(input + at, ins, quantised + at, steps + group, starts + group);
            }
            else
            {
                Int8Rows.Quantise(input + at, ins, quantised + at, steps + group, starts + group);
            }
        }

        // The last block may have fewer outputs than it computes.
        private void Multiply(long block)
        {
            long left = block * Int8Rows.Block;
            byte* from = packed + left * ins;
            int count = (int)Math.Min(Int8Rows.Block, outs - left),
                r = 0;
            bool whole = count == Int8Rows.Block;
            float* tail = stackalloc float[Int8Rows.Block];
            for (; whole && !plain && r + Tile <= rows; r += Tile)
            {
                Int8Rows.Four(
                    from,
                    quantised + (long)r * ins,
                    ins,
                    steps + (long)r * groups,
                    starts + (long)r * groups,
                    groups,
                    scales + left,
                    output + r * outs + left,
                    outs
                );
            }

            for (; r < rows; r++)
            {
                float* to = output + r * outs + left;
                One(from, r, scales + left, whole ? to : tail);
                if (!whole)
                {
                    new Span<float>(tail, count).CopyTo(new Span<float>(to, count));
                }
            }
        }

        private void One(byte* from, int r, float* scale, float* to)
        {
            sbyte* row = quantised + (long)r * ins;
            float* step = steps + (long)r * groups;
            int* start = starts + (long)r * groups;
            if (plain)
            {
                Int8Rows.Plain(from, row, step, start, groups, scale, to);
            }
            else
            {
                Int8Rows.One(from, row, step, start, groups, scale, to);
            }
        }

        private static T* Scratch<T>(ref T[]? buffer, long size)
            where T : unmanaged
        {
            if (buffer is null || buffer.Length < size)
            {
                buffer = GC.AllocateUninitializedArray<T>((int)size, pinned: true);
            }

            return (T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(buffer));
        }
    }
}
