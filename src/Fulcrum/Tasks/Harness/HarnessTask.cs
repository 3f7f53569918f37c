using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>One row as it is asked.</summary>
/// <param name="Prompts">One prompt, or one a choice where the choices are prompts; none where a whole text is
/// scored.</param>
/// <param name="Requests">What is scored: the prompt's place (-1: the empty prompt) and the continuation; one pair with
/// an empty continuation for a written reply.</param>
internal sealed record HarnessItem(
    HarnessRow Row,
    IReadOnlyList<IReadOnlyList<HarnessTurn>> Prompts,
    IReadOnlyList<(int Prompt, string Continuation)> Requests
);

/// <summary>A task of lm-evaluation-harness' form with its rows: what is asked, and what an answer is worth.</summary>
internal sealed class HarnessTask
{
    private readonly HarnessConfig config;
    private readonly HarnessForm form;
    private readonly HarnessFields fields;
    private readonly bool severalInputs;

    private HarnessTask(HarnessConfig config, HarnessForm form, HarnessRows data, int? items)
    {
        (this.config, this.form) = (config, form);
        IReadOnlyList<TemplateMap> rows = HarnessFunctions.Processed(config, data.Split(config.Evaluated));
        _ = rows.Count > 0 ? 0 : throw config.Error($"the split '{config.Evaluated}' holds no row");
        fields = new HarnessFields(config, new HashSet<string>(rows[0].Keys, StringComparer.Ordinal));
        HarnessRow first = new(0, rows[0]);
        bool chooses = config.Output == HarnessOutput.MultipleChoice;
        severalInputs = chooses && fields.Text(first) is long or bool;
        Grader = new HarnessGrader(config, fields, severalInputs, fields.Target(first) is List<object?>);
        HarnessPrompts prompts = new(config, fields, form, Pool(data));
        Items = [.. rows.Take(items ?? rows.Count).Select((r, i) => Item(new HarnessRow(i, r), prompts))];
    }

    /// <summary>The task's definition.</summary>
    public HarnessConfig Config => config;

    /// <summary>The rows that are asked, in the data's order.</summary>
    public IReadOnlyList<HarnessItem> Items { get; }

    /// <summary>Grades answers.</summary>
    public HarnessGrader Grader { get; }

    /// <summary>Texts that end a reply.</summary>
    public IReadOnlyList<string> Stops => config.Generation.Stops ?? [config.ExampleDelimiter];

    /// <summary>Opens a task.</summary>
    /// <param name="data">Its rows.</param>
    /// <param name="items">The first so many rows; null: all.</param>
    /// <exception cref="InputException">The data lack a split, or a row does not fit the task.</exception>
    public static HarnessTask Open(HarnessConfig config, HarnessForm form, HarnessRows data, int? items) =>
        new(config, form, data, items);

    /// <summary>The question of an item.</summary>
    public Question Ask(HarnessItem item) =>
        config.Output switch
        {
            HarnessOutput.Rolling => new Question.Whole(item.Requests[0].Continuation),
            HarnessOutput.Written => new Question.Continue(
                Prompt(item.Prompts[0]),
                config.Generation.MaxNewTokens,
                Stops
            ),
            _ => new Question.Pairs([
                .. item.Requests.Select(r =>
                    (r.Prompt < 0 ? new Prompt.Text("") : Prompt(item.Prompts[r.Prompt]), r.Continuation)
                ),
            ]),
        };

    /// <summary>The right answer as answers carry it: a text, a number or a list; null where there is none.</summary>
    public JsonNode? Target(HarnessItem item) => fields.Target(item.Row) is { } target and not "" ? Json(target) : null;

    internal static JsonNode? Json(object? value) =>
        value switch
        {
            null => null,
            string text => text,
            bool flag => flag,
            long whole => whole,
            double real => real,
            List<object?> list => new JsonArray([.. list.Select(Json)]),
            TemplateMap map => new JsonObject(map.Select(m => KeyValuePair.Create(m.Key, Json(m.Value)))),
            _ => TemplateValues.Text(value),
        };

    private Prompt Prompt(IReadOnlyList<HarnessTurn> turns) =>
        form.Chat
            ? new Prompt.Chat(
                HarnessTurn.Messages(turns, form.AsTurns),
                turns[^1].Role == "assistant",
                SystemIsOptional: true
            )
            : new Prompt.Text(HarnessTurn.Plain(turns));

    private HarnessPool Pool(HarnessRows data) =>
        new(
            config,
            () =>
                config.Examples switch
                {
                    { Split: { } split } => HarnessFunctions.Processed(config, data.Split(split)),
                    { Samples: { } samples } => samples,
                    _ => HarnessFunctions.Processed(
                        config,
                        data.Split(config.Splits.Training ?? config.Splits.Validation ?? config.Evaluated)
                    ),
                },
            config.Examples.Split == config.Splits.Test
        );

    private HarnessItem Item(HarnessRow row, HarnessPrompts prompts)
    {
        if (config.Output == HarnessOutput.Rolling)
        {
            return new HarnessItem(row, [], [(-1, Written(row))]);
        }

        IReadOnlyList<IReadOnlyList<HarnessTurn>> asked = prompts.Of(row, severalInputs);
        return new HarnessItem(
            row,
            asked,
            config.Output switch
            {
                HarnessOutput.LogLikelihood => [(0, Written(row))],
                HarnessOutput.Written => [(0, "")],
                _ => Choices(row, asked.Count),
            }
        );
    }

    private string Written(HarnessRow row) =>
        fields.Target(row) as string
        ?? throw config.Error(
            $"row {row.Number}: doc_to_target is {TemplateValues.Repr(fields.Target(row))}, which is no text"
        );

    private List<(int, string)> Choices(HarnessRow row, int prompts)
    {
        List<string> choices = fields.Choices(row)!;
        bool attached = config.Prefix is { Length: > 0 } prefix && !PythonText.IsSpace(prefix[^1]);
        string delimiter = !form.Chat || attached ? config.TargetDelimiter : "";
        List<(int, string)> requests = severalInputs
            ? [.. Enumerable.Range(0, prompts).Select(i => (i, delimiter + TemplateValues.Text(fields.Target(row))))]
            : [.. choices.Select(c => (0, delimiter + c))];
        if (config.Metrics.Any(m => m.Score == HarnessScore.MutualInformation))
        {
            requests.AddRange(choices.Select(c => (-1, delimiter + c)));
        }

        return requests;
    }
}
