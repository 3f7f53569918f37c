using System.Collections.Concurrent;

namespace Fulcrum.Models.Endpoint;

/// <summary>A model on an OpenAI-compatible server or on Ollama.</summary>
/// <remarks>Before the first request of each kind, small requests find out what the server supports. Requests that need
/// more are refused before any of them is sent.</remarks>
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
    /// <remarks>It equals <see cref="ContextLength"/>: a server reads the last token too.</remarks>
    public int ScoredLength => ContextLength;

    /// <inheritdoc/>
    public int VocabularySize => server.Facts.VocabularySize ?? int.MaxValue;

    /// <summary>The server and the facts that it reports.</summary>
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
        ConcurrentRequests.Run(
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
        ConcurrentRequests.Run(
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

    /// <summary>Returns the prompts in the forms that the server accepts. Each form is tried by a small request. If a
    /// server accepts only messages, conversations are sent as messages and rendered by its own template.</summary>
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
            prompts = TryInstead(requests, e, cancellation);
            messagesOnly = true;
        }

        return prompts;
    }

    private void Try(ServerPrompt[] prompts, CancellationToken cancellation) =>
        prompts.Select(FormOf).Distinct().Order().ToList().ForEach(f => Writer(f, cancellation));

    // If messages are refused too, the message has both reasons: the first may not be the form of the prompts, but for
    // example the model's name.
    private ServerPrompt[] TryInstead(
        IReadOnlyList<CompletionRequest> requests,
        InputException first,
        CancellationToken cancellation
    )
    {
        try
        {
            ServerPrompt[] prompts = [.. requests.Select((r, i) => PromptOf(r, i, asMessages: true))];
            Try(prompts, cancellation);
            return prompts;
        }
        catch (RequestException e)
        {
            string both = $"{first.Message.TrimEnd('.')}. The prompts cannot be sent as messages instead: {e.Message}";
            throw new RequestException(e.Request, new InputException(both, first));
        }
        catch (Exception e) when (e is InputException or ServerRefusal)
        {
            throw new InputException($"{first.Message.TrimEnd('.')}. Sent as messages instead: {e.Message}", first);
        }
    }

    // With token ids the server cannot change the prompt, so they are preferred. Ollama does not accept them, and its
    // template is a part of the served model.
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

    // Limits new tokens to the context, if the lengths are known.
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
