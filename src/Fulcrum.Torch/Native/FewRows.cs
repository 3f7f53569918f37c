using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Fulcrum.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Native;

/// <summary>Products of a few rows with a large matrix, float32: what takes the time is reading the matrix, so each of its numbers comes from memory once, and in order.</summary>
/// <remarks>
/// The library's products work on blocks of columns, which leave the order of memory, and with two rows and more they read at half the rate. A row's result does not depend on the rows
/// beside it nor on the threads. See docs/decisions/0026-few-rows.md.
/// </remarks>
internal static unsafe class FewRows
{
    /// <summary>With more rows, the library is as fast.</summary>
    public const int Most = 8;

    private const int Width = 8;  // numbers of a vector
    private const int Depth = 8;  // rows of the matrix that are read side by side: so many streams a processor follows
    private const int Strip = 256; // columns of them that stay in a core's nearest cache until all rows are done
    private const int Widest = 8192; // columns of a task; what it adds up stays in a core's cache
    private const int Tasks = 8; // at least; fixed, so that sums do not depend on the threads

    [ThreadStatic]
    private static float[]? sums;

    /// <summary>Whether a product is done here.</summary>
    /// <param name="weight">[out, in], its columns contiguous.</param>
    public static bool Serve(Tensor input, Tensor weight)
    {
        (long outs, long ins) = (weight.shape[0], weight.shape[1]);
        return Fma.IsSupported && input.NumberOfElements is > 0 and var count && count <= Most * ins && ins % Depth == 0 && outs % Width == 0 && ins >= Tasks * Depth
            && weight.stride() is [1, var between] && between == outs && RowKernels.Serve(input) && RowKernels.Serve(weight);
    }

    /// <summary>input · weightᵀ + bias, for what <see cref="Serve"/> accepts.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="weight">[out, in]</param>
    /// <param name="bias">[out]; null for none.</param>
    public static Tensor Product(Tensor input, Tensor weight, Tensor? bias)
    {
        (int outs, int ins) = ((int)weight.shape[0], (int)weight.shape[1]);
        using Tensor rows = input.contiguous(), laid = weight.t();
        Tensor output = empty([.. input.shape[..^1], outs], ScalarType.Float32, CPU);
        float* added = bias is null ? null : NativeTensor.Floats(bias);
        new Job(NativeTensor.Floats(rows), NativeTensor.Floats(laid), added, NativeTensor.Floats(output), (int)(input.NumberOfElements / ins), ins, outs).Run();
        return output;
    }

    // Columns are cut into chunks, and where there are fewer chunks than tasks, the matrix's rows into parts, whose sums are added up at the end.
    private sealed class Job(float* input, float* weight, float* bias, float* output, int rows, int ins, int outs)
    {
        public void Run()
        {
            int chunks = (int)BitOperations.RoundUpToPowerOf2((uint)((outs + Widest - 1) / Widest)), parts = Math.Max(1, Tasks / chunks), size = rows * outs;
            if (sums is null || sums.Length < (parts - 1) * size)
            {
                sums = GC.AllocateUninitializedArray<float>((parts - 1) * size, pinned: true);
            }

            float* rest = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(sums));
            Threads.For(chunks * parts, task =>
            {
                (int chunk, int part) = ((int)task / parts, (int)task % parts);
                float* to = part == 0 ? output : rest + (part - 1) * size;
                Sum(part, parts, Column(chunk, chunks), Column(chunk + 1, chunks), to);
            });
            AddUp(rest, parts - 1, size);
        }

        private int Column(int chunk, int chunks) => (int)((long)(outs / Width) * chunk / chunks) * Width;

        // One part of the matrix's rows by one chunk of its columns.
        private void Sum(int part, int parts, int left, int right, float* to)
        {
            for (int r = 0; r < rows; r++)
            {
                Span<float> sum = new(to + r * outs + left, right - left);
                if (part == 0 && bias is not null)
                {
                    new ReadOnlySpan<float>(bias + left, right - left).CopyTo(sum);
                }
                else
                {
                    sum.Clear();
                }
            }

            for (int i = ins / Depth * part / parts * Depth; i < ins / Depth * (part + 1) / parts * Depth; i += Depth)
            {
                for (int at = left; at < right; at += Strip)
                {
                    AllRows(i, at, Math.Min(Strip, right - at), to);
                }
            }
        }

