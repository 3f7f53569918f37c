using System.Text.Json.Nodes;

namespace Fulcrum.Models;

/// <summary>A language model for evaluation. It scores continuations and completes prompts, both as token
/// ids.</summary>
/// <remarks>
/// These are the two operations of lm-evaluation-harness. All requests are passed at once, so that the engine can order
/// and batch them and share prefixes. Each answer is reported exactly once, by a callback with the index of its
/// request, in any order, on the caller's thread.
/// </remarks>
public interface ILanguageModel : IDisposable
{
    /// <summary>The length in tokens of the longest sequence (prompt and continuation) that the model reads.</summary>
    int ContextLength { get; }

    /// <summary>The length in tokens of the longest prompt and continuation together that <see cref="Score"/> accepts.
    /// The last token is predicted and not read, so it may lie beyond <see cref="ContextLength"/>.</summary>
    int ScoredLength => ContextLength + 1;

    /// <summary>One more than the largest token id.</summary>
    int VocabularySize => int.MaxValue;

    /// <summary>Verifies before the first request that the model supports all requests.</summary>
    /// <param name="scores">The score requests. Models on servers send small requests like these to find out what the
    /// server supports; other models ignore them.</param>
    /// <param name="completions">The completion requests, for the same purpose.</param>
    /// <returns>How requests will be sent, as names and values for the protocol. Empty for a model in files, which has
    /// only one way.</returns>
    /// <exception cref="InputException">The model does not support a request. The message says what is
    /// missing.</exception>
    IReadOnlyDictionary<string, string> Prepare(
        IEnumerable<ScoreRequest> scores,
        IEnumerable<CompletionRequest> completions,
        CancellationToken cancellation = default
    ) => new Dictionary<string, string>();

    /// <summary>Computes log-likelihoods of continuations given their prompts.</summary>
    /// <exception cref="InputException">A prompt is empty, an id is outside the vocabulary, or a sequence exceeds
    /// <see cref="ContextLength"/>.</exception>
    void Score(
        IReadOnlyList<ScoreRequest> requests,
        Action<int, IReadOnlyList<ContinuationScore>> answered,
        CancellationToken cancellation = default
    );

    /// <summary>Completes prompts, greedily unless a request has a <see cref="Sampling"/>.</summary>
    /// <exception cref="InputException">As for <see cref="Score"/>.</exception>
    void Complete(
        IReadOnlyList<CompletionRequest> requests,
        Action<int, Completion> answered,
        CancellationToken cancellation = default
    );

    /// <summary>Compares this model's predictions with those of its base (the model without its adapter) at every token
    /// of each text except the first.</summary>
    /// <remarks>It cannot be computed from scores: it needs both complete distributions at every place, which are too
    /// large to be returned.</remarks>
    /// <exception cref="InputException">As for <see cref="Score"/>.</exception>
    /// <exception cref="FulcrumException">The adapter is merged into the base, so the base no longer
    /// exists.</exception>
    internal void Diverge(
        IReadOnlyList<int[]> texts,
        Action<int, TextDivergence> answered,
        CancellationToken cancellation = default
    ) => throw new FulcrumException("this model cannot compare itself with its base");
}

/// <summary>The divergence of a model from its base on one text, summed over the predicted tokens.</summary>
/// <param name="Tokens">The number of predicted tokens: all except the first.</param>
/// <param name="KullbackLeibler">Divergence of the model's distributions from the base's, KL(base || model), in
/// nats.</param>
/// <param name="BaseLogLikelihood">Log-likelihood of the text under the base, in nats.</param>
/// <param name="LogLikelihood">Log-likelihood of the text under the model, in nats.</param>
internal readonly record struct TextDivergence(
    int Tokens,
    double KullbackLeibler,
    double BaseLogLikelihood,
    double LogLikelihood
);

/// <summary>One prompt and the continuations to score after it.</summary>
/// <param name="Prompt">Token ids; at least one.</param>
/// <param name="Continuations">Token ids of each continuation; an empty one has log-likelihood 0.</param>
public sealed record ScoreRequest(int[] Prompt, IReadOnlyList<int[]> Continuations);

