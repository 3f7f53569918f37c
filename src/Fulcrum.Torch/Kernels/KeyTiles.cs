using Fulcrum.Torch.Interop;
using static Fulcrum.Torch.Kernels.BlockTiles;
using KvSegment = Fulcrum.Torch.Kernels.RowAttention.KvSegment;

namespace Fulcrum.Torch.Kernels;

/// <summary>Segments of keys, or of values, copied into tiles of 32 tokens, [keyValueHead, tile, component, 32]. A
/// segment begins with a new tile.</summary>
internal sealed unsafe class KeyTiles
{
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
        for (int i = 0; i < HeadSize; i++, to += TileKeys)
        {
            for (int k = 0; k < TileKeys; k++)
            {
                to[k] = k < there ? from[(long)k * s.Between + i] : 0;
            }
        }
    }
}
