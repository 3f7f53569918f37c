using System.Text.Json.Nodes;

namespace Fulcrum.Models;

/// <summary>A language model as evaluation sees it: it scores continuations and it completes prompts, both over token
/// ids.</summary>
/// <remarks>
/// The two verbs of lm-evaluation-harness. All requests come at once, so that the engine may order, pack and share as
/// it likes; answers come back through a callback with the index of their request, in any order, each exactly once, on
/// the caller's thread.
/// </remarks>
public interface ILanguageModel : IDisposable
{
    /// <summary>The longest sequence, in tokens, prompt and continuation together.</summary>
    int ContextLength { get; }

    /// <summary>The longest prompt and continuation together, in tokens, that <see cref="Score"/> takes. The last token
    /// is predicted and not read, so it may lie beyond <see cref="ContextLength"/>.</summary>
    int ScoredLength => ContextLength + 1;

    /// <summary>Number of token ids; every id is smaller.</summary>
    int VocabularySize => int.MaxValue;

    /// <summary>Makes sure that the model can answer requests, before any of them is asked.</summary>
    /// <param name="scores">Read only by models of which it is not known beforehand what they can do.</param>
    /// <param name="completions">The same.</param>
    /// <returns>How the model will be asked, as names and values for the protocol; empty where its files decide
    /// it.</returns>
    /// <exception cref="InputException">The model cannot answer; says what is missing.</exception>
    IReadOnlyDictionary<string, string> Prepare(
        IEnumerable<ScoreRequest> scores,
        IEnumerable<CompletionRequest> completions,
        CancellationToken cancellation = default
    ) => new Dictionary<string, string>();

    /// <summary>Log-likelihoods of continuations given their prompts.</summary>
    /// <exception cref="InputException">A prompt is empty, an id is outside the vocabulary, or a sequence exceeds
    /// <see cref="ContextLength"/>.</exception>
    void Score(
        IReadOnlyList<ScoreRequest> requests,
        Action<int, IReadOnlyList<ContinuationScore>> answered,
        CancellationToken cancellation = default
    );

    /// <summary>Completions of prompts, greedy unless the request carries a <see cref="Sampling"/>.</summary>
    /// <exception cref="InputException">As for <see cref="Score"/>.</exception>
    void Complete(
        IReadOnlyList<CompletionRequest> requests,
        Action<int, Completion> answered,
        CancellationToken cancellation = default
    );

    /// <summary>How far this model's predictions lie from those of its base (itself without its adapter), at every
    /// token of each text but the first.</summary>
    /// <remarks>Neither of the other verbs can give it: it needs both whole distributions at every place, which are far
    /// too large to be handed out.</remarks>
    /// <exception cref="InputException">As for <see cref="Score"/>.</exception>
    /// <exception cref="FulcrumException">The base is not there any more: the adapter is merged into it.</exception>
    internal void Diverge(
        IReadOnlyList<int[]> texts,
        Action<int, TextDivergence> answered,
        CancellationToken cancellation = default
    ) => throw new FulcrumException("this model cannot compare itself with its base");
}

/// <summary>A model against its base on one text; sums over the tokens that are predicted.</summary>
/// <param name="Tokens">Predicted tokens: all but the first.</param>
/// <param name="KullbackLeibler">Divergence of the model's distributions from the base's, KL(base || model), in
/// nats.</param>
/// <param name="BaseLogLikelihood">Of the text's own tokens under the base.</param>
/// <param name="LogLikelihood">Of the same under the model.</param>
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

/// <summary>What the model thinks of one continuation.</summary>
/// <param name="LogLikelihood">Natural logarithm, summed over the continuation's tokens.</param>
/// <param name="Greedy">Every token of the continuation is the most likely one at its place.</param>
/// <param name="Tokens">Number of tokens of the continuation.</param>
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
/// <param name="Prompt">Token ids; at least one, except where no tokenizer is known and the model takes
/// <paramref name="Source"/> itself.</param>
/// <param name="MaxNewTokens">At most this many tokens are generated, and never beyond the model's context.</param>
/// <param name="EndTokens">Any of these ends the completion; it is part of <see cref="Completion.Ids"/> as its last
/// element.</param>
/// <param name="StopsAt">Asked after every token with the tokens generated so far; true ends the completion (stop
/// texts). Null: never.</param>
/// <param name="Sampling">Null means greedy decoding.</param>
/// <param name="Source">What the ids were made of, for models that take texts or messages; null: only the ids are
/// known.</param>
/// <param name="Stops">The texts behind <paramref name="StopsAt"/>, for models that find them by themselves; null:
/// none.</param>
public sealed record CompletionRequest(
    int[] Prompt,
    int MaxNewTokens,
    IReadOnlyList<int> EndTokens,
    Func<IReadOnlyList<int>, bool>? StopsAt = null,
    Sampling? Sampling = null,
    PromptSource? Source = null,
    IReadOnlyList<string>? Stops = null
);

/// <summary>What the token ids of a prompt were made of.</summary>
public abstract record PromptSource
{
    /// <summary>A text, without the special tokens that a tokenizer adds.</summary>
    public sealed record Text(string Value) : PromptSource;

    /// <summary>A conversation: open objects, as a chat template gets them.</summary>
    public sealed record Messages(JsonArray Values) : PromptSource
    {
        /// <summary>Names of the template variables with which the prompt's ids were rendered. A server that renders
        /// the conversation itself does not get them.</summary>
        internal IReadOnlyList<string> Variables { get; init; } = [];
    }
}

/// <summary>How tokens are drawn when decoding is not greedy, in the order transformers applies the steps.</summary>
/// <param name="Temperature">Logits are divided by it; above 0.</param>
/// <param name="TopK">Only the k most likely tokens; 0 means all.</param>
/// <param name="TopP">The smallest set of most likely tokens whose probability reaches this; 1 means all.</param>
/// <param name="RepetitionPenalty">CTRL's penalty (arXiv:1909.05858, section 4.1) on tokens of the prompt and the
/// completion so far; 1 means none.</param>
/// <param name="Seed">Makes the draw of this request repeatable, whatever other requests are decoded with it.</param>
public sealed record Sampling(
    double Temperature = 1,
    int TopK = 0,
    double TopP = 1,
    double RepetitionPenalty = 1,
    long Seed = 0
);

/// <summary>What the model wrote.</summary>
/// <param name="Ids">The generated tokens, the end token included when one was produced.</param>
/// <param name="LogLikelihoods">Natural logarithm of each generated token's probability under the model (before any
/// sampling step).</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="Text">The text, cut before the first stop text, of a model that writes texts. Ids and values are empty
/// where such a model does not tell them. Null: the ids are the answer.</param>
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
