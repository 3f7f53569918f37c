using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Interop;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Attention of single rows in float32 or bfloat16. Each head of a row visits the KV segments that the row
/// attends to, with a running maximum and sum (arXiv:2205.14135, section 3.1).</summary>
internal static unsafe class RowAttention
{
    private const int Width = Simd8.Width;
    private const int LargestHead = 1024;
    private const int Block = 256; // keys whose scores are held at once
    private const long Grain = 131_072; // operations that a second thread is worth waking for

    /// <summary>Keys and values of <see cref="Count"/> consecutive tokens.</summary>
    /// <param name="Between">Stride between tokens, in elements.</param>
    /// <param name="Heads">Stride between key-value heads, in elements.</param>
    public readonly record struct KvSegment(IntPtr Keys, IntPtr Values, int Count, int Between, int Heads);

    /// <summary>The attention of some rows to other keys, in float32, which is continued.</summary>
    /// <param name="Output">[N, keyValueHeads · group · headDim]</param>
    /// <param name="LogSum">log Σ exp(score), [keyValueHeads, group, N].</param>
    /// <param name="Places">For each row its place among the N; -1 if it has none.</param>
    public sealed record Begun(Tensor Output, Tensor LogSum, int[] Places);

    /// <summary>Whether the type, device and head size of these rows are supported.</summary>
    public static bool Supports(Tensor query) =>
        RowKernels.Supports(query) && query.size(-1) is var size && size % Width == 0 && size <= LargestHead;

    /// <summary>Computes the attention of all heads of all rows.</summary>
    /// <param name="query">[rows, keyValueHeads, group, headDim]</param>
    /// <param name="segments">The segments that each row attends to: at least one token.</param>
    /// <param name="begun">The attention to other keys; null for none.</param>
    /// <returns>As <paramref name="query"/>, and log Σ exp(score), [rows, keyValueHeads, group].</returns>
    public static (Tensor Output, Tensor LogSum) Attend(Tensor query, KvSegment[][] segments, Begun? begun = null) =>
        query.dtype == ScalarType.Float32
            ? Attend<float>(query, segments, begun)
            : Attend<Bf16>(query, segments, begun);

    private static (Tensor Output, Tensor LogSum) Attend<T>(Tensor query, KvSegment[][] segments, Begun? begun)
        where T : unmanaged
    {
        using Tensor rows = query.contiguous();
        (int kinds, int group, int size) = ((int)query.size(1), (int)query.size(2), (int)query.size(3));
        int heads = kinds * group;
        Tensor output = empty_like(rows),
            sum = empty([query.size(0), kinds, group], ScalarType.Float32, CPU);
        T* from = NativeTensor.At<T>(rows),
            to = NativeTensor.At<T>(output);
        float* sums = NativeTensor.Floats(sum),
            begunRows = begun is null ? null : NativeTensor.Floats(begun.Output),
            begunSums = begun is null ? null : NativeTensor.Floats(begun.LogSum);
        long apart = begun?.Output.size(0) ?? 0;
        long work = 4L * heads * size * segments.Sum(row => row.Sum(s => (long)s.Count));
        Threads.For(
            (long)segments.Length * heads,
            i =>
            {
                (long row, int head) = (i / heads, (int)(i % heads));
                int place = begun?.Places[row] ?? -1;
                Head(
                    from + i * size,
                    segments[row],
                    head / group,
                    to + i * size,
                    sums + i,
                    size,
                    place < 0 ? null : begunRows + ((long)place * heads + head) * size,
                    place < 0 ? float.NegativeInfinity : begunSums[head * apart + place]
                );
            },
            most: 1 + work / Grain
        );
        return (output, sum);
    }

    // Begins with the result over other keys and its log-sum-exp; null and minus infinity for none.
    private static void Head<T>(
        T* row,
        KvSegment[] segments,
        int head,
        T* to,
        float* logSum,
        int size,
        float* begun,
        float begunSum
    )
        where T : unmanaged
    {
        float* scores = stackalloc float[Block],
            query = stackalloc float[size],
            output = stackalloc float[size];
        (float highest, float total) = (begunSum, begun is null ? 0 : 1);
        for (int i = 0; i < size; i += Width)
        {
            Simd8.Load(row + i).Store(query + i);
            (begun is null ? Vector256<float>.Zero : Vector256.Load(begun + i)).Store(output + i);
        }

        foreach (KvSegment s in segments)
        {
            T* keys = (T*)s.Keys + (long)head * s.Heads,
                values = (T*)s.Values + (long)head * s.Heads;
            for (int at = 0; at < s.Count; at += Block)
            {
                int count = Math.Min(Block, s.Count - at);
                float top = Scores(query, keys + (long)at * s.Between, count, s.Between, size, scores);
                if (top > highest)
                {
                    float shrunk = MathF.Exp(highest - top);
                    (highest, total) = (top, total * shrunk);
                    Scale(output, shrunk, size);
                }

                total += Weights(scores, highest, count);
                Mix(scores, values + (long)at * s.Between, count, s.Between, output, size);
            }
        }

        for (int i = 0; i < size; i += Width)
        {
            Simd8.Store(Vector256.Load(output + i) * (1 / total), to + i);
        }

        *logSum = highest + MathF.Log(total);
    }

    // Writes query · key / √size and returns the maximum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Scores<T>(float* query, T* keys, int count, int between, int size, float* scores)
        where T : unmanaged
    {
        (float scale, float top) = ((float)Math.Pow(size, -0.5), float.NegativeInfinity);
        for (int k = 0; k < count; k++)
        {
            T* key = keys + (long)k * between;
            (Vector256<float> a, Vector256<float> b) = (Vector256<float>.Zero, Vector256<float>.Zero);
            int i = 0;
            for (; i <= size - 2 * Width; i += 2 * Width)
            {
                a = Vector256.FusedMultiplyAdd(Vector256.Load(query + i), Simd8.Load(key + i), a);
                b = Vector256.FusedMultiplyAdd(Vector256.Load(query + i + Width), Simd8.Load(key + i + Width), b);
            }

            a = i < size ? Vector256.FusedMultiplyAdd(Vector256.Load(query + i), Simd8.Load(key + i), a) : a;
            scores[k] = Vector256.Sum(a + b) * scale;
            top = Math.Max(top, scores[k]);
        }

        return top;
    }

    // Writes exp(score - highest) in place and returns the sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Weights(float* scores, float highest, int count)
    {
        (Vector256<float> sum, float rest) = (Vector256<float>.Zero, 0);
        int k = 0;
        for (; k <= count - Width; k += Width)
        {
            Vector256<float> weight = Exponential.Weight(Vector256.Load(scores + k) - Vector256.Create(highest));
            weight.Store(scores + k);
            sum += weight;
        }

        for (; k < count; k++)
        {
            scores[k] = Exponential.Weight(scores[k] - highest);
            rest += scores[k];
        }

        return Vector256.Sum(sum) + rest;
    }

    // output += weight · value
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix<T>(float* weights, T* values, int count, int between, float* output, int size)
        where T : unmanaged
    {
        for (int k = 0; k < count; k++)
        {
            T* value = values + (long)k * between;
            Vector256<float> weight = Vector256.Create(weights[k]);
            for (int i = 0; i < size; i += Width)
            {
                Vector256.FusedMultiplyAdd(weight, Simd8.Load(value + i), Vector256.Load(output + i)).Store(output + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* row, float factor, int size)
    {
        for (int i = 0; i < size; i += Width)
        {
            (Vector256.Load(row + i) * factor).Store(row + i);
        }
    }
}
