using Fulcrum.Models;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Scores and completes by padded batches, as most libraries do: no shared prefixes, logits at every
/// position. This is the reference implementation for the prefix tree.</summary>
internal sealed class Padded(LanguageModel model)
{
    private const int ScoreBatch = 8,
        GenerateBatch = 16;

    /// <summary>Scores by length-sorted batches of 8, padded on the right; letters after one prompt share its row,
    /// longer continuations have rows of their own.</summary>
    public void Score(
        IReadOnlyList<ScoreRequest> requests,
        Action<int, IReadOnlyList<ContinuationScore>> answered,
        CancellationToken cancellation
    )
    {
        using IDisposable frozen = inference_mode();
        ContinuationScore[][] scores =
        [
            .. requests.Select(r => r.Continuations.Select(c => new ContinuationScore(0, true, c.Length)).ToArray()),
        ];
        foreach (Row[] batch in RowsOf(requests).OrderByDescending(row => row.Ids.Length).Chunk(ScoreBatch))
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            Tensor logits = Logits([.. batch.Select(row => row.Ids)]);
            Tensor likely = logits - logits.LogSumExp(-1, keepdim: true); // [B, T, V]
            for (int i = 0; i < batch.Length; i++)
            {
                foreach (int c in batch[i].Continuations)
                {
                    int[] continuation = requests[batch[i].Request].Continuations[c];
                    int first = batch[i].Ids.Length - continuation.Length;
                    scores[batch[i].Request][c] = Read(likely[i], first, continuation);
                }
            }
        }

        for (int r = 0; r < requests.Count; r++)
        {
            answered(r, scores[r]);
        }
    }

    // Continuations that are equal except for their last token share a row.
    private static IEnumerable<Row> RowsOf(IReadOnlyList<ScoreRequest> requests) =>
        requests.SelectMany(
            (request, r) =>
                Enumerable
                    .Range(0, request.Continuations.Count)
                    .Where(c => request.Continuations[c].Length > 0)
                    .GroupBy(c => string.Join(' ', request.Continuations[c][..^1]))
                    .Select(alike => new Row(
                        [.. request.Prompt, .. request.Continuations[alike.First()][..^1]],
                        r,
                        [.. alike]
                    ))
        );

    // A row of a batch: prompt and continuation without its last token.
    private readonly record struct Row(int[] Ids, int Request, int[] Continuations);

    /// <summary>Completes batches of 16, padded on the left; a batch runs until its last sequence is
    /// complete.</summary>
    public void Complete(
        IReadOnlyList<CompletionRequest> requests,
        Action<int, Completion> answered,
        CancellationToken cancellation
    )
    {
        using IDisposable frozen = inference_mode();
        foreach (
            Sequence[] batch in requests
                .Select((r, i) => new Sequence(i, r, model.Config.ContextLength))
                .OrderBy(s => s.Request.Prompt.Length)
                .Chunk(GenerateBatch)
        )
        {
            int width = batch.Max(s => s.Request.Prompt.Length);
            long[] padding = [.. batch.Select(s => (long)width - s.Request.Prompt.Length)];
            using PaddedAttention cache = new(model.Config.Layers, padding);
            long[,] ids = Matrix([.. batch.Select((s, i) => (int[])[.. new int[padding[i]], .. s.Request.Prompt])]);
            long[,] positions = new long[batch.Length, width];
            for (int i = 0; i < batch.Length * width; i++)
            {
                positions[i / width, i % width] = Math.Max(0, i % width - padding[i / width]);
            }

            while (batch.Any(s => s.Finished is null))
            {
                cancellation.ThrowIfCancellationRequested();
                using DisposeScope scope = NewDisposeScope();
                Tensor hidden = model.Forward(
                    tensor(ids, device: model.Device),
                    tensor(positions, device: model.Device),
                    cache
                );
                Sequence.Choose(batch, model.LogitsAt(hidden.select(1, -1)));
                int last = positions.GetLength(1) - 1;
                ids = Matrix([.. batch.Select(s => new[] { s.Ids.Count > 0 ? s.Ids[^1] : 0 })]);
                positions = Matrix([
                    .. Enumerable
                        .Range(0, batch.Length)
                        .Select(i => new[] { Math.Min(model.Config.ContextLength - 1, (int)positions[i, last] + 1) }),
                ]);
            }

            foreach (Sequence s in batch)
            {
                answered(s.Index, s.Result(s.Finished!.Value));
            }
        }
    }

    private Tensor Logits(int[][] sequences)
    {
        int width = sequences.Max(s => s.Length);
        Tensor ids = tensor(
            Matrix([.. sequences.Select(s => (int[])[.. s, .. new int[width - s.Length]])]),
            device: model.Device
        );
        Tensor hidden = model.Forward(
            ids,
            arange(width, device: model.Device).expand(ids.shape),
            new CausalAttention()
        );
        return model.LogitsAt(hidden.flatten(0, 1)).view(sequences.Length, width, -1);
    }

    // From the row whose logits predict the continuation's first token.
    private static ContinuationScore Read(Tensor likely, int first, int[] continuation)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = likely.narrow(0, first, continuation.Length),
            wanted = tensor(continuation.Select(t => (long)t).ToArray(), device: likely.device);
        double sum = rows.gather(1, wanted.unsqueeze(1)).sum(ScalarType.Float64).ToDouble();
        return new ContinuationScore(sum, rows.argmax(-1).eq(wanted).all().ToBoolean(), continuation.Length);
    }

    private static long[,] Matrix(int[][] rows)
    {
        long[,] matrix = new long[rows.Length, rows[0].Length];
        for (int i = 0; i < matrix.Length; i++)
        {
            matrix[i / rows[0].Length, i % rows[0].Length] = rows[i / rows[0].Length][i % rows[0].Length];
        }

        return matrix;
    }
}
