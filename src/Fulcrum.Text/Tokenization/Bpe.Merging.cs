namespace Fulcrum.Tokenization;

/// <content>Merges the symbols of a piece.</content>
internal sealed partial class Bpe
{
    /// <summary>Merges a long piece run by run. If no token contains two neighbouring symbols side by side, no merge
    /// can cross the boundary between them, so the piece is cut there.</summary>
    private int[] MergeByRuns(List<int> symbols)
    {
        List<int> ids = new(symbols.Count / 2);
        for (int start = 0, end = 1; start < symbols.Count; start = end++)
        {
            while (end < symbols.Count && joinable.Contains(Pair(symbols[end - 1], symbols[end])))
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

    /// <summary>Returns the pairs of initial symbols that some merge joins: the last symbol of its left token and the
    /// first symbol of its right token.</summary>
    private static HashSet<long> JoinablePairs(
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

        HashSet<long> pairs = [];
        foreach (long pair in merges.Keys)
        {
            foreach (int left in Ends((int)(pair >> 32), last: true))
            {
                pairs.UnionWith(Ends((int)pair, last: false).Select(right => Pair(left, right)));
            }
        }

        return pairs;

        // Returns the first or last character of a token. A token for a byte or for unknown characters is a symbol
        // itself.
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

    /// <summary>Merges like <see cref="MergeByScanning"/>, in O(n log n): with a priority queue of candidate merges
    /// over a linked list of symbols.</summary>
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
                continue; // another merge has consumed one of the two symbols
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
