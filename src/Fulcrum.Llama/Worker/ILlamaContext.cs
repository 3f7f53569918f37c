using System.Numerics.Tensors;

namespace Fulcrum.Llama.Worker;

/// <summary>A model in llama.cpp with one KV cache that several sequences share; positions of a sequence begin at
/// 0.</summary>
internal interface ILlamaContext : IDisposable
{
    /// <summary>The most sequences at once; their numbers lie below it.</summary>
    const int MostSequences = 64;

    /// <summary>Makes the KV cache; replaces an earlier one.</summary>
    /// <exception cref="FulcrumException">There is not enough memory.</exception>
    void Allocate(CacheSizes sizes);

    /// <summary>Forgets everything in the cache.</summary>
    void Clear();

    /// <summary>Lets a sequence share the first <paramref name="length"/> tokens of another one.</summary>
    void Share(int from, int to, int length);

    /// <summary>Forgets a sequence.</summary>
    void Remove(int sequence);

    /// <summary>Computes tokens, all of which attend to the earlier ones of their sequence, and answers the questions
    /// asked at them.</summary>
    /// <returns>One answer per question, in the order of the questions.</returns>
    IReadOnlyList<TokenAnswer> Decode(IReadOnlyList<BatchToken> tokens);
}

/// <summary>Sizes of a KV cache and of the work on it.</summary>
/// <param name="Cells">Tokens that the cache holds, over all sequences.</param>
/// <param name="Batch">The most tokens per call of <see cref="ILlamaContext.Decode"/>.</param>
/// <param name="Rows">The most tokens per call that have a question.</param>
internal readonly record struct CacheSizes(int Cells, int Batch, int Rows);

/// <summary>One token of a batch.</summary>
/// <param name="Position">Its place in its sequences.</param>
/// <param name="Sequences">The sequences that it belongs to; at least one.</param>
/// <param name="Question">What is asked of the prediction after this token; null for nothing.</param>
internal readonly record struct BatchToken(int Id, int Position, int[] Sequences, TokenQuestion? Question = null);

/// <summary>What is asked of the prediction after a token: the log-probabilities of these tokens, and whether all
/// logits are wanted.</summary>
internal sealed record TokenQuestion(int[] Tokens, bool Logits = false)
{
    /// <summary>Asks for the most likely token only.</summary>
    public static readonly TokenQuestion MostLikely = new([]);
}

/// <summary>The answer to a <see cref="TokenQuestion"/>.</summary>
/// <param name="LogLikelihoods">Natural logarithm of the probability of each token asked for.</param>
/// <param name="Best">The most likely token; of equals the lowest id.</param>
/// <param name="BestLogLikelihood">Natural logarithm of its probability.</param>
/// <param name="Logits">One per entry of the vocabulary; empty unless asked for.</param>
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

    // In float64 and in vectors: one value at a time takes up to a fifth of a decoding step of 32 sequences.
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
