using Fulcrum.Llama.Worker;
using Fulcrum.Models;

namespace Fulcrum.Llama.Inference;

/// <summary>A completion in progress.</summary>
internal sealed class GrowingSequence
{
    private readonly CompletionRequest request;
    private readonly Random random;
    private readonly List<int> ids = [];
    private readonly List<double> logLikelihoods = [];

    /// <summary>Starts a completion without tokens.</summary>
    /// <param name="index">The index of the request.</param>
    /// <param name="contextLength">The longest sequence that the model accepts, in tokens.</param>
    public GrowingSequence(int index, CompletionRequest request, int contextLength)
    {
        (Index, this.request) = (index, request);
        random = Sampler.RandomOf(request.Sampling);
        Limit = Math.Max(0, Math.Min(request.MaxNewTokens, contextLength - request.Prompt.Length));
        Finished = Limit == 0 ? FinishReason.Length : null;
        Question = request.Sampling is null ? TokenQuestion.MostLikely : new TokenQuestion([], Logits: true);
    }

    /// <summary>The index of the request.</summary>
    public int Index { get; }

    /// <summary>The tokens of the prompt.</summary>
    public int[] Prompt => request.Prompt;

    /// <summary>The largest number of generated tokens.</summary>
    public int Limit { get; }

    /// <summary>The question after each of its tokens.</summary>
    public TokenQuestion Question { get; }

    /// <summary>Why it ended; null: it has not ended.</summary>
    public FinishReason? Finished { get; private set; }

    /// <summary>The last generated token.</summary>
    public int LastToken => ids[^1];

    /// <summary>The position of the last generated token, after the prompt.</summary>
    public int LastPosition => Prompt.Length + ids.Count - 1;

    /// <summary>Returns the completion so far.</summary>
    public Completion Result() => new(ids, logLikelihoods, Finished ?? FinishReason.Length);

    /// <summary>Adds the next token: the most likely one, or a sampled one.</summary>
    public void Add(TokenAnswer answer)
    {
        (int token, double logLikelihood) = request.Sampling is { } sampling
            ? Sampled(answer, sampling)
            : (answer.Best, answer.BestLogLikelihood);
        ids.Add(token);
        logLikelihoods.Add(logLikelihood);
        bool stops = request.EndTokens.Contains(token) || (request.StopsAt?.Invoke(ids) ?? false);
        Finished =
            stops ? FinishReason.Stop
            : ids.Count == Limit ? FinishReason.Length
            : null;
    }

    private (int Token, double LogLikelihood) Sampled(TokenAnswer answer, Sampling sampling)
    {
        // The sampler changes the logits that it gets.
        int token = Sampler.Draw((float[])answer.Logits.Clone(), sampling, random, Prompt.Concat(ids));
        double normaliser = answer.Logits[answer.Best] - answer.BestLogLikelihood; // log of the sum of exp(logit)
        return (token, answer.Logits[token] - normaliser);
    }
}