/// <summary>The score of one continuation.</summary>
/// <param name="LogLikelihood">Natural logarithm, summed over the continuation's tokens.</param>
/// <param name="Greedy">Whether every token of the continuation is the most likely one at its place.</param>
/// <param name="Tokens">The number of tokens of the continuation.</param>
/// <exception cref="FulcrumException">The log-likelihood is not finite: the model's weights are damaged.</exception>
public readonly record struct ContinuationScore(double LogLikelihood, bool Greedy, int Tokens)
{
    /// <summary>Sum over the continuation's tokens, natural logarithm; finite.</summary>
    public double LogLikelihood { get; } = Finite(LogLikelihood);

    internal static double Finite(double logLikelihood) =>
        double.IsFinite(logLikelihood)
            ? logLikelihood
            : throw new FulcrumException(
                $"the model computed {logLikelihood} as a log-likelihood: its weights hold NaN or infinity, "
                    + "or its values overflow in this dtype"
            );
}

/// <summary>One prompt to complete.</summary>
/// <param name="Prompt">Token ids, at least one. May be empty if no tokenizer is known and the model reads
/// <paramref name="Source"/>.</param>
/// <param name="MaxNewTokens">The largest number of tokens to generate. The model's context limits it further.</param>
/// <param name="EndTokens">Tokens that end the completion. The end token is the last element of
/// <see cref="Completion.Ids"/>.</param>
/// <param name="StopsAt">Called after every token with the tokens generated so far; true ends the completion (for stop
/// texts). Null: never.</param>
/// <param name="Sampling">How tokens are drawn; null: greedy decoding.</param>
/// <param name="Source">The text or messages that the ids were made from, for models on servers; null: only the ids are
/// known.</param>
/// <param name="Stops">The stop texts that <paramref name="StopsAt"/> looks for, for models that find them by
/// themselves; null: none.</param>
public sealed record CompletionRequest(
    int[] Prompt,
    int MaxNewTokens,
    IReadOnlyList<int> EndTokens,
    Func<IReadOnlyList<int>, bool>? StopsAt = null,
    Sampling? Sampling = null,
    PromptSource? Source = null,
    IReadOnlyList<string>? Stops = null
);

/// <summary>The text or conversation that the token ids of a prompt were made from.</summary>
public abstract record PromptSource
{
    /// <summary>A text, without the special tokens that a tokenizer adds.</summary>
    public sealed record Text(string Value) : PromptSource;

    /// <summary>A conversation: messages as JSON objects with any fields, as a chat template reads them.</summary>
    public sealed record Messages(JsonArray Values) : PromptSource
    {
        /// <summary>Names of the template variables with which the prompt's ids were rendered. A server that renders
        /// the conversation itself does not get them.</summary>
        internal IReadOnlyList<string> Variables { get; init; } = [];
    }
}

/// <summary>How tokens are drawn if decoding is not greedy. The steps have the order of transformers: penalty,
/// temperature, top k, top p.</summary>
/// <param name="Temperature">The divisor of the logits, above 0.</param>
/// <param name="TopK">Only the k most likely tokens are drawn; 0: all.</param>
/// <param name="TopP">Only the smallest set of most likely tokens whose probability reaches this is drawn; 1:
/// all.</param>
/// <param name="RepetitionPenalty">CTRL's penalty (arXiv:1909.05858, section 4.1) on tokens of the prompt and the
/// completion so far; 1: none.</param>
/// <param name="Seed">The seed of this request. Its result does not depend on other requests.</param>
public sealed record Sampling(
    double Temperature = 1,
    int TopK = 0,
    double TopP = 1,
    double RepetitionPenalty = 1,
    long Seed = 0
);

/// <summary>The completion of a prompt.</summary>
/// <param name="Ids">The generated tokens, including the end token if one was generated.</param>
/// <param name="LogLikelihoods">Natural logarithm of each generated token's probability under the model (before any
/// sampling step).</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="Text">The text up to the first stop text, from a model on a server. Ids and log-likelihoods are empty
/// if the server does not report them. Null: the ids are the answer.</param>
public sealed record Completion(
    IReadOnlyList<int> Ids,
    IReadOnlyList<double> LogLikelihoods,
    FinishReason Finish,
    string? Text = null
)
{
    /// <summary>Log-likelihood of each token; finite.</summary>
    public IReadOnlyList<double> LogLikelihoods { get; init; } = [.. LogLikelihoods.Select(ContinuationScore.Finite)];
}

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>An end token or a stop text.</summary>
    Stop,

    /// <summary>The token limit or the model's context.</summary>
    Length,
}
