using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Templates;

/// <summary>The chat template of a model folder: a conversation to text, by an evaluator of our own that reaches
/// nothing but its variables.</summary>
public sealed class ChatTemplate
{
    private readonly IReadOnlyList<TemplateStatement> statements;
    private readonly Dictionary<string, object?> tokens;
    private readonly TimeProvider clock;

    private ChatTemplate(string template, Dictionary<string, object?> tokens, TimeProvider clock)
    {
        statements = TemplateParser.Parse(template);
        Digest = Sha256.OfTexts(template);
        (this.tokens, this.clock) = (tokens, clock);
    }

    /// <summary>SHA-256 of the template's text.</summary>
    public string Digest { get; }

    /// <summary>Reads the template of a model folder: <c>chat_template.jinja</c>, or <c>chat_template</c> of
    /// <c>tokenizer_config.json</c> (a text, or a list with one named default).</summary>
    /// <exception cref="InputException">The folder has none, or it uses what is not supported; names construct and
    /// line.</exception>
    public static ChatTemplate Load(string modelFolder) =>
        TryLoad(modelFolder)
        ?? throw new InputException(
            $"no chat template in {modelFolder}: neither chat_template.jinja nor chat_template in tokenizer_config.json; give prompts instead of messages"
        );

    /// <summary>The same; null when the folder has no template.</summary>
    /// <param name="clock">What <c>strftime_now</c> reads; the system's when null.</param>
    /// <exception cref="InputException">The template uses what is not supported.</exception>
    public static ChatTemplate? TryLoad(string modelFolder, TimeProvider? clock = null)
    {
        string settings = Path.Combine(modelFolder, "tokenizer_config.json"),
            own = Path.Combine(modelFolder, "chat_template.jinja");
        JsonObject json = File.Exists(settings) ? Read(settings) : [];
        string? template = File.Exists(own)
            ? StrictJson.ReadText(own, 1 << 22)
            : Named(json["chat_template"], settings);
        return template is null ? null : new ChatTemplate(template, SpecialTokens(json), clock ?? TimeProvider.System);
    }

    /// <summary>A conversation as text.</summary>
    /// <param name="variables">Further variables of the template; they win over the model's own.</param>
    /// <exception cref="InputException">The template refuses the conversation; carries its words.</exception>
    public string Render(
        JsonArray messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, JsonNode?>? variables = null
    )
    {
        Dictionary<string, object?> all = new(tokens, StringComparer.Ordinal)
        {
            ["messages"] = TemplateValues.From(messages),
            ["add_generation_prompt"] = addGenerationPrompt,
            ["tools"] = null, // defined, as None, also where there are none: so the reference calls a template
            ["documents"] = null,
        };
        foreach ((string name, JsonNode? value) in variables ?? new Dictionary<string, JsonNode?>())
        {
            all[name] = TemplateValues.From(value);
        }

        return new TemplateEvaluator(clock.GetLocalNow).Run(statements, all);
    }

    /// <summary>A conversation as text.</summary>
    public string Render(IReadOnlyList<Message> messages, bool addGenerationPrompt) =>
        Render(new JsonArray([.. messages.Select(m => (JsonNode)m.ToJson())]), addGenerationPrompt);

    private static JsonObject Read(string path)
    {
        try
        {
            return StrictJson.ReadFile(path, depth: 32) as JsonObject
                ?? throw new InputException($"{path}: expected a JSON object");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }
    }

    private static string? Named(JsonNode? node, string path) =>
        node switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out string? text) => text,
            JsonArray list => Named(
                list.OfType<JsonObject>().FirstOrDefault(t => (string?)t["name"] == "default")?["template"],
                path
            ),
            _ => throw new InputException($"{path}: chat_template must be a text or a list of named templates"),
        };

    private static Dictionary<string, object?> SpecialTokens(JsonObject json)
    {
        Dictionary<string, object?> tokens = new(StringComparer.Ordinal);
        foreach (
            string name in (string[])
                ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"]
        )
        {
            string? content = json[name] switch
            {
                JsonValue v when v.TryGetValue(out string? text) => text,
                JsonObject o => (string?)o["content"],
                _ => null,
            };
            if (content is not null)
            {
                tokens[name] = content;
            }
        }

        return tokens;
    }
}
