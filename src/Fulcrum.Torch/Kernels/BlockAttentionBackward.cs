using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Interop;
using static Fulcrum.Torch.Kernels.BlockAttention;
using static Fulcrum.Torch.Kernels.BlockTiles;
using static TorchSharp.torch;
using KvSegment = Fulcrum.Torch.Kernels.RowAttention.KvSegment;

namespace Fulcrum.Torch.Kernels;

/// <summary>The gradients of <see cref="BlockAttention"/>: the weights of sixteen rows are computed again from the
/// log-sum-exp, and no score matrix is kept (arXiv:2307.08691, algorithm 2).</summary>
/// <remarks>The rows are divided into a fixed number of shares of equal work. Each share adds up gradients of keys and
/// values of its own, so the result does not depend on the number of threads.</remarks>
internal static unsafe class BlockAttentionBackward
{
    // Shares of all rows and key-value heads, at least one for each of the latter.
    private const int Shares = 8;

    private const int Width = Simd8.Width;

    /// <summary>Computes the gradients of query, keys and values.</summary>
    /// <param name="gradient">[rows, keyValueHeads · group · headDim]</param>
    /// <param name="query">[rows, keyValueHeads, group, headDim]</param>
    /// <param name="keys">[rows, keyValueHeads, headDim], contiguous; <paramref name="values"/> too.</param>
    /// <param name="nodes">All rows. The keys of segment i are the rows of node i.</param>
    /// <param name="output">As <paramref name="gradient"/>; the result of the forward pass.</param>
    /// <param name="logSum">[keyValueHeads, group, rows]</param>
    /// <returns>[rows, keyValueHeads · group, headDim]; [rows, keyValueHeads, headDim] twice.</returns>
    public static (Tensor Query, Tensor Key, Tensor Value) Compute(
        Tensor gradient,
        Tensor query,
        Tensor keys,
        Tensor values,
        IReadOnlyList<NodeRows> nodes,
        Tensor output,
        Tensor logSum
    )
    {
        using Tensor rows = query.contiguous(),
            slopes = gradient.contiguous(),
            results = output.contiguous(),
            sums = logSum.contiguous();
        (long count, long kinds, long group, long size) = (query.size(0), query.size(1), query.size(2), query.size(3));
        KeyTiles keyTiles = new([.. nodes.Select(n => SegmentOf(keys, values, n))], (int)kinds, (int)size);
        int shares = Math.Max(1, Shares / (int)kinds);
        Tensor forQuery = empty([count, kinds * group, size], ScalarType.Float32, CPU),
            forKeys = empty_like(keys),
            forValues = empty_like(values);
        using Tensor packedKeys = empty([keyTiles.Size], ScalarType.Float32, CPU),
            packedValues = empty([keyTiles.Size], ScalarType.Float32, CPU),
            parts = zeros([2 * shares * keyTiles.Size], ScalarType.Float32, CPU);
        keyTiles.Pack(NativeTensor.Floats(packedKeys), values: false);
        keyTiles.Pack(NativeTensor.Floats(packedValues), values: true);
        Job job = new(
            new Rows(
                NativeTensor.Floats(rows),
                NativeTensor.Floats(slopes),
                NativeTensor.Floats(results),
                NativeTensor.Floats(sums),
                NativeTensor.Floats(forQuery),
                (int)count
            ),
            keyTiles,
            NativeTensor.Floats(packedKeys),
            NativeTensor.Floats(packedValues),
            NativeTensor.Floats(parts),
            shares,
            (int)group,
            nodes
        );
        job.Run();
        job.AddUp(NativeTensor.Floats(forKeys), NativeTensor.Floats(forValues));
        return (forQuery, forKeys, forValues);
    }

    // The addresses of what is read and written by row.
    private sealed class Rows(float* query, float* slope, float* output, float* logSum, float* forQuery, int count)
    {
        public float* Query => query;

        public float* Slope => slope;

        public float* Output => output;

        public float* LogSum => logSum;

        public float* ForQuery => forQuery;

        public int Count => count;
    }

