using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Models;

/// <summary>Converts prompts to token ids and completions back to text, by one model's tokenizer and chat
/// template.</summary>
/// <param name="tokenizer">The model's tokenizer; null if texts and conversations are sent to a server as they
/// are.</param>
/// <param name="template">The model's chat template; null if it has none. Prompts must then be texts.</param>
/// <param name="endTokens">Ids that end a completion.</param>
/// <param name="variables">Variables of the chat template, such as <c>enable_thinking</c>; null: none.</param>
public sealed partial class PromptEncoding(
    Tokenizer? tokenizer,
    ChatTemplate? template,
    IReadOnlyList<int> endTokens,
    IReadOnlyDictionary<string, JsonNode?>? variables = null
)
{
    /// <summary>Whether the model has a chat template.</summary>
    internal bool HasTemplate => template is not null;

    /// <summary>Whether prompts become token ids here, and not on a server.</summary>
    internal bool HasTokenizer => tokenizer is not null;

    /// <summary>The encoding of a server that accepts texts and conversations.</summary>
    public static PromptEncoding OfServer { get; } = new(null, null, []);

    /// <summary>Digest of the chat template; <c>none</c> if the model has none.</summary>
    public string TemplateDigest =>
        tokenizer is null ? ServersTemplate
        : template is null ? "none"
        : variables is null ? template.Digest
        : Sha256.OfTexts([template.Digest, .. variables.Select(v => $"{v.Key}={v.Value?.ToJsonString()}")]);

    /// <summary>Returns the same encoding with variables of the chat template.</summary>
    /// <exception cref="InputException">A server applies its own template, so its variables cannot be set.</exception>
    public PromptEncoding With(IReadOnlyDictionary<string, JsonElement>? given) =>
        given is null or { Count: 0 } ? this
        : tokenizer is null
            ? throw new InputException(
                "templateVariables need the tokenizer of the model on the server, because a server applies "
                    + "its own chat template; name its tokenizer"
            )
        : new PromptEncoding(
            tokenizer,
            template,
            endTokens,
            given
                .OrderBy(v => v.Key, StringComparer.Ordinal)
                .ToDictionary(v => v.Key, v => JsonNode.Parse(v.Value.GetRawText()), StringComparer.Ordinal)
        );

    /// <summary>Replaces the digest of the template if a server applies its own template.</summary>
    internal const string ServersTemplate = "the server's";

    /// <summary>The clock that templates read during an evaluation. It always shows the same day, so that prompts do
    /// not change.</summary>
    internal static TimeProvider Clock { get; } = new FixedClock();

    /// <summary>Reads the encoding of a model folder.</summary>
    /// <exception cref="InputException">The folder has no tokenizer, or a file cannot be read.</exception>
    public static PromptEncoding Load(string folder) =>
        new(Tokenizer.Load(folder), ChatTemplate.TryLoad(folder, Clock), ModelFolder.EndTokens(folder));

    /// <summary>Returns the prompt as text. A conversation is rendered by the model's template with the generation
    /// prompt.</summary>
    /// <exception cref="InputException">The prompt is a conversation, and the model has no chat template.</exception>
    public string Render(Prompt prompt) =>
        prompt switch
        {
            Prompt.Text text => text.Value,
            Prompt.Chat chat when tokenizer is null => Messages(chat).ToJsonString(),
            Prompt.Chat { SystemIsOptional: true, Messages: [{ Role: "system" }, ..] } chat =>
                RenderedWithOrWithoutSystem(chat),
            Prompt.Chat { ContinuesLast: true } begun when template is not null => Continued(begun),
            Prompt.Chat chat when template is not null => Rendered(template, chat, addGenerationPrompt: true),
            _ => throw new InputException(
                "the model has no chat template (tokenizer_config.json, chat_template.jinja), "
                    + "but the task asks in the form of a conversation"
            ),
        };

    /// <summary>Returns the token ids of a prompt. Plain text gets the special tokens that the tokenizer adds; a
    /// rendered template does not.</summary>
    public int[] Encode(Prompt prompt) => Ids(Render(prompt), prompt is Prompt.Text);

    /// <summary>Returns the request for the log-likelihoods of continuations; see <see cref="PairEncoding"/>.</summary>
    internal ScoreRequest Score(Prompt prompt, IReadOnlyList<string> continuations) =>
        PairEncoding.Encode(Ids, Known.BosId ?? Known.EosId, Render(prompt), continuations, prompt is Prompt.Text);

    /// <summary>Returns the request for a completion, which ends when its text contains a stop text.</summary>
    /// <param name="maxNewTokens">The largest number of generated tokens.</param>
    /// <param name="stops">Texts that end the completion; may be empty.</param>
    /// <param name="sampling">Null: greedy decoding.</param>
    public CompletionRequest Complete(
        Prompt prompt,
        int maxNewTokens,
        IReadOnlyList<string> stops,
        Sampling? sampling = null
    ) =>
        Request(
            prompt,
            tokenizer is null ? [] : Encode(prompt),
            maxNewTokens,
            stops,
            ids => stops.Any(TextOf(ids).Contains),
            sampling
        );

    /// <summary>Returns the request for a completion of a text prompt as lm-evaluation-harness makes it: a prompt that
    /// is too long is truncated at its beginning, and stop texts are not looked for in special tokens.</summary>
    /// <param name="contextLength">The context of the model, in tokens.</param>
    internal CompletionRequest Continue(
        Prompt prompt,
        int maxNewTokens,
        IReadOnlyList<string> stops,
        int contextLength
    ) =>
        Request(
            prompt,
            tokenizer is null ? [] : Pairs(contextLength).Prompt(Render(prompt), maxNewTokens),
            maxNewTokens,
            stops,
            ids => stops.Any(s => s.Length > 0 && VisibleTextOf(ids).Contains(s)),
            sampling: null
        );

    /// <summary>Returns the text of a completion without end tokens but with other special tokens.</summary>
    public string TextOf(IReadOnlyList<int> ids) =>
        Known.Decode([.. ids.Where(id => !endTokens.Contains(id))], skipSpecialTokens: false);

    /// <summary>Returns the text of a completion without end tokens and special tokens.</summary>
    internal string VisibleTextOf(IReadOnlyList<int> ids) =>
        Known.Decode([.. ids.Where(id => !endTokens.Contains(id))], skipSpecialTokens: true);

    /// <summary>Returns the encoding of pairs of texts as in lm-evaluation-harness.</summary>
    /// <param name="contextLength">The context of the model, in tokens.</param>
    internal TextPairs Pairs(int contextLength) => new(Known, contextLength);

    private CompletionRequest Request(
        Prompt prompt,
        int[] ids,
        int maxNewTokens,
        IReadOnlyList<string> stops,
        Func<IReadOnlyList<int>, bool> stopsAt,
        Sampling? sampling
    ) =>
        new(
            ids,
            maxNewTokens,
            endTokens,
            stops.Count == 0 || tokenizer is null ? null : stopsAt,
            sampling,
            SourceOf(prompt),
            stops
        );

    private PromptSource? SourceOf(Prompt prompt) =>
        prompt switch
        {
            Prompt.Text text => new PromptSource.Text(text.Value),
            Prompt.Chat chat => new PromptSource.Messages(Messages(chat)) { Variables = [.. variables?.Keys ?? []] },
            _ => null,
        };

    private string RenderedWithOrWithoutSystem(Prompt.Chat chat)
    {
        Prompt.Chat whole = chat with { SystemIsOptional = false };
        try
        {
            return Render(whole);
        }
        catch (InputException) when (template is not null)
        {
            return Render(whole with { Messages = [.. chat.Messages.Skip(1)] });
        }
    }

    private string Rendered(ChatTemplate of, Prompt.Chat chat, bool addGenerationPrompt) =>
        of.Render(Messages(chat), addGenerationPrompt, variables);

    // Truncates the rendered text after the begun reply. The template may have trimmed the reply.
    private string Continued(Prompt.Chat chat)
    {
        string text = Rendered(template!, chat, addGenerationPrompt: false),
            begun = chat.Messages[^1].Content;
        string trimmed = begun.Trim(),
            ended = begun.TrimStart();
        int at = text.LastIndexOf(trimmed, StringComparison.Ordinal);
        return at < 0
            ? throw new InputException($"the chat template does not contain the begun reply '{begun}'")
            : text[..(at + (string.CompareOrdinal(text, at, ended, 0, ended.Length) == 0 ? ended : trimmed).Length)];
    }

    private Tokenizer Known =>
        tokenizer
        ?? throw new InputException(
            "the tokenizer of the model on the server must be named, because its tokens are asked for"
        );

    private static JsonArray Messages(Prompt.Chat chat) => [.. chat.Messages.Select(m => m.ToJson())];

    private int[] Ids(string text, bool special) => special ? Known.EncodeInput(text) : Known.Encode(text);

    /// <summary>A clock that always shows the day that Llama 3.1's template uses if it has no date.</summary>
    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 7, 26, 0, 0, 0, TimeSpan.Zero);
    }
}
