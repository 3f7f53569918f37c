namespace Fulcrum.Models.Endpoint;

/// <summary>Finds a method of scoring given tokens that the server supports, and verifies it: the log-probabilities of
/// tokens that the server generated must be the same when they are scored as given tokens.</summary>
/// <remarks>If a server ignores a field that it does not support, the next method is tried. A server that contradicts
/// itself is refused, because none of its values can be trusted.</remarks>
internal sealed class ScoringProbe(Server server, Completions completions)
{
    private const int Written = 4; // tokens that are generated and compared

    // In nats. Concurrent requests change a log-probability in half precision by some hundredths.
    private const double Tolerance = 0.1,
        RelativeTolerance = 0.02;
    private static readonly WritingLimits Greedy = new(Written, [], null);

    // OpenAI's protocol allows 20 in chats and 5 in completions.
    private static readonly int[] Tops = [20, 5, 1];

    private readonly Dictionary<int, (int[] Ids, double[] Values)> trials = [];

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
        return await Find(server, await Completions.Find(server, forms, cancellation), cancellation);
    }

    private static async Task<IScoring> Find(Server server, Completions? found, CancellationToken cancellation)
    {
        if (found is not { } completions)
        {
            throw new InputException($"{server} has no route for completions, so it gives no log-likelihoods");
        }

        if (!completions.HasValues)
        {
            throw new InputException($"{server} gives no log-probabilities, so it cannot score");
        }

        ScoringProbe probe = new(server, completions);
        return server.Facts.Software == ServerSoftware.LlamaServer
            ? await probe.Forced(cancellation)
            : await probe.Find(cancellation);
    }

    private async Task<IScoring> Find(CancellationToken cancellation)
    {
        SequenceScoring echo = new($"echo of {completions.Form}", completions, new EchoValues(server, completions).Of);
        if (await Agrees(echo, Written, cancellation))
        {
            return echo;
        }

        SequenceScoring values = new(
            $"prompt values of {completions.Form}",
            completions,
            new PromptValues(server, completions).Of
        );
        if (await Agrees(values, Written, cancellation))
        {
            return values;
        }

        foreach (int top in Tops)
        {
            TopScoring tops = new(server, completions, top);
            if (await Agrees(tops, 1, cancellation))
            {
                return tops;
            }
        }

        throw new InputException($"{server} gives no log-probabilities of given tokens, so it cannot score");
    }

    // Returns false if the server does not support the method.
    private async Task<bool> Agrees(IScoring scoring, int most, CancellationToken cancellation)
    {
        for (int which = 0; which < ProbePrompts.Count; which++)
        {
            (int[] ids, double[] values) = await Trial(which, cancellation);
            int compared = Math.Min(most, ids.Length);
            try
            {
                if (compared > 0)
                {
                    await Compare(scoring, ProbePrompts.Ids(server, which), ids[..compared], values, cancellation);
                    return true;
                }
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

        throw Incomparable();
    }

    private async Task Compare(
        IScoring scoring,
        int[] prompt,
        int[] ids,
        double[] values,
        CancellationToken cancellation
    )
    {
        double written = values.Take(ids.Length).Sum();
        double given = (await scoring.Score(prompt, [ids], cancellation))[0].LogLikelihood;
        if (Math.Abs(written - given) > Tolerance + (RelativeTolerance * Math.Abs(written)))
        {
            string both = FormattableString.Invariant($"{written:0.###} as new tokens and {given:0.###} as given ones");
            throw new InputException(
                $"{server} contradicts itself: the log-probability of the same {ids.Length} tokens is {both} (echo)"
            );
        }
    }

    private async Task<(int[] Ids, double[] Values)> Trial(int which, CancellationToken cancellation)
    {
        if (!trials.TryGetValue(which, out (int[], double[]) trial))
        {
            trials[which] = trial = await Write(which, cancellation);
        }

        return trial;
    }

    // Returns the tokens that the server generates after a prompt, up to the first whose id is uncertain.
    private async Task<(int[] Ids, double[] Values)> Write(int which, CancellationToken cancellation)
    {
        CompletionReply.Choice choice = await completions.Ask(
            ProbePrompts.Prompt(server, completions.Form, which),
            Written,
            1,
            CompletionRules.Fields(server, Greedy),
            cancellation
        );
        if (choice.Logprobs is not { Tokens: { Count: > 0 } names, TokenLogprobs: { } values })
        {
            return string.IsNullOrEmpty(choice.Text) ? ([], []) : throw Incomplete();
        }

        int[] prompt = ProbePrompts.Ids(server, which);
        int[] ids = [.. Identified(prompt, names, choice.Text ?? "")];
        while (completions.Form == PromptForm.Text && ids.Length > 0 && !server.Tokens.IsText([.. prompt, .. ids]))
        {
            ids = ids[..^1];
        }

        if (
            names.Count != values.Count
            || choice.Logprobs.TopLogprobs is not { } tops
            || tops.Count != names.Count
            || tops.Any(top => top is not { Count: > 0 })
        )
        {
            throw Incomplete();
        }

        double[] written = [.. values.Take(ids.Length).Select(server.Value)];
        CheckGreedy(written, [.. tops.Take(ids.Length).Select(top => top!.Values.Max())]);
        return (ids, written);
    }

    // Without sampling each generated token must be the most likely one. Otherwise the log-probabilities belong to
    // other places.
    private void CheckGreedy(double[] written, double[] most)
    {
        foreach ((double value, double top) in written.Zip(most))
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

    private IEnumerable<int> Identified(int[] prompt, IReadOnlyList<string> names, string written)
    {
        if (completions.Form == PromptForm.Ids && names.All(n => ServedTokens.IdOf(n) is not null))
        {
            return names.Select(n => ServedTokens.IdOf(n)!.Value);
        }

        // If prompts are sent as text, every beginning of the sequence must be tokenised to the same ids.
        int[] all = server.Tokens.Encode(server.Tokens.Text(prompt) + written);
        return all.AsSpan().StartsWith(prompt)
            ? all[prompt.Length..]
                .Zip(names)
                .TakeWhile(pair => server.Tokens.Fits(pair.Second, pair.First))
                .Select(pair => pair.First)
            : [];
    }

    private async Task<IScoring> Forced(CancellationToken cancellation)
    {
        for (int which = 0; which < ProbePrompts.Count; which++)
        {
            int[] prompt = ProbePrompts.Ids(server, which);
            TokenReply[] written = await Plain(prompt, cancellation);
            if (written.Length > 0)
            {
                int[] ids = [.. written.Select(t => t.Id!.Value)];
                double[] values = [.. written.Select(t => server.Value(t.Logprob))];
                CheckGreedy(values, [.. written.Select(t => t.TopLogprobs?.Max(other => other?.Logprob) ?? 0)]);
                ForcedScoring scoring = new(server, ids[0]);
                await Compare(scoring, prompt, ids, values, cancellation);
                return scoring;
            }
        }

        throw Incomparable();
    }

    // Returns the generated tokens before the first one that is special or a part of a character.
    private async Task<TokenReply[]> Plain(int[] prompt, CancellationToken cancellation)
    {
        CompletionReply.Choice choice = await completions.Ask(
            Server.Array(prompt),
            Written,
            1,
            CompletionRules.Fields(server, Greedy),
            cancellation
        );
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
