using System.Collections.Concurrent;
using System.Text;

namespace Fulcrum.Tokenization;

/// <summary>Byte-pair encoding (arXiv:1508.07909): turns the pieces of a text into tokens. It applies merges in the
/// order in which they were learned.</summary>
/// <param name="vocabulary">Token to id.</param>
/// <param name="merges">Pair of ids (<see cref="Pair"/>) to the rank of its merge and the id of the result.</param>
/// <param name="unknown">Id of characters outside the vocabulary; null: they are omitted.</param>
/// <param name="fuseUnknown">Neighbouring unknown characters become one unknown token.</param>
/// <param name="byteFallback">A character outside the vocabulary becomes its UTF-8 bytes, tokens of the form
/// &lt;0x0A&gt;.</param>
/// <param name="ignoreMerges">A piece that is itself a token is not split.</param>
/// <param name="bytes">Pieces are written in <see cref="ByteAlphabet"/> first.</param>
internal sealed partial class Bpe(
    Dictionary<string, int> vocabulary,
    Dictionary<long, (int Rank, int Id)> merges,
    int? unknown,
    bool fuseUnknown,
    bool byteFallback,
    bool ignoreMerges,
    bool bytes
)
{
    // From this many symbols on a priority queue is faster than scanning for the next merge.
    private const int LongPiece = 48;

    // Longer pieces hardly occur twice. The number of cached pieces bounds memory.
    private const int LongestCachedPiece = 64,
        LargestCache = 1 << 17;

    private int cached;
    private readonly int[] singles = Singles(vocabulary);
    private readonly int?[] byteTokens =
    [
        .. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue($"<0x{b:X2}>", out int id) ? id : (int?)null),
    ];
    private readonly HashSet<long> joinable = JoinablePairs(vocabulary, merges, unknown);
    private readonly ConcurrentDictionary<string, int[]> cache = new(StringComparer.Ordinal);

    /// <summary>Returns the key of a pair of ids.</summary>
    public static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>Appends the ids of one piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > LongestCachedPiece)
        {
            ids.AddRange(Tokens(piece));
            return;
        }

        if (!cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out int[]? tokens))
        {
            tokens = Tokens(piece);
            if (Interlocked.Increment(ref cached) < LargestCache)
            {
                cache.TryAdd(piece.ToString(), tokens);
            }
        }

        ids.AddRange(tokens);
    }

    private int[] Tokens(ReadOnlySpan<char> text)
    {
        string piece = bytes ? ByteAlphabet.Encode(text) : text.ToString();
        if (ignoreMerges && vocabulary.TryGetValue(piece, out int whole))
        {
            return [whole];
        }

        List<int> symbols = Symbols(piece);
        if (symbols.Count < LongPiece)
        {
            MergeByScanning(symbols);
            return [.. symbols];
        }

        return MergeByRuns(symbols);
    }

    // An unknown token is added before the next known character, even if bytes of a later character come between. The
    // tokenizers library has the same order.
    private List<int> Symbols(string piece)
    {
        List<int> symbols = new(piece.Length);
        bool pending = false;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in piece.EnumerateRunes())
        {
            if (IdOf(rune) is { } id)
            {
                Flush();
                symbols.Add(id);
            }
            else if (!(byteFallback && AddBytes(utf8[..rune.EncodeToUtf8(utf8)], symbols)) && unknown is not null)
            {
                if (!fuseUnknown)
                {
                    Flush();
                }

                pending = true;
            }
        }

        Flush();
        return symbols;

        void Flush()
        {
            symbols.AddRange(pending ? [unknown!.Value] : []);
            pending = false;
        }
    }

    private int? IdOf(Rune rune) =>
        rune.IsBmp ? (singles[rune.Value] is >= 0 and var id ? id : null)
        : vocabulary.TryGetValue(rune.ToString(), out int far) ? far
        : null;

    private bool AddBytes(ReadOnlySpan<byte> utf8, List<int> symbols)
    {
        int before = symbols.Count;
        foreach (byte b in utf8)
        {
            if (byteTokens[b] is not { } id)
            {
                symbols.RemoveRange(before, symbols.Count - before);
                return false;
            }

            symbols.Add(id);
        }

        return true;
    }

    private static int[] Singles(Dictionary<string, int> vocabulary)
    {
        int[] ids = new int[1 << 16];
        Array.Fill(ids, -1);
        foreach ((string token, int id) in vocabulary)
        {
            if (token.Length == 1)
            {
                ids[token[0]] = id;
            }
        }

        return ids;
    }
}
