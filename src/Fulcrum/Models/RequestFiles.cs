using System.Text.Json.Nodes;
using Fulcrum.Data;

namespace Fulcrum.Models;

/// <summary>Answers a file of requests with a model: one line per answer, in the order of the requests. It works in
/// chunks, so that memory does not grow with the file.</summary>
/// <param name="model">The model that answers.</param>
/// <param name="codec">Loads the tokenizer; called only if a line has text. Null: there is no tokenizer, and the model
/// gets texts and messages as they are.</param>
/// <param name="purpose">Everything that the answers depend on besides the requests: the model, its serving form, the
/// limits. Interrupted work is resumed only with the same purpose.</param>
/// <param name="tell">Called with the number of completed requests.</param>
/// <param name="variables">Variables of the chat template for every line. Variables in a line override them.</param>
internal sealed class RequestFiles(
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

    private readonly Lazy<TextCodec>? text = codec is null ? null : new(codec);
    private RequestLines? reader;

    private RequestLines Requests => reader ??= new RequestLines(model, text, variables);

    /// <summary>Answers a file of score requests.</summary>
    /// <exception cref="InputException">A line is not a request that the model can answer. The message names file and
    /// line.</exception>
    public void Score(string input, string output, CancellationToken cancellation = default) =>
        Write(
            input,
            ScoreFields,
            output,
            lines =>
            {
                List<ScoreRequest>[] asked = [.. lines.Select(Requests.Scores)];
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
    /// <param name="texts">False: the texts of the answers are null, and no tokenizer is needed.</param>
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
                        Requests.Prompt(l),
                        maxNewTokens,
                        endTokens,
                        stopsAt,
                        Source: Requests.SourceOf(l),
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

    // A server may report no ids and log-likelihoods. They are null then, because an empty list would mean an empty
    // completion.
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

    // A failed request is reported by its line.
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
    ) => ChunkedFile.Write(input, fields, output, purpose, answer, done => answered = done);

    private void Tell(bool complete)
    {
        if (complete)
        {
            tell?.Invoke(++answered);
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
