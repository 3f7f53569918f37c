using System.Collections.Concurrent;

namespace Fulcrum.Models.Endpoint;

/// <summary>A model on an OpenAI-compatible server or on Ollama.</summary>
/// <remarks>What the server can do is found out by small requests before the first request of each kind. A request that
/// needs more is refused before any is sent.</remarks>
internal sealed class EndpointModel : ILanguageModel
{
    private readonly Server server;
    private readonly int concurrency;
    private readonly ConcurrentDictionary<PromptForm, IWriter> writers = new();
    private IScoring? scoring;
    private bool messagesOnly;

    internal EndpointModel(Server server, int concurrency)
    {
        this.server = server;
        this.concurrency = concurrency;
    }

    /// <inheritdoc/>
    public int ContextLength => server.Facts.ContextLength ?? int.MaxValue;

    /// <inheritdoc/>
    /// <remarks>A server reads every token that it is sent, the last one too.</remarks>
    public int ScoredLength => ContextLength;

    /// <inheritdoc/>
    public int VocabularySize => server.Facts.VocabularySize ?? int.MaxValue;

    /// <summary>The server and what it says of itself.</summary>
    internal Server Server => server;

    /// <summary>Requests and tokens so far.</summary>
    public ServerUsage Usage => server.Usage;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Prepare(
        IEnumerable<ScoreRequest> scores,
        IEnumerable<CompletionRequest> completions,
        CancellationToken cancellation = default
    )
    {
        ScoreRequest[] scored = [.. scores];
        if (scored.Length > 0)
        {
            _ = new ScoringBatch(scored, Scoring(cancellation));
        }

        CompletionRequest[] written = [.. completions];
        PromptForm[] forms = [.. PromptsOf(written, cancellation).Select(FormOf).Distinct().Order()];
        return Told(scored.Length > 0 ? scoring : null, forms);
    }

    /// <inheritdoc/>
    public void Score(
        IReadOnlyList<ScoreRequest> requests,
        Action<int, IReadOnlyList<ContinuationScore>> answered,
        CancellationToken cancellation = default
    )
    {
        ScoringBatch batch = new(requests, Scoring(cancellation));
        batch.AnswerEmpty(answered);
        Fan.Out(
            batch.Units.Count,
            concurrency,
            (unit, token) => batch.Ask(unit, token),
            (unit, scores) => batch.Take(unit, scores, answered),
            cancellation
        );
    }

    /// <inheritdoc/>
    public void Complete(
        IReadOnlyList<CompletionRequest> requests,
        Action<int, Completion> answered,
        CancellationToken cancellation = default
    )
    {
        ServerPrompt[] prompts = PromptsOf(requests, cancellation);
        Fan.Out(
            requests.Count,
            concurrency,
            (i, token) =>
                RequestException.Of(
                    i,
                    writers[FormOf(prompts[i])]
                        .Write(
                            prompts[i],
                            new WritingLimits(
                                Room(requests[i], prompts[i]),
                                requests[i].Stops ?? [],
                                requests[i].Sampling
                            ),
                            token
                        )
                ),
            (i, written) =>
                answered(
                    i,
                    new Completion(written.Ids ?? [], written.LogLikelihoods ?? [], written.Finish, written.Text)
                ),
            cancellation
        );
    }

    /// <inheritdoc/>
    public void Dispose() => server.Connection.Dispose();

    /// <summary>Returns the prompts in the forms that the server takes, each form tried by a small request.
    /// Conversations of a server that answers messages only are sent as messages: its own template renders
    /// them.</summary>
    private ServerPrompt[] PromptsOf(IReadOnlyList<CompletionRequest> requests, CancellationToken cancellation)
    {
        ServerPrompt[] prompts = [.. requests.Select((r, i) => PromptOf(r, i, messagesOnly))];
        try
        {
            Try(prompts, cancellation);
        }
        catch (InputException e)
            when (!messagesOnly
                && prompts.Any(p => p is ServerPrompt.OfIds)
                && requests.All(r => r.Source is PromptSource.Messages)
            )
        {
            prompts = [.. requests.Select((r, i) => PromptOf(r, i, asMessages: true))];
            TryInstead(prompts, e, cancellation);
            messagesOnly = true;
        }

        return prompts;
    }

