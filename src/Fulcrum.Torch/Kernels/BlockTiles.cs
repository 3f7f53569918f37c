using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fulcrum.Torch.Kernels;

/// <summary>The matmuls of <see cref="BlockAttention"/> and its backward pass: sixteen rows in buffers, in tiles of
/// eight rows and 32 columns whose sums stay in registers.</summary>
internal static unsafe class BlockTiles
{
    /// <summary>Rows of a block.</summary>
    public const int BlockRows = 16;

    /// <summary>Rows of a tile.</summary>
    public const int TileRows = 8;

    /// <summary>Keys of a tile, and columns of a matrix that are computed at once.</summary>
    public const int TileKeys = 32;

    /// <summary>Keys whose scores are held at once, and the distance of two rows in every buffer.</summary>
    public const int Stride = 256;

    /// <summary>Values of a register.</summary>
    public const int Lanes = 16;

    /// <summary>scores = rows · keys.</summary>
    /// <param name="rows">[16, size]</param>
    /// <param name="keys">Tiles, [size, 32] each.</param>
    /// <param name="some">Keys, at most <see cref="Stride"/>; the scores up to the end of the last tile are
    /// written.</param>
    public static void Scores(float* rows, float* keys, int some, int size, float* scores)
    {
        for (int at = 0; at < some; at += TileKeys, keys += (long)size * TileKeys)
        {
            Tile(rows, keys, TileKeys, size, scores + at, add: false);
            Tile(rows + TileRows * Stride, keys, TileKeys, size, scores + TileRows * Stride + at, add: false);
        }
    }

    /// <summary>result += weights · values.</summary>
    /// <param name="weights">[16, some]</param>
    /// <param name="values">[some, size], its rows <paramref name="between"/> apart.</param>
    /// <param name="result">[16, size]</param>
    public static void Mix(float* weights, float* values, int between, int some, int size, float* result)
    {
        for (int i = 0; i < size; i += TileKeys)
        {
            Tile(weights, values + i, between, some, result + i, add: true);
            Tile(weights + TileRows * Stride, values + i, between, some, result + TileRows * Stride + i, add: true);
        }
    }

    /// <summary>Eight rows of x times a matrix of 32 columns: sums = x · matrix, or sums += x · matrix. Rows of x and
    /// of the sums are <see cref="Stride"/> apart, and those of the matrix <paramref name="between"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(float* x, float* matrix, int between, int depth, float* sums, bool add)
    {
        Vector512<float> a0 = Sum(sums, add),
            b0 = Sum(sums + Lanes, add),
            a1 = Sum(sums + Stride, add),
            b1 = Sum(sums + Stride + Lanes, add),
            a2 = Sum(sums + 2 * Stride, add),
            b2 = Sum(sums + 2 * Stride + Lanes, add),
            a3 = Sum(sums + 3 * Stride, add),
            b3 = Sum(sums + 3 * Stride + Lanes, add);
        Vector512<float> a4 = Sum(sums + 4 * Stride, add),
            b4 = Sum(sums + 4 * Stride + Lanes, add),
            a5 = Sum(sums + 5 * Stride, add),
            b5 = Sum(sums + 5 * Stride + Lanes, add),
            a6 = Sum(sums + 6 * Stride, add),
            b6 = Sum(sums + 6 * Stride + Lanes, add),
            a7 = Sum(sums + 7 * Stride, add),
            b7 = Sum(sums + 7 * Stride + Lanes, add);
        for (int i = 0; i < depth; i++, x++, matrix += between)
        {
            (Vector512<float> a, Vector512<float> b) = (Vector512.Load(matrix), Vector512.Load(matrix + Lanes));
            SmallBatchBlocks.Step(x, a, b, ref a0, ref b0);
            SmallBatchBlocks.Step(x + Stride, a, b, ref a1, ref b1);
            SmallBatchBlocks.Step(x + 2 * Stride, a, b, ref a2, ref b2);
            SmallBatchBlocks.Step(x + 3 * Stride, a, b, ref a3, ref b3);
            SmallBatchBlocks.Step(x + 4 * Stride, a, b, ref a4, ref b4);
            SmallBatchBlocks.Step(x + 5 * Stride, a, b, ref a5, ref b5);
            SmallBatchBlocks.Step(x + 6 * Stride, a, b, ref a6, ref b6);
            SmallBatchBlocks.Step(x + 7 * Stride, a, b, ref a7, ref b7);
        }

        Store(a0, b0, sums);
        Store(a1, b1, sums + Stride);
        Store(a2, b2, sums + 2 * Stride);
        Store(a3, b3, sums + 3 * Stride);
        Store(a4, b4, sums + 4 * Stride);
        Store(a5, b5, sums + 5 * Stride);
        Store(a6, b6, sums + 6 * Stride);
        Store(a7, b7, sums + 7 * Stride);
    }

    /// <summary>sums += xᵀ · matrix, for eight columns of x, 32 columns of the matrix and sixteen rows of both, which
    /// are
    /// <see cref="Stride"/> apart. Rows of the sums are <paramref name="between"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TurnedTile(float* x, float* matrix, float* sums, nint between)
    {
        Vector512<float> a0 = Vector512.Load(sums),
            b0 = Vector512.Load(sums + Lanes),
            a1 = Vector512.Load(sums + between),
            b1 = Vector512.Load(sums + between + Lanes),
            a2 = Vector512.Load(sums + 2 * between),
            b2 = Vector512.Load(sums + 2 * between + Lanes),
            a3 = Vector512.Load(sums + 3 * between),
            b3 = Vector512.Load(sums + 3 * between + Lanes);
        Vector512<float> a4 = Vector512.Load(sums + 4 * between),
            b4 = Vector512.Load(sums + 4 * between + Lanes),
            a5 = Vector512.Load(sums + 5 * between),
            b5 = Vector512.Load(sums + 5 * between + Lanes),
            a6 = Vector512.Load(sums + 6 * between),
            b6 = Vector512.Load(sums + 6 * between + Lanes),
            a7 = Vector512.Load(sums + 7 * between),
            b7 = Vector512.Load(sums + 7 * between + Lanes);
        for (int i = 0; i < BlockRows; i++, x += Stride, matrix += Stride)
        {
            (Vector512<float> a, Vector512<float> b) = (Vector512.Load(matrix), Vector512.Load(matrix + Lanes));
            SmallBatchBlocks.Step(x, a, b, ref a0, ref b0);
            SmallBatchBlocks.Step(x + 1, a, b, ref a1, ref b1);
            SmallBatchBlocks.Step(x + 2, a, b, ref a2, ref b2);
            SmallBatchBlocks.Step(x + 3, a, b, ref a3, ref b3);
            SmallBatchBlocks.Step(x + 4, a, b, ref a4, ref b4);
            SmallBatchBlocks.Step(x + 5, a, b, ref a5, ref b5);
            SmallBatchBlocks.Step(x + 6, a, b, ref a6, ref b6);
            SmallBatchBlocks.Step(x + 7, a, b, ref a7, ref b7);
        }

        Store(a0, b0, sums);
        Store(a1, b1, sums + between);
        Store(a2, b2, sums + 2 * between);
        Store(a3, b3, sums + 3 * between);
        Store(a4, b4, sums + 4 * between);
        Store(a5, b5, sums + 5 * between);
        Store(a6, b6, sums + 6 * between);
        Store(a7, b7, sums + 7 * between);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sum(float* at, bool add) => add ? Vector512.Load(at) : Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> a, Vector512<float> b, float* to)
    {
        a.Store(to);
        b.Store(to + Lanes);
    }
}
