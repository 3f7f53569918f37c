using Fulcrum.Llama.Worker;
using Fulcrum.Models;

namespace Fulcrum.Llama.Inference;

/// <summary>A completion in progress.</summary>
/// <param name="index">The index of the request.</param>
/// <param name="context">The longest sequence that the model accepts, in tokens.</param>
internal sealed class GrowingSequence(int index, CompletionRequest request, int context)
{
    private readonly List<double> logLikelihoods = [];
    private readonly Random random = Sampler.RandomOf(request.Sampling);

    /// <summary>The index of the request.</summary>
    public int Index => index;

    /// <summary>The request.</summary>
    public CompletionRequest Request => request;

    /// <summary>The largest number of generated tokens.</summary>
    public int Limit { get; } = Math.Max(0, Math.Min(request.MaxNewTokens, context - request.Prompt.Length));

    /// <summary>The tokens so far.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>Tokens of the prompt and generated ones.</summary>
    public int Length => request.Prompt.Length + Ids.Count;

    /// <summary>Why it ended; null: it has not ended.</summary>
    public FinishReason? Finished { get; private set; } =
        Math.Min(request.MaxNewTokens, context - request.Prompt.Length) <= 0 ? FinishReason.Length : null;

    /// <summary>Whether its completion was reported.</summary>
    public bool Reported { get; set; }

    /// <summary>The question after each of its tokens.</summary>
    public TokenQuestion Question { get; } =
        request.Sampling is null ? TokenQuestion.MostLikely : new TokenQuestion([], Logits: true);

    /// <summary>The completion so far.</summary>
    public Completion Result() => new(Ids, logLikelihoods, Finished ?? FinishReason.Length);

    /// <summary>Adds the next token: the most likely one, or a sampled one.</summary>
    public void Add(TokenAnswer answer)
    {
        int token = answer.Best;
        double logLikelihood = answer.BestLogLikelihood;
        if (request.Sampling is { } sampling)
        {
            double normaliser = answer.Logits[answer.Best] - answer.BestLogLikelihood;
            token = Sampler.Draw((float[])answer.Logits.Clone(), sampling, random, request.Prompt.Concat(Ids));
            logLikelihood = answer.Logits[token] - normaliser;
        }

        Ids.Add(token);
        logLikelihoods.Add(logLikelihood);
        bool stops = request.EndTokens.Contains(token) || (request.StopsAt?.Invoke(Ids) ?? false);
        Finished =
            stops ? FinishReason.Stop
            : Ids.Count == Limit ? FinishReason.Length
            : null;
    }
}
