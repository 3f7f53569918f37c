using System.Text.Json.Nodes;
using Fulcrum.Data;

namespace Fulcrum.Models;

/// <summary>Files of requests through a model: lines in, lines out in the same order, a chunk at a time so that memory
/// does not grow with the file.</summary>
/// <param name="model">The model that answers.</param>
/// <param name="codec">Called only if a line has text. Null: there is no tokenizer, and the model gets texts and
/// messages as they are.</param>
/// <param name="purpose">What the answers depend on besides the requests: the model, its serving mode, the limits.
/// Interrupted work is resumed only under the same purpose.</param>
/// <param name="tell">Called with the number of completed requests.</param>
/// <param name="variables">Variables of the chat template for every line; those of a line win.</param>
public sealed class RequestFiles(
    ILanguageModel model,
    Func<TextCodec>? codec,
    Func<string> purpose,
    Action<int>? tell = null,
    IReadOnlyDictionary<string, JsonNode?>? variables = null
)
{
    private int answered;

    private static readonly HashSet<string> ScoreFields = ["prompt", "prompt_ids", "continuations", "continuation_ids"];
    private static readonly HashSet<string> GenerateFields = ["prompt", "prompt_ids", "messages", "variables"];
    private static readonly string[] PromptFields = ["prompt", "prompt_ids", "messages"];

    private readonly Lazy<TextCodec>? text = codec is null ? null : new(codec);

    /// <summary>Answers a file of score requests.</summary>
    /// <exception cref="InputException">A line is not a request that the model can answer; names file and
    /// line.</exception>
    public void Score(string input, string output, CancellationToken cancellation = default) =>
        Write(
            input,
            ScoreFields,
            output,
            lines =>
            {
                List<ScoreRequest>[] asked = [.. lines.Select(ScoresOf)];
                ContinuationScore[] scores = new ContinuationScore[asked.Sum(a => a.Count)];
                int[] lineOf = [.. asked.SelectMany((a, line) => a.Select(_ => line))],
                    open = [.. asked.Select(a => a.Count)];
                Ask(
                    i => lines[lineOf[i]],
                    () =>
                        model.Score(
                            [.. asked.SelectMany(a => a)],
                            (i, s) =>
                            {
                                scores[i] = s[0];
                                Tell(--open[lineOf[i]] == 0);
                            },
                            cancellation
                        )
                );
                int at = 0;
                return [.. lines.Select((line, i) => Scores(line, scores[at..(at += asked[i].Count)]))];
            }
        );

    private static string Scores(JsonLine line, ContinuationScore[] scores) =>
        Answer(
            line,
            new JsonObject
            {
                ["log_likelihoods"] = Array(scores.Select(s => s.LogLikelihood)),
                ["greedy"] = Array(scores.Select(s => s.Greedy)),
                ["tokens"] = Array(scores.Select(s => s.Tokens)),
            }
        );

    /// <summary>Answers a file of generate requests.</summary>
    /// <param name="stops">Texts that end a completion and are not part of it.</param>
    /// <param name="texts">False: the answers' texts are null, and no tokenizer is asked for.</param>
    /// <exception cref="InputException">As for <see cref="Score"/>.</exception>
    public void Generate(
        string input,
        string output,
        int maxNewTokens,
        IReadOnlyList<int> endTokens,
        IReadOnlyList<string> stops,
        bool texts,
        CancellationToken cancellation = default
    ) =>
        Write(
            input,
            GenerateFields,
            output,
            lines =>
            {
                Func<IReadOnlyList<int>, bool>? stopsAt =
                    stops.Count == 0 || text is null ? null : ids => stops.Any(text.Value.Decode(ids).Contains);
                CompletionRequest[] asked =
                [
                    .. lines.Select(l => new CompletionRequest(
                        Sent(l),
                        maxNewTokens,
                        endTokens,
                        stopsAt,
                        Source: SourceOf(l),
                        Stops: stops
                    )),
                ];
                string[] answers = new string[lines.Length];
                Ask(
                    i => lines[i],
                    () =>
                        model.Complete(
                            asked,
                            (i, c) =>
                            {
                                answers[i] = Written(
                                    lines[i],
                                    c,
                                    texts ? c.Text ?? TextOf(c.Ids, endTokens, stops) : null
                                );
                                Tell(true);
                            },
                            cancellation
                        )
                );
                return answers;
            }
        );

    // A model that writes texts may report no ids and no values. They are null then, because an empty list would be
    // wrong.
    private static string Written(JsonLine line, Completion completion, string? written) =>
        Answer(
            line,
            new JsonObject
            {
                ["text"] = written,
                ["ids"] = Told(completion, completion.Ids),
                ["log_likelihoods"] = Told(completion, completion.LogLikelihoods),
                ["finish"] = completion.Finish == FinishReason.Stop ? "stop" : "length",
            }
        );

    private static JsonArray? Told<T>(Completion completion, IReadOnlyList<T> values) =>
        completion.Text is not null && values.Count == 0 ? null : Array(values);

    // A request that fails is named by its line.
    private static void Ask(Func<int, JsonLine> lineOf, Action ask)
    {
        try
        {
            ask();
        }
        catch (RequestException e)
        {
            throw e.At($"{lineOf(e.Request).File} line {lineOf(e.Request).Number}");
        }
    }

    private void Write(
        string input,
        HashSet<string> fields,
        string output,
        Func<JsonLine[], IEnumerable<string>> answer
    ) => PortionFile.Write(input, fields, output, purpose, answer, done => answered = done);

    private void Tell(bool complete)
    {
        if (complete)
        {
            tell?.Invoke(++answered);
        }
    }

    // Each continuation is a request of its own: in text, the prompt's last token may differ by what follows it. The
    // model shares what is equal.
    private List<ScoreRequest> ScoresOf(JsonLine line)
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

    // Without a tokenizer the model gets the source itself.
    private int[] Sent(JsonLine line)
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

    private static PromptSource? SourceOf(JsonLine line) =>
        Given(line) switch
        {
            ["prompt"] => new PromptSource.Text(Text(line, line.Value["prompt"], "prompt")),
            ["messages"] => new PromptSource.Messages(List(line, line.Value["messages"]!, "messages")),
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

    private string TextOf(IReadOnlyList<int> ids, IReadOnlyList<int> endTokens, IReadOnlyList<string> stops)
    {
        string written = text!.Value.Decode(ids.Count > 0 && endTokens.Contains(ids[^1]) ? [.. ids.SkipLast(1)] : ids);
        int cut = stops
            .Select(s => written.IndexOf(s, StringComparison.Ordinal))
            .Where(i => i >= 0)
            .DefaultIfEmpty(written.Length)
            .Min();
        return written[..cut];
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

    private static JsonArray Array<T>(IEnumerable<T> values) => [.. values.Select(v => JsonValue.Create(v))];

    private static string Answer(JsonLine line, JsonObject answer)
    {
        foreach (string passed in (string[])["meta", "id"])
        {
            if (line.Value.ContainsKey(passed))
            {
                answer.Insert(0, passed, line.Value[passed]?.DeepClone());
            }
        }

        return answer.ToJsonString(JsonLines.Output);
    }
}
