using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Finds a method of scoring given tokens that the server supports, and verifies it: the log-probabilities of
/// tokens that the server generated must be the same when they are scored as given tokens.</summary>
/// <remarks>If a server ignores a field that it does not support, the next method is tried. A server that contradicts
/// itself is refused, because none of its values can be trusted.</remarks>
internal sealed class ScoringProbe(Server server, Completions completions)
{
    private const int GeneratedTokens = 4; // that are compared

    // In nats. Concurrent requests change a log-probability in half precision by some hundredths.
    private const double Tolerance = 0.1,
        RelativeTolerance = 0.02;
    private static readonly WritingLimits Greedy = new(GeneratedTokens, [], null);

    // OpenAI's protocol allows 20 in chats and 5 in completions.
    private static readonly int[] LongestTopLists = [20, 5, 1];

    private Trial? trial;

    // A prompt, the tokens that the server generated after it, and the log-probabilities that it gave them.
    private readonly record struct Trial(int[] Prompt, int[] Ids, double[] LogProbabilities);

    /// <summary>Returns the first method that the server supports.</summary>
    /// <exception cref="InputException">There is none, or its values are wrong.</exception>
    /// <exception cref="ReplyException">A reply does not have the requested shape.</exception>
    public static async Task<IScoring> Find(Server server, CancellationToken cancellation)
    {
        if (server.Facts.Software == ServerSoftware.Ollama)
        {
            throw new InputException(
                $"{server} is Ollama, which gives no log-likelihoods of given tokens; score the GGUF file itself"
            );
        }

        IReadOnlyList<PromptForm> forms = server.Tokens.AreKnown ? [PromptForm.Ids, PromptForm.Text] : [PromptForm.Ids];
        if (await Completions.Find(server, forms, cancellation) is not { } completions)
        {
            throw new InputException($"{server} has no route for completions, so it gives no log-likelihoods");
        }

        if (!completions.HasValues)
        {
            throw new InputException($"{server} gives no log-probabilities, so it cannot score");
        }

        ScoringProbe probe = new(server, completions);
        return server.Facts.Software == ServerSoftware.LlamaServer
            ? await probe.FindForced(cancellation)
            : await probe.FindSupported(cancellation);
    }

    private async Task<IScoring> FindSupported(CancellationToken cancellation)
    {
        SequenceScoring echo = new($"echo of {completions.Form}", completions, new EchoValues(server, completions).Of),
            promptValues =
                new($"prompt values of {completions.Form}", completions, new PromptValues(server, completions).Of);
        IEnumerable<IScoring> topLists = LongestTopLists.Select(top => new TopScoring(server, completions, top));
        (IScoring Scoring, int MostTokens)[] methods =
        [
            (echo, GeneratedTokens),
            (promptValues, GeneratedTokens),
            .. topLists.Select(scoring => (scoring, 1)),
        ];
        foreach ((IScoring scoring, int mostTokens) in methods)
        {
            if (await IsSupported(scoring, mostTokens, cancellation))
            {
                return scoring;
            }
        }

        throw new InputException($"{server} gives no log-probabilities of given tokens, so it cannot score");
    }

    // Throws if the server supports the method and contradicts itself.
    private async Task<bool> IsSupported(IScoring scoring, int mostTokens, CancellationToken cancellation)
    {
        Trial generated = trial ??= await FirstTrial(cancellation);
        try
        {
            await Compare(scoring, generated with { Ids = [.. generated.Ids.Take(mostTokens)] }, cancellation);
            return true;
        }
        catch (ServerRefusal e) when (e.IsNotTaken)
        {
            return false;
        }
        catch (ReplyException e) when (e.IsIgnored)
        {
            return false;
        }
    }

    private async Task Compare(IScoring scoring, Trial trial, CancellationToken cancellation)
    {
        double asNew = trial.LogProbabilities.Take(trial.Ids.Length).Sum();
        double asGiven = (await scoring.Score(trial.Prompt, [trial.Ids], cancellation))[0].LogLikelihood;
        if (Math.Abs(asNew - asGiven) > Tolerance + (RelativeTolerance * Math.Abs(asNew)))
        {
            string both = FormattableString.Invariant($"{asNew:0.###} as new tokens and {asGiven:0.###} as given ones");
            throw new InputException(
                $"{server} contradicts itself: the log-probability of the same {trial.Ids.Length} tokens is {both} "
                    + "(echo)"
            );
        }
    }

    // Returns the first trial with tokens that can be compared.
    private async Task<Trial> FirstTrial(CancellationToken cancellation)
    {
        for (int prompt = 0; prompt < ProbePrompts.Count; prompt++)
        {
            Trial generated = await Try(prompt, cancellation);
            if (generated.Ids.Length > 0)
            {
                return generated;
            }
        }

        throw Incomparable();
    }

