using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Fulcrum.Torch.Interop;
using TorchSharp;
using static Fulcrum.Torch.Kernels.BlockTiles;
using static TorchSharp.torch;
using KvSegment = Fulcrum.Torch.Kernels.RowAttention.KvSegment;

namespace Fulcrum.Torch.Kernels;

/// <summary>Attention of nodes of a prefix tree in float32, on processors with AVX-512. Sixteen rows at a time visit
/// all segments of keys that they attend to, with a running maximum and sum (arXiv:2205.14135, section 3.1).</summary>
/// <remarks>The query heads of one key-value head are rows of the same matmul (arXiv:2305.13245), so a node of few
/// tokens fills its blocks too. No partial result passes through memory. See
/// docs/decisions/0082-block-attention.md.</remarks>
internal static unsafe class BlockAttention
{
    private const int Width = Simd8.Width;

    /// <summary>Consecutive rows that attend to the same segments.</summary>
    /// <param name="Start">The first row.</param>
    /// <param name="Seen">Indices of segments.</param>
    /// <param name="Causal">The last segment has as many keys as there are rows, and row i attends to its first i + 1
    /// keys. False: every row attends to all keys.</param>
    public sealed record NodeRows(int Start, int Count, int[] Seen, bool Causal = true);

    /// <summary>Whether the type, device and head size of these rows are supported.</summary>
    public static bool Supports(Tensor query) =>
        Supports(query.dtype, query.device_type, query.size(-1)) && RowKernels.Supports(query);

    /// <summary>The same for rows that are not too many.</summary>
    public static bool Supports(ScalarType dtype, DeviceType device, long headSize) =>
        Avx512F.IsSupported
        && dtype == ScalarType.Float32
        && device == DeviceType.CPU
        && headSize % TileKeys == 0
        && headSize <= Stride;

    /// <summary>Computes the attention of all heads of all rows.</summary>
    /// <param name="query">[rows, keyValueHeads, group, headDim]</param>
    /// <param name="segments">Keys and values; each segment of at least one token.</param>
    /// <param name="nodes">All rows.</param>
    /// <returns>[rows, keyValueHeads · group · headDim], and log Σ exp(score), [keyValueHeads, group, rows].</returns>
    public static (Tensor Output, Tensor LogSum) Attend(
        Tensor query,
        IReadOnlyList<KvSegment> segments,
        IReadOnlyList<NodeRows> nodes
    )
    {
        using Tensor rows = query.contiguous();
        (int count, int kinds, int group, int size) = (
            (int)query.size(0),
            (int)query.size(1),
            (int)query.size(2),
            (int)query.size(3)
        );
        Tensor output = empty([count, (long)kinds * group * size], ScalarType.Float32, CPU),
            sum = empty([kinds, group, count], ScalarType.Float32, CPU);
        KeyTiles keys = new(segments, kinds, size);
        using Tensor packed = empty([keys.Size], ScalarType.Float32, CPU);
        keys.Pack(NativeTensor.Floats(packed), values: false);
        Job job = new(
            NativeTensor.Floats(rows),
            keys,
            NativeTensor.Floats(packed),
            NativeTensor.Floats(output),
            NativeTensor.Floats(sum),
            count,
            group
        );
        job.Run(nodes);
        return (output, sum);
    }

    /// <summary>The blocks of sixteen rows of all nodes. A row is a head of a token: row r of a node is head r % group
    /// of token r / group.</summary>
    public static (NodeRows Node, int First)[] BlocksOf(IReadOnlyList<NodeRows> nodes, int group)
    {
        List<(NodeRows, int)> blocks = [];
        foreach (NodeRows node in nodes)
        {
            for (int first = 0; first < node.Count * group; first += BlockRows)
            {
                blocks.Add((node, first));
            }
        }

        return [.. blocks];
    }

    /// <summary>Keys and values of a node's own rows.</summary>
    /// <param name="keys">[rows, keyValueHeads, headDim], contiguous.</param>
    public static KvSegment SegmentOf(Tensor keys, Tensor values, NodeRows node)
    {
        (int heads, int size) = ((int)keys.size(1), (int)keys.size(2));
        nint from = (nint)node.Start * heads * size * sizeof(float);
        return new KvSegment(
            NativeTensor.DataPointer(keys) + from,
            NativeTensor.DataPointer(values) + from,
            node.Count,
            heads * size,
            size
        );
    }

