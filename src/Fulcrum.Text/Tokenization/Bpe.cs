using System.Collections.Concurrent;
using System.Text;

namespace Fulcrum.Tokenization;

/// <summary>Byte-pair encoding (arXiv:1508.07909): the pieces of a text into tokens, by merges in the order in which
/// they were learned.</summary>
/// <param name="vocabulary">Token to id.</param>
/// <param name="merges">Pair of ids to the rank of its merge and the id of the result.</param>
/// <param name="unknown">Id of characters outside the vocabulary; null: they are omitted.</param>
/// <param name="fuseUnknown">Neighbouring unknown characters become one unknown token.</param>
/// <param name="byteFallback">A character outside the vocabulary becomes its UTF-8 bytes, tokens of the form
/// &lt;0x0A&gt;.</param>
/// <param name="ignoreMerges">A piece that is itself a token is not split.</param>
/// <param name="bytes">Pieces are written in <see cref="ByteAlphabet"/> first.</param>
internal sealed class Bpe(
    Dictionary<string, int> vocabulary,
    Dictionary<long, (int Rank, int Id)> merges,
    int? unknown,
    bool fuseUnknown,
    bool byteFallback,
    bool ignoreMerges,
    bool bytes
)
{
    private const int LongPiece = 48,
        CachedPiece = 64,
        LargestCache = 1 << 17;
    private int cached;
    private readonly int[] singles = Singles(vocabulary);
    private readonly int?[] byteTokens =
    [
        .. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue($"<0x{b:X2}>", out int id) ? id : (int?)null),
    ];
    private readonly HashSet<long> joins = Joins(vocabulary, merges, unknown);
    private readonly ConcurrentDictionary<string, int[]> cache = new(StringComparer.Ordinal);

    /// <summary>The key of a pair of ids.</summary>
    public static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>Appends the ids of one piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > CachedPiece)
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

    /// <summary>A long piece run by run: where two symbols stand side by side in no token, no merge can reach
    /// across.</summary>
    private int[] MergeByRuns(List<int> symbols)
    {
        List<int> ids = new(symbols.Count / 2);
        for (int start = 0, end = 1; start < symbols.Count; start = end++)
        {
            while (end < symbols.Count && joins.Contains(Pair(symbols[end - 1], symbols[end])))
            {
                end++;
            }

            List<int> run = symbols.GetRange(start, end - start);
            if (run.Count < LongPiece)
            {
                MergeByScanning(run);
                ids.AddRange(run);
            }
            else
            {
                ids.AddRange(MergeByQueue(run));
            }
        }

        return [.. ids];
    }

    /// <summary>The pairs of symbols, as they are before any merge, that some merge brings together.</summary>
    private static HashSet<long> Joins(
        Dictionary<string, int> vocabulary,
        Dictionary<long, (int Rank, int Id)> merges,
        int? unknown
    )
    {
        Dictionary<int, string> tokens = [];
        foreach ((string token, int id) in vocabulary)
        {
            tokens[id] = token;
        }

        HashSet<long> joins = [];
        foreach (long pair in merges.Keys)
        {
            foreach (int left in Ends((int)(pair >> 32), last: true))
            {
                joins.UnionWith(Ends((int)pair, last: false).Select(right => Pair(left, right)));
            }
        }

        return joins;

        // The token's first or last character; the token itself where it stands for a byte or for what is unknown.
        IEnumerable<int> Ends(int id, bool last)
        {
            string token = tokens[id];
            if (token.Length == 0)
            {
                return [];
            }

            int length = char.IsSurrogate(last ? token[^1] : token[0]) && token.Length > 1 ? 2 : 1;
            int[] end = vocabulary.TryGetValue(last ? token[^length..] : token[..length], out int character)
                ? [character]
                : [];
            return id == unknown || token.StartsWith("<0x", StringComparison.Ordinal) ? [id, .. end] : end;
        }
    }

    // A pending unknown waits for the next known character, also past bytes that stand for one: so does the reference.
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

    private void MergeByScanning(List<int> symbols)
    {
        while (symbols.Count > 1)
        {
            (int at, (int Rank, int Id) best) = (-1, (int.MaxValue, 0));
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (
                    merges.TryGetValue(Pair(symbols[i], symbols[i + 1]), out (int Rank, int Id) merge)
                    && merge.Rank < best.Rank
                )
                {
                    (at, best) = (i, merge);
                }
            }

            if (at < 0)
            {
                return;
            }

            symbols[at] = best.Id;
            symbols.RemoveAt(at + 1);
        }
    }

    /// <summary>The same for long pieces, in n log n: a queue of candidate merges over a linked list of
    /// symbols.</summary>
    private int[] MergeByQueue(List<int> symbols)
    {
        int[] ids = [.. symbols],
            next = new int[ids.Length],
            previous = new int[ids.Length];
        PriorityQueue<(int Left, int LeftId, int RightId, int Merged), long> queue = new();
        for (int i = 0; i < ids.Length; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1 < ids.Length ? i + 1 : -1);
        }

        void Offer(int left)
        {
            if (
                left >= 0
                && next[left] >= 0
                && merges.TryGetValue(Pair(ids[left], ids[next[left]]), out (int Rank, int Id) merge)
            )
            {
                queue.Enqueue((left, ids[left], ids[next[left]], merge.Id), Pair(merge.Rank, left));
            }
        }

        for (int i = 0; i < ids.Length; i++)
        {
            Offer(i);
        }

        while (queue.TryDequeue(out (int Left, int LeftId, int RightId, int Merged) merge, out _))
        {
            int left = merge.Left,
                right = ids[left] < 0 ? -1 : next[left];
            if (right < 0 || ids[left] != merge.LeftId || ids[right] != merge.RightId)
            {
                continue; // one of the two has been merged away since
            }

            (ids[left], ids[right], next[left]) = (merge.Merged, -1, next[right]);
            if (next[left] >= 0)
            {
                previous[next[left]] = left;
            }

            Offer(previous[left]);
            Offer(left);
        }

        return [.. ids.Where(id => id >= 0)];
    }
}
