using System.Text.Json.Nodes;
using Fulcrum.Data;

namespace Fulcrum.Models;

/// <summary>Reads requests from lines of JSON and checks them.</summary>
/// <param name="text">The tokenizer; null: there is none, and the model gets texts and messages as they are.</param>
/// <param name="variables">Variables of the chat template for every line. Variables in a line override them.</param>
internal sealed class RequestLines(
    ILanguageModel model,
    Lazy<TextCodec>? text,
    IReadOnlyDictionary<string, JsonNode?>? variables
)
{
    private static readonly string[] PromptFields = ["prompt", "prompt_ids", "messages"];

    /// <summary>Returns one request per continuation of a line.</summary>
    /// <remarks>They are separate requests, because the last token of a prompt can depend on the text after it. The
    /// engine computes their shared prefix once.</remarks>
    /// <exception cref="InputException">The line is not a request that the model can answer. The message names file and
    /// line.</exception>
    public List<ScoreRequest> Scores(JsonLine line)
    {
        if ((line.Value["continuations"] is null) == (line.Value["continuation_ids"] is null))
        {
            throw line.Error("expected either 'continuations' or 'continuation_ids'");
        }

        if (line.Value["continuation_ids"] is { } ids)
        {
            int[] prompt = PromptOf(line);
            return
            [
                .. List(line, ids, "continuation_ids")
                    .Select(c => new ScoreRequest(prompt, [Ids(line, c, "continuation_ids")]))
                    .Select(r => Checked(line, r)),
            ];
        }

        string start = Text(line, line.Value["prompt"], "prompt");
        string[] continuations =
        [
            .. List(line, line.Value["continuations"]!, "continuations").Select(c => Text(line, c, "continuations")),
        ];
        TextCodec codec = CodecFor(line);
        ScoreRequest request = OfLine(
            line,
            () => PairEncoding.Encode(codec.Encode, codec.Start, start, continuations, special: true)
        );
        return [.. request.Continuations.Select(c => Checked(line, new ScoreRequest(request.Prompt, [c])))];
    }

    private static T OfLine<T>(JsonLine line, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InputException e)
        {
            throw line.Error(e.Message);
        }
    }

    private int[] PromptOf(JsonLine line) =>
        Given(line) switch
        {
            ["prompt_ids"] => Ids(line, line.Value["prompt_ids"], "prompt_ids"),
            ["prompt"] => CodecFor(line).Encode(Text(line, line.Value["prompt"], "prompt"), true),
            ["messages"] => CodecFor(line).Encode(Rendered(line), false),
            _ => throw line.Error("expected one of 'prompt', 'prompt_ids' and 'messages'"),
        };

    /// <summary>Returns the token ids of a prompt; empty if the model gets text or messages instead.</summary>
    /// <exception cref="InputException">As for <see cref="Scores"/>.</exception>
    public int[] Prompt(JsonLine line)
    {
        if (text is not null || SourceOf(line) is null)
        {
            return Checked(line, PromptOf(line), 0);
        }

        return line.Value["variables"] is null && variables is null or { Count: 0 }
            ? []
            : throw line.Error(
                "'variables' need the model's tokenizer folder, because a server applies its own template"
            );
    }

    /// <summary>Returns the text or messages of a line; null if the line has token ids.</summary>
    public PromptSource? SourceOf(JsonLine line) =>
        Given(line) switch
        {
            ["prompt"] => new PromptSource.Text(Text(line, line.Value["prompt"], "prompt")),
            ["messages"] => new PromptSource.Messages(List(line, line.Value["messages"]!, "messages"))
            {
                Variables =
                [
                    .. (variables?.Keys ?? Enumerable.Empty<string>())
                        .Concat(Object(line, line.Value["variables"], "variables").Select(v => v.Key))
                        .Distinct(StringComparer.Ordinal),
                ],
            },
            _ => null,
        };

    private static string[] Given(JsonLine line)
    {
        string[] given = [.. PromptFields.Where(f => line.Value[f] is not null)];
        return line.Value["variables"] is null || given is ["messages"]
            ? given
            : throw line.Error("'variables' belong to the chat template, so they need 'messages'");
    }

    private TextCodec CodecFor(JsonLine line) =>
        text?.Value ?? throw line.Error("a text needs the tokenizer of the model, and none is named");

    private string Rendered(JsonLine line)
    {
        JsonArray messages = List(line, line.Value["messages"]!, "messages");
        Dictionary<string, JsonNode?> all = new(variables ?? new Dictionary<string, JsonNode?>());
        foreach ((string name, JsonNode? value) in Object(line, line.Value["variables"], "variables"))
        {
            all[name] = value;
        }

        return OfLine(line, () => CodecFor(line).Render(messages, all));
    }

    private ScoreRequest Checked(JsonLine line, ScoreRequest request)
    {
        Checked(line, request.Prompt, request.Continuations[0].Length);
        CheckVocabulary(line, request.Continuations[0]);
        return request.Continuations[0].Length > 0
            ? request
            : throw line.Error("a continuation has no token, so there is nothing to score");
    }

    private int[] Checked(JsonLine line, int[] prompt, int more)
    {
        if (prompt.Length == 0)
        {
            throw line.Error("the prompt is empty, and a model predicts from at least one token");
        }

        if (prompt.Length + more > model.ContextLength)
        {
            throw line.Error(
                $"{prompt.Length + more} tokens are more than the model's context of {model.ContextLength}"
            );
        }

        CheckVocabulary(line, prompt);
        return prompt;
    }

    private void CheckVocabulary(JsonLine line, int[] ids)
    {
        foreach (int id in ids)
        {
            if (id < 0 || id >= model.VocabularySize)
            {
                throw line.Error($"token id {id} is outside the model's vocabulary of {model.VocabularySize}");
            }
        }
    }

    private static JsonObject Object(JsonLine line, JsonNode? value, string field) =>
        value is null ? [] : value as JsonObject ?? throw line.Error($"'{field}' must be an object");

    private static JsonArray List(JsonLine line, JsonNode value, string field) =>
        value as JsonArray ?? throw line.Error($"'{field}' must be a list");

    private static string Text(JsonLine line, JsonNode? value, string field) =>
        value is JsonValue v && v.TryGetValue(out string? text) ? text : throw line.Error($"'{field}' must be text");

    private static int[] Ids(JsonLine line, JsonNode? value, string field) =>
        value is JsonArray list
            ?
            [
                .. list.Select(n =>
                    n is JsonValue v && v.TryGetValue(out int id)
                        ? id
                        : throw line.Error($"'{field}' must hold token ids, not {n?.ToJsonString() ?? "null"}")
                ),
            ]
            : throw line.Error($"'{field}' must be a list of token ids");
}