        // Depth rows of the matrix: from memory for the first rows of the input, from the cache for the others.
        private void AllRows(int i, int at, int count, float* to)
        {
            float* from = weight + (long)i * outs + at;
            int r = 0;
            for (; r + 1 < rows; r += 2)
            {
                float* x = input + r * ins + i, y = to + r * outs + at;
                Two(x, x + ins, from, y, y + outs, outs, count);
            }

            if (r < rows)
            {
                One(input + r * ins + i, from, to + r * outs + at, outs, count);
            }
        }

        private void AddUp(float* rest, int parts, int size)
        {
            Threads.For(rows, r =>
            {
                for (int part = 0; part < parts; part++)
                {
                    Add(output + r * (size / rows), rest + part * size + r * (size / rows), size / rows);
                }
            }, most: 1 + (long)parts * size / 65536);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* to, float* more, int count)
    {
        for (int j = 0; j < count; j += Width)
        {
            (Vector256.Load(to + j) + Vector256.Load(more + j)).Store(to + j);
        }
    }

    // y += eight rows of the matrix, each by its number of x; in the same order as two rows do it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* x, float* matrix, float* y, long outs, int count)
    {
        Vector256<float> x0 = Vector256.Create(x[0]), x1 = Vector256.Create(x[1]), x2 = Vector256.Create(x[2]), x3 = Vector256.Create(x[3]);
        Vector256<float> x4 = Vector256.Create(x[4]), x5 = Vector256.Create(x[5]), x6 = Vector256.Create(x[6]), x7 = Vector256.Create(x[7]);
        for (int j = 0; j < count; j += Width)
        {
            float* m = matrix + j;
            Vector256<float> sum = Fma.MultiplyAdd(Vector256.Load(m), x0, Vector256.Load(y + j));
            sum = Fma.MultiplyAdd(Vector256.Load(m + outs), x1, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 2 * outs), x2, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 3 * outs), x3, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 4 * outs), x4, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 5 * outs), x5, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 6 * outs), x6, sum);
            Fma.MultiplyAdd(Vector256.Load(m + 7 * outs), x7, sum).Store(y + j);
        }
    }

    // The same for two rows: what is read is used twice. More numbers than a processor has registers for; those that do not fit are read from its nearest cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(float* x, float* z, float* matrix, float* y, float* w, long outs, int count)
    {
        Vector256<float> x0 = Vector256.Create(x[0]), x1 = Vector256.Create(x[1]), x2 = Vector256.Create(x[2]), x3 = Vector256.Create(x[3]);
        Vector256<float> x4 = Vector256.Create(x[4]), x5 = Vector256.Create(x[5]), x6 = Vector256.Create(x[6]), x7 = Vector256.Create(x[7]);
        Vector256<float> z0 = Vector256.Create(z[0]), z1 = Vector256.Create(z[1]), z2 = Vector256.Create(z[2]), z3 = Vector256.Create(z[3]);
        Vector256<float> z4 = Vector256.Create(z[4]), z5 = Vector256.Create(z[5]), z6 = Vector256.Create(z[6]), z7 = Vector256.Create(z[7]);
        for (int j = 0; j < count; j += Width)
        {
            float* m = matrix + j;
            Vector256<float> a = Vector256.Load(m), b = Vector256.Load(m + outs), c = Vector256.Load(m + 2 * outs), d = Vector256.Load(m + 3 * outs);
            Vector256<float> sum = Fma.MultiplyAdd(a, x0, Vector256.Load(y + j)), other = Fma.MultiplyAdd(a, z0, Vector256.Load(w + j));
            (sum, other) = (Fma.MultiplyAdd(b, x1, sum), Fma.MultiplyAdd(b, z1, other));
            (sum, other) = (Fma.MultiplyAdd(c, x2, sum), Fma.MultiplyAdd(c, z2, other));
            (sum, other) = (Fma.MultiplyAdd(d, x3, sum), Fma.MultiplyAdd(d, z3, other));
            (a, b, c, d) = (Vector256.Load(m + 4 * outs), Vector256.Load(m + 5 * outs), Vector256.Load(m + 6 * outs), Vector256.Load(m + 7 * outs));
            (sum, other) = (Fma.MultiplyAdd(a, x4, sum), Fma.MultiplyAdd(a, z4, other));
            (sum, other) = (Fma.MultiplyAdd(b, x5, sum), Fma.MultiplyAdd(b, z5, other));
            (sum, other) = (Fma.MultiplyAdd(c, x6, sum), Fma.MultiplyAdd(c, z6, other));
            Fma.MultiplyAdd(d, x7, sum).Store(y + j);
            Fma.MultiplyAdd(d, z7, other).Store(w + j);
        }
    }
}
