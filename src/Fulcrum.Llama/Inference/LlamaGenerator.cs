using Fulcrum.Llama.Worker;
using Fulcrum.Models;

namespace Fulcrum.Llama.Inference;

/// <summary>Completes prompts. The prompts of a group share their prefixes in the KV cache; then all sequences of the
/// group grow by one token per call.</summary>
internal sealed class LlamaGenerator(ILlamaContext context, CacheSizes sizes, int contextLength)
{
    /// <summary>Completes requests that have been checked already.</summary>
    public void Complete(
        IReadOnlyList<CompletionRequest> requests,
        Action<int, Completion> answered,
        CancellationToken cancellation
    )
    {
        List<GrowingSequence> all = [.. requests.Select((r, i) => new GrowingSequence(i, r, contextLength))];
        foreach (GrowingSequence empty in all.Where(s => s.Finished is not null))
        {
            answered(empty.Index, empty.Result());
        }

        all.RemoveAll(s => s.Finished is not null);
        all.Sort(
            (a, b) =>
                SequenceGroup.Compare(a.Request.Prompt, b.Request.Prompt) is not 0 and int order
                    ? order
                    : a.Index.CompareTo(b.Index)
        );
        GroupedCache cache = new(context, sizes.Batch, sizes.Rows);
        int[][] prompts = [.. all.Select(s => s.Request.Prompt)];
        foreach (
            SequenceGroup group in SequenceGroup.Of(
                prompts,
                sizes.Cells,
                GroupedCache.MostSequences,
                [.. all.Select(s => s.Limit)]
            )
        )
        {
            GrowingSequence[] sequences = [.. all.Skip(group.First).Take(group.Count)];
            Begin(cache, group, sequences, cancellation);
            Grow(sequences, answered, cancellation);
        }
    }

    private static void Begin(
        GroupedCache cache,
        SequenceGroup group,
        GrowingSequence[] sequences,
        CancellationToken cancellation
    )
    {
        TokenQuestion?[] questions = [.. sequences.Select(s => s.Question)];
        Dictionary<(int, int), int[]> ends = EndsOf(group, sequences);
        cache.Enter(
            group,
            sequences[0].Request.Prompt,
            sequences[^1].Request.Prompt,
            keep: 0,
            (s, p) =>
                ends.TryGetValue((s, p), out int[]? here)
                    ? here.Select(i => questions[i]).FirstOrDefault(q => q!.Logits) ?? TokenQuestion.MostLikely
                    : null,
            (s, p, answer) => Array.ForEach(ends[(s, p)], i => sequences[i].Add(answer)),
            cancellation
        );
        cache.Forget();
    }

    // Returns the sequences whose prompts end at a token. The key is the first sequence that has the token, and its
    // position.
    private static Dictionary<(int, int), int[]> EndsOf(SequenceGroup group, GrowingSequence[] sequences)
    {
        Dictionary<(int, int), List<int>> ends = [];
        for (int s = 0; s < sequences.Length; s++)
        {
            int p = sequences[s].Request.Prompt.Length - 1,
                owner = s;
            while (owner > 0 && group.Sharing(owner - 1, p) > 1)
            {
                owner--;
            }

            ends.TryAdd((owner, p), []);
            ends[(owner, p)].Add(s);
        }

        return ends.ToDictionary(e => e.Key, e => e.Value.ToArray());
    }

    private void Grow(GrowingSequence[] sequences, Action<int, Completion> answered, CancellationToken cancellation)
    {
        for (int[] active = Active(); ; active = Active())
        {
            foreach (
                int s in Enumerable
                    .Range(0, sequences.Length)
                    .Where(s => sequences[s].Finished is not null && !sequences[s].Reported)
            )
            {
                sequences[s].Reported = true;
                context.Remove(s);
                answered(sequences[s].Index, sequences[s].Result());
            }

            if (active.Length == 0)
            {
                return;
            }

            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<TokenAnswer> answers = context.Decode([
                .. active.Select(s => new BatchToken(
                    sequences[s].Ids[^1],
                    sequences[s].Length - 1,
                    [s],
                    sequences[s].Question
                )),
            ]);
            for (int i = 0; i < active.Length; i++)
            {
                sequences[active[i]].Add(answers[i]);
            }
        }

        int[] Active() => [.. Enumerable.Range(0, sequences.Length).Where(s => sequences[s].Finished is null)];
    }
}