    private sealed class Job(
        float* query,
        KeyTiles tiles,
        float* packed,
        float* output,
        float* logSum,
        int count,
        int group
    )
    {
        private readonly int kinds = tiles.Heads,
            size = tiles.HeadSize;
        private readonly float scale = (float)Math.Pow(tiles.HeadSize, -0.5);

        public void Run(IReadOnlyList<NodeRows> nodes)
        {
            (NodeRows Node, int First)[] blocks = BlocksOf(nodes, group);
            Threads.For(
                (long)kinds * blocks.Length,
                i => Block(blocks[i % blocks.Length].Node, blocks[i % blocks.Length].First, (int)(i / blocks.Length))
            );
        }

        [SkipLocalsInit]
        private void Block(NodeRows node, int first, int kind)
        {
            float* buffer = stackalloc float[3 * BlockRows * Stride + Lanes];
            float* rows = (float*)(((nint)buffer + 63) & ~63),
                scores = rows + BlockRows * Stride,
                mixed = scores + BlockRows * Stride;
            float* highest = stackalloc float[BlockRows],
                total = stackalloc float[BlockRows];
            int here = Math.Min(BlockRows, node.Count * group - first);
            for (int r = 0; r < BlockRows; r++)
            {
                (highest[r], total[r]) = (float.NegativeInfinity, 0);
                Begin(r < here ? RowOf(node, first + r, kind) : null, rows + r * Stride, mixed + r * Stride);
            }

            foreach (int seen in node.Seen)
            {
                KvSegment s = tiles.Segments[seen];
                bool own = node.Causal && seen == node.Seen[^1];
                // Nobody sees keys of the own segment behind the block's last token.
                int keys = own ? (first + here - 1) / group + 1 : s.Count;
                for (int at = 0; at < keys; at += Stride)
                {
                    int some = Math.Min(Stride, keys - at);
                    Scores(rows, packed + tiles.Tile(seen, kind, at), some, size, scores);
                    for (int r = 0; r < here; r++)
                    {
                        int visible = own ? Math.Min(some, (first + r) / group + 1 - at) : some;
                        Weigh(scores + r * Stride, visible, some, mixed + r * Stride, ref highest[r], ref total[r]);
                    }

                    float* values = (float*)s.Values + (long)kind * s.Heads + (long)at * s.Between;
                    Mix(scores, values, s.Between, some, size, mixed);
                }
            }

            for (int r = 0; r < here; r++)
            {
                (int token, int head) = (node.Start + (first + r) / group, kind * group + (first + r) % group);
                End(mixed + r * Stride, 1 / total[r], output + ((long)token * kinds * group + head) * size);
                logSum[(long)head * count + token] = highest[r] + MathF.Log(total[r]);
            }
        }

        private float* RowOf(NodeRows node, int row, int kind) =>
            query + ((long)(node.Start + row / group) * kinds * group + kind * group + row % group) * size;

        // The scaled row, zeros for none; its result begins with zeros.
        private void Begin(float* from, float* row, float* result)
        {
            for (int i = 0; i < size; i += Lanes)
            {
                (from is null ? Vector512<float>.Zero : Vector512.Load(from + i) * scale).Store(row + i);
                Vector512<float>.Zero.Store(result + i);
            }
        }

        private void End(float* result, float factor, float* to)
        {
            for (int i = 0; i < size; i += Lanes)
            {
                (Vector512.Load(result + i) * factor).Store(to + i);
            }
        }

        // Scores become weights relative to the highest score so far; of hidden keys 0.
        private void Weigh(float* scores, int visible, int some, float* result, ref float highest, ref float total)
        {
            if (visible <= 0)
            {
                new Span<float>(scores, some).Clear();
                return;
            }

            int end = (visible + Lanes - 1) / Lanes * Lanes;
            new Span<float>(scores + visible, end - visible).Fill(float.NegativeInfinity);
            float top = Highest(scores, end);
            if (top > highest)
            {
                float shrunk = MathF.Exp(highest - top);
                (highest, total) = (top, total * shrunk);
                End(result, shrunk, result);
            }

            total += Exponentials(scores, highest, end);
            new Span<float>(scores + visible, Math.Max(some, end) - visible).Clear();
        }
    }

    // A NaN among the scores makes its weight and the sum NaN, whether or not MaxNative returns it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Highest(float* scores, int count)
    {
        Vector512<float> highest = Vector512.Load(scores);
        for (int k = Lanes; k < count; k += Lanes)
        {
            highest = Vector512.MaxNative(highest, Vector512.Load(scores + k));
        }

        Vector256<float> half = Vector256.MaxNative(highest.GetLower(), highest.GetUpper());
        Vector128<float> top = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        top = Vector128.MaxNative(top, Vector128.Shuffle(top, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(top, Vector128.Shuffle(top, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    // Writes exp(score - highest) in place and returns the sum. It is added up in eight lanes, as in the other kernels
    // of attention.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Exponentials(float* scores, float highest, int count)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        for (int k = 0; k < count; k += Lanes)
        {
            Vector512<float> weights = Exponential.Weight(Vector512.Load(scores + k) - Vector512.Create(highest));
            weights.Store(scores + k);
            sum += weights.GetLower();
            sum += weights.GetUpper();
        }

        return Vector256.Sum(sum);
    }
}