    private sealed class Job(
        Rows rows,
        KeyTiles tiles,
        float* keys,
        float* values,
        float* parts,
        int shares,
        int group,
        IReadOnlyList<NodeRows> nodes
    )
    {
        private readonly int size = tiles.HeadSize;
        private readonly float scale = (float)Math.Pow(tiles.HeadSize, -0.5);

        public void Run()
        {
            (NodeRows Node, int First)[] blocks = BlocksOf(nodes, group);
            int[] ends = Ends(blocks);
            Threads.For(
                (long)tiles.Heads * shares,
                i =>
                {
                    (int kind, int share) = ((int)i / shares, (int)i % shares);
                    for (int b = share == 0 ? 0 : ends[share - 1]; b < ends[share]; b++)
                    {
                        Block(blocks[b].Node, blocks[b].First, kind, share);
                    }
                }
            );
        }

        // The end of each share: all read about as many keys.
        private int[] Ends((NodeRows Node, int First)[] blocks)
        {
            long[] until = new long[blocks.Length];
            for (int b = 0; b < blocks.Length; b++)
            {
                NodeRows node = blocks[b].Node;
                until[b] =
                    (b > 0 ? until[b - 1] : 0)
                    + node.Seen[..^1].Sum(s => (long)tiles.Segments[s].Count)
                    + (blocks[b].First + BlockRows) / group
                    + 1;
            }

            return [.. Enumerable.Range(1, shares).Select(s => until.Count(u => u <= until[^1] * s / shares))];
        }

        /// <summary>Adds up the shares' gradients of keys and values.</summary>
        public void AddUp(float* forKeys, float* forValues) =>
            Threads.For(
                nodes.Count,
                i =>
                {
                    for (int token = 0; token < nodes[(int)i].Count; token++)
                    {
                        for (int kind = 0; kind < tiles.Heads; kind++)
                        {
                            long to = ((long)(nodes[(int)i].Start + token) * tiles.Heads + kind) * size,
                                from = tiles.Row((int)i, kind, token);
                            AddUp(from, forKeys + to);
                            AddUp(from + shares * tiles.Size, forValues + to);
                        }
                    }
                }
            );

        private void AddUp(long from, float* to)
        {
            for (int i = 0; i < size; i += Lanes)
            {
                Vector512<float> sum = Vector512.Load(parts + from + i);
                for (int share = 1; share < shares; share++)
                {
                    sum += Vector512.Load(parts + from + share * tiles.Size + i);
                }

                sum.Store(to + i);
            }
        }

        [SkipLocalsInit]
        private void Block(NodeRows node, int first, int kind, int share)
        {
            float* buffer = stackalloc float[5 * BlockRows * Stride + Lanes];
            float* query = (float*)(((nint)buffer + 63) & ~63),
                slope = query + BlockRows * Stride,
                weights = slope + BlockRows * Stride,
                slopes = weights + BlockRows * Stride,
                forQuery = slopes + BlockRows * Stride;
            float* logSum = stackalloc float[BlockRows],
                mean = stackalloc float[BlockRows];
            int here = Math.Min(BlockRows, node.Count * group - first);
            for (int r = 0; r < BlockRows; r++)
            {
                long row = r < here ? RowOf(node, first + r, kind) : -1;
                Load(row, rows.Query, scale, query + r * Stride);
                Load(row, rows.Slope, 1, slope + r * Stride);
                Load(-1, rows.Query, 1, forQuery + r * Stride);
                int token = node.Start + (first + r) / group;
                logSum[r] =
                    row < 0 ? 0 : rows.LogSum[(kind * group + (long)((first + r) % group)) * rows.Count + token];
                mean[r] = row < 0 ? 0 : Dot(rows.Slope + row * size, rows.Output + row * size, size);
            }

            foreach (int seen in node.Seen)
            {
                KvSegment s = tiles.Segments[seen];
                bool own = seen == node.Seen[^1];
                int last = own ? (first + here - 1) / group + 1 : s.Count;
                for (int at = 0; at < last; at += Stride)
                {
                    int some = Math.Min(Stride, last - at);
                    long tile = tiles.Tile(seen, kind, at);
                    Scores(query, keys + tile, some, size, weights);
                    Scores(slope, values + tile, some, size, slopes);
                    for (int r = 0; r < BlockRows; r++)
                    {
                        int visible =
                            r >= here ? 0
                            : own ? Math.Min(some, (first + r) / group + 1 - at)
                            : some;
                        Slopes(
                            weights + r * Stride,
                            slopes + r * Stride,
                            Math.Max(0, visible),
                            some,
                            logSum[r],
                            mean[r]
                        );
                    }

                    float* key = (float*)s.Keys + (long)kind * s.Heads + (long)at * s.Between,
                        forKeys = parts + share * tiles.Size + tiles.Row(seen, kind, at);
                    Mix(slopes, key, s.Between, some, size, forQuery);
                    AddTurned(slopes, query, some, forKeys);
                    AddTurned(weights, slope, some, forKeys + shares * tiles.Size);
                }
            }

            for (int r = 0; r < here; r++)
            {
                float* to = rows.ForQuery + RowOf(node, first + r, kind) * size;
                for (int i = 0; i < size; i += Lanes)
                {
                    (Vector512.Load(forQuery + r * Stride + i) * scale).Store(to + i);
                }
            }
        }

        private long RowOf(NodeRows node, int row, int kind) =>
            (long)(node.Start + row / group) * tiles.Heads * group + kind * group + row % group;

        // A scaled row; zeros for row -1.
        private void Load(long row, float* from, float factor, float* to)
        {
            for (int i = 0; i < size; i += Lanes)
            {
                (row < 0 ? Vector512<float>.Zero : Vector512.Load(from + row * size + i) * factor).Store(to + i);
            }
        }

        // sums, [keys, size], += xᵀ · matrix, of sixteen rows.
        private void AddTurned(float* x, float* matrix, int some, float* sums)
        {
            for (int key = 0; key < some; key += TileRows)
            {
                for (int i = 0; i < size; i += TileKeys)
                {
                    TurnedTile(x + key, matrix + i, sums + (long)key * size + i, size);
                }
            }
        }
    }

    // Scores become weights, and the products of slope and value the slopes of the scores: weight · (product - mean).
    // Both are 0 for hidden keys, up to the end of a tile.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Slopes(float* weights, float* slopes, int visible, int some, float logSum, float mean)
    {
        int k = 0;
        for (; k < visible; k += Lanes)
        {
            Vector512<float> weight = Exponential.Weight(Vector512.Load(weights + k) - Vector512.Create(logSum));
            weight.Store(weights + k);
            (weight * (Vector512.Load(slopes + k) - Vector512.Create(mean))).Store(slopes + k);
        }

        int end = Math.Max(k, (some + TileRows - 1) / TileRows * TileRows);
        new Span<float>(weights + visible, end - visible).Clear();
        new Span<float>(slopes + visible, end - visible).Clear();
    }

    private static float Dot(float* a, float* b, int count)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        for (int i = 0; i < count; i += Width)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.Load(a + i), Vector256.Load(b + i), sum);
        }

        return Vector256.Sum(sum);
    }
}
