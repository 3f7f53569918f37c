using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Fulcrum.Torch.Interop;
using static Fulcrum.Torch.Kernels.BlockTiles;
using KvSegment = Fulcrum.Torch.Kernels.RowAttention.KvSegment;

namespace Fulcrum.Torch.Kernels;

/// <summary>Segments of keys, or of values, copied into tiles of 32 tokens, [keyValueHead, tile, component, 32]. A
/// segment begins with a new tile.</summary>
internal sealed unsafe class KeyTiles
{
    private const int Width = Simd8.Width;
    private readonly int[] firstTile;
    private readonly List<(int Segment, int From)> parts = [];

    public KeyTiles(IReadOnlyList<KvSegment> segments, int heads, int headSize)
    {
        (Segments, Heads, HeadSize, firstTile) = (segments, heads, headSize, new int[segments.Count]);
        for (int s = 0; s < segments.Count; s++)
        {
            firstTile[s] = parts.Count;
            for (int from = 0; from < segments[s].Count; from += TileKeys)
            {
                parts.Add((s, from));
            }
        }
    }

    /// <summary>The segments.</summary>
    public IReadOnlyList<KvSegment> Segments { get; }

    /// <summary>Number of key-value heads.</summary>
    public int Heads { get; }

    /// <summary>Components of a head.</summary>
    public int HeadSize { get; }

    /// <summary>Values of all tiles.</summary>
    public long Size => (long)Heads * parts.Count * HeadSize * TileKeys;

    /// <summary>Where the tile of a token begins; the token is a multiple of 32 behind the first of its
    /// segment.</summary>
    public long Tile(int segment, int head, int token) => Row(segment, head, token);

    /// <summary>Where a token's row begins in an array of the same size, [keyValueHead, tile, 32, component].</summary>
    public long Row(int segment, int head, int token) =>
        (((long)head * parts.Count + firstTile[segment]) * TileKeys + token) * HeadSize;

    /// <summary>Copies the keys of all segments, or their values, with zeros behind the last one of each.</summary>
    public void Pack(float* to, bool values) =>
        Threads.For(
            (long)Heads * parts.Count,
            i => Pack(parts[(int)(i % parts.Count)], (int)(i / parts.Count), values, to + i * HeadSize * TileKeys)
        );

    private void Pack((int Segment, int From) part, int head, bool values, float* to)
    {
        KvSegment s = Segments[part.Segment];
        float* from = (float*)(values ? s.Values : s.Keys) + (long)head * s.Heads + (long)part.From * s.Between;
        int there = Math.Min(TileKeys, s.Count - part.From);
        for (int i = 0; there == TileKeys && i < HeadSize; i += Width)
        {
            for (int k = 0; k < TileKeys; k += Width)
            {
                Transpose(from + (long)k * s.Between + i, s.Between, to + i * TileKeys + k);
            }
        }

        for (int i = 0; there < TileKeys && i < HeadSize; i++, to += TileKeys)
        {
            for (int k = 0; k < TileKeys; k++)
            {
                to[k] = k < there ? from[(long)k * s.Between + i] : 0;
            }
        }
    }

    // Eight components of eight keys.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* from, long between, float* to)
    {
        float* last = from + 4 * between;
        (Vector256<float> a0, Vector256<float> a1) = Pairs(from, last, between);
        (Vector256<float> a2, Vector256<float> a3) = Pairs(from + 2 * between, last + 2 * between, between);
        (Vector256<float> b0, Vector256<float> b1) = Pairs(from + 4, last + 4, between);
        (Vector256<float> b2, Vector256<float> b3) = Pairs(from + 4 + 2 * between, last + 4 + 2 * between, between);
        Four(a0, a1, a2, a3, to);
        Four(b0, b1, b2, b3, to + 4 * TileKeys);
    }

    // Four components of two keys in the lower half and of two in the upper one: the first two of the components
    // with the keys next to each other, and the other two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> First, Vector256<float> Second) Pairs(float* lower, float* upper, long between)
    {
        Vector256<float> even = Vector256.Create(Vector128.Load(lower), Vector128.Load(upper)),
            odd = Vector256.Create(Vector128.Load(lower + between), Vector128.Load(upper + between));
        return (Avx.UnpackLow(even, odd), Avx.UnpackHigh(even, odd));
    }

    // Four components of eight keys.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(
        Vector256<float> first,
        Vector256<float> second,
        Vector256<float> firstOfLater,
        Vector256<float> secondOfLater,
        float* to
    )
    {
        Avx.Shuffle(first, firstOfLater, 0x44).Store(to);
        Avx.Shuffle(first, firstOfLater, 0xEE).Store(to + TileKeys);
        Avx.Shuffle(second, secondOfLater, 0x44).Store(to + 2 * TileKeys);
        Avx.Shuffle(second, secondOfLater, 0xEE).Store(to + 3 * TileKeys);
    }
}
