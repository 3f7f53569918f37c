using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Tokenization;

namespace Fulcrum.Templates;

/// <summary>The chat template of a model folder: renders a conversation as text. A template is untrusted, so it can
/// access only its variables.</summary>
public sealed class ChatTemplate
{
    private const int LargestTemplate = 1 << 22;
    private const string Default = "default",
        ToolUse = "tool_use";

    private readonly IReadOnlyList<TemplateStatement> statements;
    private readonly IReadOnlyList<TemplateStatement>? forTools;
    private readonly Dictionary<string, object?> tokens;
    private readonly TimeProvider clock;

    private ChatTemplate(string template, string? forTools, Dictionary<string, object?> tokens, TimeProvider clock)
    {
        statements = TemplateParser.Parse(template);
        this.forTools = forTools is null ? null : TemplateParser.Parse(forTools);
        Digest = Sha256.OfTexts(template);
        (this.tokens, this.clock) = (tokens, clock);
    }

    /// <summary>SHA-256 of the template's text.</summary>
    public string Digest { get; }

    /// <summary>Reads the template of a model folder: <c>chat_template.jinja</c>, else <c>chat_template</c> of
    /// <c>tokenizer_config.json</c> (a text, or a list of named templates with one called <c>default</c>).</summary>
    /// <exception cref="InputException">The folder has no template, or the template uses something that is not
    /// supported. The message names construct and line.</exception>
    public static ChatTemplate Load(string modelFolder) =>
        TryLoad(modelFolder)
        ?? throw new InputException(
            $"no chat template in {modelFolder}: there is neither chat_template.jinja nor chat_template in "
                + "tokenizer_config.json; give prompts instead of messages"
        );

    /// <summary>Reads the template like <see cref="Load"/>; returns null if the folder has none.</summary>
    /// <param name="clock">Read by <c>strftime_now</c>; null for the system's clock.</param>
    /// <exception cref="InputException">The template uses something that is not supported.</exception>
    public static ChatTemplate? TryLoad(string modelFolder, TimeProvider? clock = null)
    {
        (string? template, string? forTools) = TextsIn(modelFolder);
        return template is null
            ? null
            : new ChatTemplate(
                template,
                forTools,
                SpecialTokens(TokenizerSettings.Load(modelFolder)),
                clock ?? TimeProvider.System
            );
    }

    /// <summary>Makes a template from its text.</summary>
    /// <param name="settings">Names the special tokens, as <c>tokenizer_config.json</c> does.</param>
    /// <param name="clock">Read by <c>strftime_now</c>; null for the system's clock.</param>
    /// <exception cref="InputException">The template uses something that is not supported.</exception>
    public static ChatTemplate Of(string template, JsonObject settings, TimeProvider? clock = null) =>
        new(
            template,
            forTools: null,
            SpecialTokens(TokenizerSettings.Of(settings, "the chat template's settings")),
            clock ?? TimeProvider.System
        );

    /// <summary>Returns the texts of a model folder's template and of its template for conversations with tools; null
    /// for one that the folder does not have.</summary>
    /// <exception cref="InputException">A file is malformed.</exception>
    internal static (string? Text, string? ForTools) TextsIn(string modelFolder)
    {
        string settings = Path.Combine(modelFolder, "tokenizer_config.json"),
            file = Path.Combine(modelFolder, "chat_template.jinja"),
            tools = Path.Combine(modelFolder, "additional_chat_templates", ToolUse + ".jinja");
        JsonFile? json = BoundedFile.IsThere(settings) ? new JsonFile(settings) : null;
        if (BoundedFile.IsThere(file))
        {
            return (BoundedFile.ReadText(file, LargestTemplate), BoundedFile.ReadTextIfThere(tools, LargestTemplate));
        }

        JsonNode? named = json?.Root["chat_template"];
        return (Named(named, Default, json), named is JsonArray ? Named(named, ToolUse, json) : null);
    }

    /// <summary>Renders a conversation.</summary>
    /// <param name="variables">Additional variables of the template. They override the special tokens of the
    /// model.</param>
    /// <exception cref="InputException">The conversation is empty, or the template refuses it. The message quotes the
    /// template.</exception>
    public string Render(
        JsonArray messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, JsonNode?>? variables = null
    ) =>
        messages.Count > 0
            ? RenderAny(messages, addGenerationPrompt, variables)
            : throw new InputException("the conversation is empty: there is no message to render");

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="InputException">As for the other overload.</exception>
    public string Render(IReadOnlyList<Message> messages, bool addGenerationPrompt) =>
        Render(new JsonArray([.. messages.Select(m => (JsonNode)m.ToJson())]), addGenerationPrompt);

    /// <summary>Renders a conversation that may be empty.</summary>
    internal string RenderAny(
        JsonArray messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, JsonNode?>? variables = null
    )
    {
        Dictionary<string, object?> all = new(tokens, StringComparer.Ordinal)
        {
            ["messages"] = TemplateValues.From(new JsonArray([.. messages.Select(Completed)])),
            ["add_generation_prompt"] = addGenerationPrompt,
            ["tools"] = null, // transformers defines both for every template
            ["documents"] = null,
        };
        foreach ((string name, JsonNode? value) in variables ?? new Dictionary<string, JsonNode?>())
        {
            all[name] = TemplateValues.From(value);
        }

        bool withTools = forTools is not null && variables?.GetValueOrDefault("tools") is not null;
        return new TemplateEvaluator(clock.GetLocalNow).Run(withTools ? forTools! : statements, all);
    }

    // As transformers 5.23 does: keys whose value is null are left out, and reasoning is always in reasoning_content.
    private static JsonNode? Completed(JsonNode? message)
    {
        if (message is not JsonObject given)
        {
            return message?.DeepClone();
        }

        JsonObject complete = new(given.Where(p => p.Value is not null).Select(Copy));
        JsonNode? reasoning = complete["reasoning"] ?? complete["thinking"];
        if (reasoning is not null && !complete.ContainsKey("reasoning_content"))
        {
            complete["reasoning_content"] = reasoning.DeepClone();
        }

        return complete;
    }

    private static KeyValuePair<string, JsonNode?> Copy(KeyValuePair<string, JsonNode?> property) =>
        KeyValuePair.Create(property.Key, property.Value?.DeepClone());

    private static string? Named(JsonNode? node, string name, JsonFile? file) =>
        node switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out string? text) => text,
            JsonArray list => list.OfType<JsonObject>()
                .Where(t => file!.Text(t, "name") == name)
                .Select(t => file!.Text(t, "template"))
                .FirstOrDefault(),
            _ => throw file!.Error("chat_template must be a text or a list of named templates"),
        };

    private static Dictionary<string, object?> SpecialTokens(TokenizerSettings settings) =>
        TokenizerSettings
            .Names.Select(name => KeyValuePair.Create(name, (object?)settings.Content(name)))
            .Where(t => t.Value is not null)
            .ToDictionary(StringComparer.Ordinal);
}
