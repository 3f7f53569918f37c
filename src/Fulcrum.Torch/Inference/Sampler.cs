using Fulcrum.Evaluation;

namespace Fulcrum.Torch.Inference;

/// <summary>Draws one token from logits, in the order of steps that transformers applies: penalty, temperature, top k, top p.</summary>
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
                logits[token] = (float)(logits[token] < 0 ? logits[token] * sampling.RepetitionPenalty : logits[token] / sampling.RepetitionPenalty);
            }
        }

        int[] order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(t => logits[t]).ThenBy(t => t)];
        int kept = sampling.TopK > 0 ? Math.Min(sampling.TopK, order.Length) : order.Length;
        double[] weights = [.. order[..kept].Select(t => Math.Exp((logits[t] - logits[order[0]]) / sampling.Temperature))];
        double total = weights.Sum(), sum = 0;
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
}
