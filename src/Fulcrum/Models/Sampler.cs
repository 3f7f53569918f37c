namespace Fulcrum.Models;

/// <summary>Samples one token from logits, with transformers' order of steps: penalty, temperature, top k, top
/// p.</summary>
internal static class Sampler
{
    /// <summary>Returns the random numbers of a request. They depend only on its seed.</summary>
    public static Random RandomOf(Sampling? sampling)
    {
        long seed = sampling?.Seed ?? 0;
        return new Random(unchecked((int)(seed ^ (seed >> 32))));
    }

    /// <param name="logits">One per vocabulary entry; changed in place.</param>
    /// <param name="seen">Tokens of the prompt and the completion so far.</param>
    public static int Draw(float[] logits, Sampling sampling, Random random, IEnumerable<int> seen)
    {
        if (sampling.RepetitionPenalty != 1)
        {
            foreach (int token in seen.Distinct())
            {
                logits[token] = (float)(
                    logits[token] < 0
                        ? logits[token] * sampling.RepetitionPenalty
                        : logits[token] / sampling.RepetitionPenalty
                );
            }
        }

        int[] order = MostLikely(logits, sampling.TopK);
        int kept = order.Length;
        double[] weights =
        [
            .. order[..kept].Select(t => Math.Exp((logits[t] - logits[order[0]]) / sampling.Temperature)),
        ];
        double total = weights.Sum(),
            sum = 0;
        for (int i = 0; sampling.TopP < 1 && i < kept; i++)
        {
            sum += weights[i];
            kept = sum / total >= sampling.TopP ? i + 1 : kept;
        }

        double draw = random.NextDouble() * weights[..kept].Sum();
        for (int i = 0; i < kept - 1; i++)
        {
            draw -= weights[i];
            if (draw < 0)
            {
                return order[i];
            }
        }

        return order[kept - 1];
    }

    /// <summary>Returns the k most likely tokens in descending order, ties by lower id; all tokens if k is
    /// 0.</summary>
    internal static int[] MostLikely(float[] logits, int k)
    {
        if (k == 0 || k >= logits.Length)
        {
            return [.. Enumerable.Range(0, logits.Length).OrderByDescending(t => logits[t]).ThenBy(t => t)];
        }

        // A vocabulary has 150,000 entries and k is 20: one comparison discards most tokens.
        PriorityQueue<int, (float Logit, int After)> best = new(k + 1);
        for (int t = 0; t < logits.Length; t++)
        {
            if (best.Count < k)
            {
                best.Enqueue(t, (logits[t], -t));
            }
            else if (best.TryPeek(out _, out (float Logit, int After) least) && logits[t] > least.Logit)
            {
                best.EnqueueDequeue(t, (logits[t], -t));
            }
        }

        int[] order = new int[k];
        for (int i = k - 1; i >= 0; i--)
        {
            order[i] = best.Dequeue();
        }

        return order;
    }
}
