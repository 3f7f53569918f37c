using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Inference;

/// <summary>Draws one token from logits, in the order of steps that transformers applies: penalty, temperature, top k,
/// top p.</summary>
internal static class Sampler
{
    /// <param name="logits">One for each entry of the vocabulary; changed in place.</param>
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

    /// <summary>The k most likely tokens, the likeliest first and of equals the lower id; all of them where k is
    /// 0.</summary>
    internal static int[] MostLikely(float[] logits, int k)
    {
        if (k == 0 || k >= logits.Length)
        {
            return [.. Enumerable.Range(0, logits.Length).OrderByDescending(t => logits[t]).ThenBy(t => t)];
        }

        // A vocabulary has 150,000 entries and k is 20: most tokens are dismissed by one comparison.
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