    // Returns the tokens that the server generates after a prompt, up to the first whose id is uncertain.
    private async Task<Trial> Try(int index, CancellationToken cancellation)
    {
        int[] prompt = ProbePrompts.Ids(server, index);
        CompletionReply.Choice choice = await Generate(
            ProbePrompts.Prompt(server, completions.Form, index),
            cancellation
        );
        if (choice.Logprobs is not { Tokens: { Count: > 0 } names, TokenLogprobs: { } values } logprobs)
        {
            return string.IsNullOrEmpty(choice.Text) ? new Trial(prompt, [], []) : throw Incomplete();
        }

        int[] ids = [.. CertainIds(prompt, names, choice.Text ?? "")];
        bool areComplete =
            values.Count == names.Count
            && logprobs.TopLogprobs is { } tops
            && tops.Count == names.Count
            && tops.All(top => top is { Count: > 0 });
        if (!areComplete)
        {
            throw Incomplete();
        }

        double[] logProbabilities = [.. values.Take(ids.Length).Select(server.Value)];
        CheckGreedy(logProbabilities, [.. logprobs.TopLogprobs!.Take(ids.Length).Select(top => top!.Values.Max())]);
        return new Trial(prompt, ids, logProbabilities);
    }

    private Task<CompletionReply.Choice> Generate(JsonNode prompt, CancellationToken cancellation) =>
        completions.Ask(prompt, GeneratedTokens, logprobs: 1, CompletionRules.Fields(server, Greedy), cancellation);

    // Without sampling each generated token must be the most likely one. Otherwise the log-probabilities belong to
    // other places.
    private void CheckGreedy(double[] logProbabilities, double[] highest)
    {
        foreach ((double value, double top) in logProbabilities.Zip(highest))
        {
            if (value < top - Tolerance)
            {
                string both = FormattableString.Invariant(
                    $"log-probability {value:0.###} where another has {top:0.###}"
                );
                throw new InputException(
                    $"{server} contradicts itself: asked for the most likely token it wrote one of {both}"
                );
            }
        }
    }

    /// <summary>Returns the ids of the generated tokens, up to the first that is uncertain.</summary>
    /// <param name="names">The generated tokens as the server writes them.</param>
    /// <param name="text">The generated text.</param>
    private int[] CertainIds(int[] prompt, IReadOnlyList<string> names, string text)
    {
        if (completions.Form == PromptForm.Ids && ServedTokens.IdsOf(names) is { } named)
        {
            return named;
        }

        int[] all = server.Tokens.Encode(server.Tokens.Text(prompt) + text);
        if (!all.AsSpan().StartsWith(prompt))
        {
            return [];
        }

        int[] ids =
        [
            .. all[prompt.Length..]
                .Zip(names)
                .TakeWhile(pair => server.Tokens.Fits(pair.Second, pair.First))
                .Select(pair => pair.First),
        ];
        // A prompt that is sent as text must be tokenised to the same ids again, with each continuation.
        while (completions.Form == PromptForm.Text && ids.Length > 0 && !server.Tokens.IsText([.. prompt, .. ids]))
        {
            ids = ids[..^1];
        }

        return ids;
    }

    // llama-server scores only tokens that it is forced to generate.
    private async Task<IScoring> FindForced(CancellationToken cancellation)
    {
        for (int index = 0; index < ProbePrompts.Count; index++)
        {
            int[] prompt = ProbePrompts.Ids(server, index);
            TokenReply[] generated = await GenerateForceable(prompt, cancellation);
            if (generated.Length > 0)
            {
                int[] ids = [.. generated.Select(t => t.Id!.Value)];
                double[] logProbabilities = [.. generated.Select(t => server.Value(t.Logprob))];
                CheckGreedy(
                    logProbabilities,
                    [.. generated.Select(t => t.TopLogprobs?.Max(other => other?.Logprob) ?? 0)]
                );
                ForcedScoring scoring = new(server, ids[0]);
                await Compare(scoring, new Trial(prompt, ids, logProbabilities), cancellation);
                return scoring;
            }
        }

        throw Incomparable();
    }

    // Returns the generated tokens before the first one that is special or a part of a character.
    private async Task<TokenReply[]> GenerateForceable(int[] prompt, CancellationToken cancellation)
    {
        CompletionReply.Choice choice = await Generate(Server.Array(prompt), cancellation);
        return
        [
            .. (choice.Logprobs?.Content ?? []).TakeWhile(t =>
                t is { Id: { } id, Token: { Length: > 0 } text }
                && !text.Contains('\uFFFD')
                && server.Tokens.CanBeForced(id)
            ),
        ];
    }

    private ReplyException Incomplete() =>
        new($"{server} gave log-probabilities that are not those of the tokens that it wrote");

    private InputException Incomparable() =>
        new(
            $"{server} generated nothing after {ProbePrompts.Count} prompts, so its log-probabilities cannot be checked"
        );
}
