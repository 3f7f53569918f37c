using System.Numerics.Tensors;

namespace Fulcrum.Llama.Worker;

/// <summary>A model in llama.cpp with one KV cache for several sequences. Positions of a sequence begin at 0.</summary>
internal interface ILlamaContext : IDisposable
{
    /// <summary>The largest number of sequences in the cache. Their numbers are below it.</summary>
    const int MostSequences = 64;

    /// <summary>Allocates the KV cache in place of an earlier one.</summary>
    /// <exception cref="FulcrumException">There is not enough memory.</exception>
    void Allocate(CacheSizes sizes);

    /// <summary>Empties the cache.</summary>
    void Clear();

    /// <summary>Adds the first <paramref name="length"/> tokens of a sequence to another one, without
    /// copying.</summary>
    void Share(int from, int to, int length);

    /// <summary>Removes a sequence.</summary>
    void Remove(int sequence);

    /// <summary>Computes tokens, which attend to the earlier tokens of their sequences, and answers their
    /// questions.</summary>
    /// <returns>One answer per question, in the order of the questions.</returns>
    IReadOnlyList<TokenAnswer> Decode(IReadOnlyList<BatchToken> tokens);
}

/// <summary>Sizes of a KV cache and of its batches.</summary>
/// <param name="Cells">The number of tokens that the cache holds, over all sequences.</param>
/// <param name="Batch">The largest number of tokens per call of <see cref="ILlamaContext.Decode"/>.</param>
/// <param name="Rows">The largest number of tokens per call that have a question.</param>
internal readonly record struct CacheSizes(int Cells, int Batch, int Rows);

/// <summary>One token of a batch.</summary>
/// <param name="Position">Its place in its sequences.</param>
/// <param name="Sequences">The sequences that it belongs to; at least one.</param>
/// <param name="Question">The question about the prediction after this token; null for none.</param>
internal readonly record struct BatchToken(int Id, int Position, int[] Sequences, TokenQuestion? Question = null);

/// <summary>A question about the prediction after a token. The most likely token is always part of the
/// answer.</summary>
/// <param name="Tokens">The tokens whose log-probabilities are wanted.</param>
/// <param name="Logits">Whether all logits are wanted.</param>
internal sealed record TokenQuestion(int[] Tokens, bool Logits = false)
{
    /// <summary>Asks for the most likely token only.</summary>
    public static readonly TokenQuestion MostLikely = new([]);
}

/// <summary>The answer to a <see cref="TokenQuestion"/>.</summary>
/// <param name="LogLikelihoods">Natural logarithm of the probability of each wanted token.</param>
/// <param name="Best">The most likely token; among equally likely ones the lowest id.</param>
/// <param name="BestLogLikelihood">Natural logarithm of its probability.</param>
/// <param name="Logits">One per token of the vocabulary; empty unless wanted.</param>
internal readonly record struct TokenAnswer(double[] LogLikelihoods, int Best, double BestLogLikelihood, float[] Logits)
{
    /// <summary>Answers a question from the logits of a row.</summary>
    /// <exception cref="FulcrumException">A logit is not finite.</exception>
    public static TokenAnswer From(ReadOnlySpan<float> logits, TokenQuestion question)
    {
        int best = TensorPrimitives.IndexOfMax(logits);
        double normaliser = logits[best] + Math.Log(SumOfExponentials(logits, logits[best]));
        if (!double.IsFinite(normaliser))
        {
            throw new FulcrumException(
                "llama.cpp computed a logit that is no finite number; the file's weights are damaged"
            );
        }

        double[] asked = new double[question.Tokens.Length];
        for (int i = 0; i < asked.Length; i++)
        {
            asked[i] = logits[question.Tokens[i]] - normaliser;
        }

        return new TokenAnswer(asked, best, logits[best] - normaliser, question.Logits ? logits.ToArray() : []);
    }

    // In float64 and vectorised: a scalar loop takes up to a fifth of the time of a decoding step of 32 sequences.
    private static double SumOfExponentials(ReadOnlySpan<float> logits, double largest)
    {
        Span<double> chunk = stackalloc double[512];
        double sum = 0;
        for (int at = 0; at < logits.Length; at += chunk.Length)
        {
            ReadOnlySpan<float> part = logits[at..Math.Min(at + chunk.Length, logits.Length)];
            Span<double> values = chunk[..part.Length];
            TensorPrimitives.ConvertTruncating(part, values);
            TensorPrimitives.Subtract(values, largest, values);
            TensorPrimitives.Exp<double>(values, values);
            sum += TensorPrimitives.Sum<double>(values);
        }

        return sum;
    }
}
