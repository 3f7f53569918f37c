using System.Text.Json.Nodes;
using Fulcrum.Tasks;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Models;

/// <summary>From prompts to token ids and from completions back to text, as one model's tokenizer and chat template
/// want it.</summary>
/// <param name="tokenizer">Null where texts and conversations go to a server as they are.</param>
/// <param name="template">Null where the model has none: then only text prompts can be asked.</param>
/// <param name="endTokens">What ends a completion.</param>
public sealed class PromptEncoding(Tokenizer? tokenizer, ChatTemplate? template, IReadOnlyList<int> endTokens)
{
    /// <summary>The encoding of a server that takes texts and conversations by itself.</summary>
    public static PromptEncoding OfServer { get; } = new(null, null, []);

    /// <summary>Digest of the chat template; <c>none</c> where the model has none.</summary>
    public string TemplateDigest => tokenizer is null ? "the server's" : template?.Digest ?? "none";

    /// <summary>The encoding of a model folder.</summary>
    /// <exception cref="InputException">The folder lacks a tokenizer, or holds files that cannot be read.</exception>
    public static PromptEncoding Load(string folder) =>
        new(Tokenizer.Load(folder), ChatTemplate.TryLoad(folder, new StandingClock()), ModelFolder.EndTokens(folder));

    /// <summary>The prompt as text: a conversation is rendered by the model's own template, with the generation
    /// prompt.</summary>
    /// <exception cref="InputException">A conversation, but the model has no chat template.</exception>
    public string Render(Prompt prompt) =>
        prompt switch
        {
            Prompt.Text text => text.Value,
            Prompt.Chat chat when tokenizer is null => Messages(chat).ToJsonString(),
            Prompt.Chat chat when template is not null => template.Render(chat.Messages, addGenerationPrompt: true),
            _ => throw new InputException(
                "the model has no chat template (tokenizer_config.json, chat_template.jinja), but the benchmark asks in the form of a conversation"
            ),
        };

    /// <summary>Token ids of a prompt.</summary>
    /// <exception cref="InputException">There is no tokenizer.</exception>
    public int[] Encode(Prompt prompt) => Known.Encode(Render(prompt), addSpecialTokens: prompt is Prompt.Text);

    /// <summary>The request for a choice: each continuation is what lies behind the prompt's tokens when both are
    /// tokenised together.</summary>
    public ScoreRequest Score(Question.Choose question)
    {
        string text = Render(question.Prompt);
        bool special = question.Prompt is Prompt.Text;
        int[] prompt = Known.Encode(text, special);
        return new ScoreRequest(
            prompt,
            [.. question.Continuations.Select(c => Known.Encode(text + c, special)[prompt.Length..])]
        );
    }

    /// <summary>The request for a completion.</summary>
    public CompletionRequest Complete(Question.Write question)
    {
        Func<IReadOnlyList<int>, bool>? stopsAt =
            question.Stops.Count == 0 || tokenizer is null ? null : ids => question.Stops.Any(Decode(ids).Contains);
        return new CompletionRequest(
            tokenizer is null ? [] : Encode(question.Prompt),
            question.MaxNewTokens,
            endTokens,
            stopsAt,
            question.Sampling,
            question.Prompt switch
            {
                Prompt.Text text => new PromptSource.Text(text.Value),
                Prompt.Chat chat => new PromptSource.Messages(Messages(chat)),
                _ => null,
            },
            question.Stops
        );
    }

    /// <summary>The reply that a completion amounts to: its text without end token, cut before the first stop
    /// text.</summary>
    public Reply.Written Written(Completion completion, Question.Write question)
    {
        string text = completion.Text ?? Decode(completion.Ids);
        int cut = question
            .Stops.Select(s => text.IndexOf(s, StringComparison.Ordinal))
            .Where(i => i >= 0)
            .DefaultIfEmpty(text.Length)
            .Min();
        return new Reply.Written(text[..cut], completion.Finish, completion.Ids.Count);
    }

    /// <summary>A training example: the completion behind the rendered prompt, closed by the tokenizer's end
    /// token.</summary>
    /// <exception cref="InputException">The tokenizer names no end token.</exception>
    public TrainingExample Example(string id, Prompt prompt, string completion, string? cluster)
    {
        int[] before = Encode(prompt);
        int end =
            Known.EosId
            ?? throw new InputException(
                "the model's tokenizer_config.json names no eos_token, so a completion could not be closed"
            );
        int[] ids = [.. before, .. Known.Encode(completion), end];
        bool[] trained = new bool[ids.Length];
        Array.Fill(trained, true, before.Length, ids.Length - before.Length);
        return new TrainingExample(id, ids, trained, cluster);
    }

    private Tokenizer Known =>
        tokenizer
        ?? throw new InputException(
            "the tokenizer of the model on the server must be named, because its tokens are asked for"
        );

    private static JsonArray Messages(Prompt.Chat chat) => [.. chat.Messages.Select(m => m.ToJson())];

    private string Decode(IReadOnlyList<int> ids) =>
        Known.Decode([.. ids.Where(id => !endTokens.Contains(id))], skipSpecialTokens: false);

    /// <summary>A measurement asks the same on every day: templates that print the date print the one that Llama 3.1's
    /// own template falls back to.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 7, 26, 0, 0, 0, TimeSpan.Zero);
    }
}
