using Fulcrum.Tokenization;
using static TorchSharp.torch;

namespace Fulcrum.Recipe.Pretraining;

/// <summary>Sequences of one step: documents one behind the other, each closed by the end token.</summary>
/// <param name="Ids">[B, T], int64.</param>
/// <param name="Rows">Indices into the B · T positions whose next token counts.</param>
/// <param name="Targets">[rows], int64.</param>
/// <param name="Weights">[rows], float32, sum 1.</param>
internal sealed record Batch(Tensor Ids, Tensor Rows, Tensor Targets, Tensor Weights)
{
    /// <summary>Fills <paramref name="count"/> sequences of <paramref name="length"/> tokens.</summary>
    public static Batch Of(IEnumerable<Text> documents, TextEncoding encoding, int count, int length)
    {
        long[] ids = new long[count * length];
        List<long> rows = [],
            targets = [];
        List<float> weights = [];
        using IEnumerator<Text> source = documents.GetEnumerator();
        for (int b = 0; b < count; b++)
        {
            List<(int Id, float Weight)> sequence = [];
            while (sequence.Count <= length)
            {
                source.MoveNext();
                encoding.Append(source.Current, sequence);
            }

            for (int t = 0; t < length; t++)
            {
                ids[b * length + t] = sequence[t].Id;
                if (sequence[t + 1].Weight > 0)
                {
                    rows.Add(b * length + t);
                    targets.Add(sequence[t + 1].Id);
                    weights.Add(sequence[t + 1].Weight);
                }
            }
        }

        float sum = weights.Sum();
        return new Batch(
            tensor(ids, [count, length]),
            tensor(rows.ToArray()),
            tensor(targets.ToArray()),
            tensor(weights.Select(w => w / sum).ToArray())
        );
    }
}

/// <summary>Documents to ids and weights; pieces are remembered, since they come again and again.</summary>
internal sealed class TextEncoding(Tokenizer tokenizer)
{
    private readonly Dictionary<string, int[]> known = new(StringComparer.Ordinal);
    private readonly int end = tokenizer.TokenId("<|endoftext|>")!.Value;

    /// <summary>Appends a document and the end token.</summary>
    public void Append(Text text, List<(int Id, float Weight)> sequence)
    {
        foreach ((string piece, float weight) in text.Pieces)
        {
            foreach (int id in Encode(piece))
            {
                sequence.Add((id, weight));
            }
        }

        sequence.Add((end, 0));
    }

    private int[] Encode(string piece)
    {
        if (!known.TryGetValue(piece, out int[]? ids))
        {
            ids = tokenizer.Encode(piece);
            if (piece.Length < 32)
            {
                known.Add(piece, ids);
            }
        }

        return ids;
    }
}
