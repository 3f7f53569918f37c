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

    /// <summary>Returns a random token.</summary>
    /// <param name="logits">One per vocabulary entry; changed in place.</param>
    /// <param name="seen">Tokens of the prompt and the completion so far.</param>
    public static int Draw(float[] logits, Sampling sampling, Random random, IEnumerable<int> seen)
    {
        if (sampling.RepetitionPenalty != 1)
        {
            Penalise(logits, seen, sampling.RepetitionPenalty);
        }

        int[] order = MostLikely(logits, sampling.TopK);
        double[] weights = [.. order.Select(t => Math.Exp((logits[t] - logits[order[0]]) / sampling.Temperature))];
        int kept = sampling.TopP < 1 ? CountWithin(weights, sampling.TopP) : weights.Length;
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

    private static void Penalise(float[] logits, IEnumerable<int> seen, double penalty)
    {
        foreach (int token in seen.Distinct())
        {
            float logit = logits[token];
            logits[token] = (float)(logit < 0 ? logit * penalty : logit / penalty);
        }
    }

    // Returns how many of the largest weights it takes to reach a share of their total: the nucleus of top p.
    private static int CountWithin(double[] weights, double share)
    {
        double total = weights.Sum(),
            sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i];
            if (sum / total >= share)
            {
                return i + 1;
            }
        }

        return weights.Length;
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