    private void Try(ServerPrompt[] prompts, CancellationToken cancellation) =>
        prompts.Select(FormOf).Distinct().Order().ToList().ForEach(f => Writer(f, cancellation));

    // The first refusal may have another cause than the form of the prompts, for example the model's name.
    private void TryInstead(ServerPrompt[] prompts, InputException first, CancellationToken cancellation)
    {
        try
        {
            Try(prompts, cancellation);
        }
        catch (Exception e) when (e is InputException or ServerRefusal)
        {
            throw new InputException($"{first.Message.TrimEnd('.')}. Sent as messages instead: {e.Message}", first);
        }
    }

    // Ids leave nothing to the server. Ollama takes none, and its template is part of what is served.
    private ServerPrompt PromptOf(CompletionRequest request, int index, bool asMessages) =>
        request switch
        {
            { Source: PromptSource.Messages messages }
                when request.Prompt.Length == 0 || asMessages || server.Facts.Software == ServerSoftware.Ollama =>
                WithoutVariables(index, messages),
            { Source: PromptSource.Text text }
                when request.Prompt.Length == 0 || server.Facts.Software == ServerSoftware.Ollama =>
                new ServerPrompt.OfText(text.Value),
            { Prompt.Length: > 0 } => new ServerPrompt.OfIds(request.Prompt),
            _ => throw new RequestException(
                index,
                new InputException("the prompt is empty, and a model predicts from at least one token")
            ),
        };

    // Without the variables the model would be asked another prompt than the base, and nothing would show it.
    private ServerPrompt WithoutVariables(int index, PromptSource.Messages messages) =>
        messages.Variables.Count == 0
            ? new ServerPrompt.OfMessages(messages.Values)
            : throw new RequestException(
                index,
                new InputException(
                    $"{server} takes messages and applies its own chat template, so the template variables "
                        + $"{string.Join(", ", messages.Variables)} do not reach it. Leave them out, set them where "
                        + "the server is started, or choose a server that takes token ids"
                )
            );

    // Never beyond the context, as far as the lengths are known.
    private int Room(CompletionRequest request, ServerPrompt prompt) =>
        prompt is ServerPrompt.OfIds ids && ContextLength - ids.Ids.Length is > 0 and int room
            ? Math.Min(request.MaxNewTokens, room)
            : request.MaxNewTokens;

    private static PromptForm FormOf(ServerPrompt prompt) =>
        prompt switch
        {
            ServerPrompt.OfIds => PromptForm.Ids,
            ServerPrompt.OfText => PromptForm.Text,
            _ => PromptForm.Messages,
        };

    private IScoring Scoring(CancellationToken cancellation) =>
        scoring ??= Wait(ScoringProbe.Find(server, cancellation));

    private IWriter Writer(PromptForm form, CancellationToken cancellation) =>
        writers.GetOrAdd(form, f => Wait(WritingProbe.Find(server, f, cancellation)));

    private SortedDictionary<string, string> Told(IScoring? scored, PromptForm[] forms)
    {
        SortedDictionary<string, string> told = new(StringComparer.Ordinal)
        {
            ["endpoint.software"] = server.Facts.Software.ToString(),
        };
        if (scored is not null)
        {
            told["endpoint.log-likelihoods"] = scored.Name;
        }

        if (forms.Length > 0)
        {
            told["endpoint.prompts"] = string.Join(" and ", forms);
        }

        if (server.Facts.SystemPrompt is { } system && forms.Contains(PromptForm.Messages))
        {
            told["endpoint.system-prompt"] = system;
        }

        return told;
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
