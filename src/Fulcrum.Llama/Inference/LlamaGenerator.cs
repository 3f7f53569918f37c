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
        GrowingSequence[] all = [.. requests.Select((r, i) => new GrowingSequence(i, r, contextLength))];
        foreach (GrowingSequence empty in all.Where(s => s.Finished is not null))
        {
            answered(empty.Index, empty.Result());
        }

        GrowingSequence[] sorted =
        [
            .. all.Where(s => s.Finished is null).OrderBy(s => s.Prompt, SequenceGroup.PrefixOrder),
        ];
        IEnumerable<SequenceGroup> groups = SequenceGroup.Divide(
            [.. sorted.Select(s => s.Prompt)],
            sizes.Cells,
            GroupedCache.MostSequences,
            [.. sorted.Select(s => s.Limit)]
        );
        GroupedCache cache = new(context, sizes.Batch, sizes.Rows);
        foreach (SequenceGroup group in groups)
        {
            GrowingSequence[] sequences = sorted[group.Start..(group.Start + group.Count)];
            ReadPrompts(cache, group, sequences, cancellation);
            cache.Forget();
            Grow(sequences, answered, cancellation);
        }
    }

    // Computes the prompts and adds the first token of each sequence.
    private static void ReadPrompts(
        GroupedCache cache,
        SequenceGroup group,
        GrowingSequence[] sequences,
        CancellationToken cancellation
    )
    {
        Dictionary<TokenPlace, GrowingSequence[]> byEnd = Enumerable
            .Range(0, sequences.Length)
            .GroupBy(i => group.PlaceOf(i, sequences[i].Prompt.Length - 1), i => sequences[i])
            .ToDictionary(end => end.Key, end => end.ToArray());
        Dictionary<TokenPlace, TokenQuestion> questions = byEnd.ToDictionary(
            end => end.Key,
            end => QuestionOf(end.Value)
        );
        cache.Enter(group, questions, (place, answer) => Array.ForEach(byEnd[place], s => s.Add(answer)), cancellation);
    }

    // Several requests may have the same prompt. One question serves all of them if it asks for the logits, as soon as
    // one of them needs them.
    private static TokenQuestion QuestionOf(GrowingSequence[] sequences) =>
        sequences.Select(s => s.Question).FirstOrDefault(q => q.Logits) ?? TokenQuestion.MostLikely;

    // Adds one token to all sequences per call until all have ended. The index of a sequence is its number in the
    // cache.
    private void Grow(GrowingSequence[] sequences, Action<int, Completion> answered, CancellationToken cancellation)
    {
        List<int> cached = [.. Enumerable.Range(0, sequences.Length)];
        while (true)
        {
            foreach (int i in cached.Where(i => sequences[i].Finished is not null))
            {
                context.Remove(i);
                answered(sequences[i].Index, sequences[i].Result());
            }

            cached.RemoveAll(i => sequences[i].Finished is not null);
            if (cached.Count == 0)
            {
                return;
            }

            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<TokenAnswer> answers = context.Decode([.. cached.Select(i => Last(sequences[i], i))]);
            for (int row = 0; row < answers.Count; row++)
            {
                sequences[cached[row]].Add(answers[row]);
            }
        }
    }

    private static BatchToken Last(GrowingSequence sequence, int number) =>
        new(sequence.LastToken, sequence.LastPosition, [number], sequence.Question);
}
