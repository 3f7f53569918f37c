using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>One row with its prompts and requests.</summary>
/// <param name="Prompts">One prompt, or one per choice if the choices are prompts; empty if a whole text is
/// scored.</param>
/// <param name="Requests">The requests: index of the prompt (-1: the empty prompt) and continuation. A written reply
/// has one request with an empty continuation.</param>
internal sealed record HarnessItem(
    HarnessRow Row,
    IReadOnlyList<IReadOnlyList<HarnessTurn>> Prompts,
    IReadOnlyList<(int Prompt, string Continuation)> Requests
);

/// <summary>A task in the form of lm-evaluation-harness with its rows: prompts and grading.</summary>
internal sealed class HarnessTask
{
    // In characters, of a whole text.
    private const int MostOfText = 300;

    private readonly HarnessConfig config;
    private readonly HarnessForm form;
    private readonly HarnessFields fields;
    private readonly bool severalInputs;

    private HarnessTask(HarnessConfig config, HarnessForm form, HarnessRows data, Func<int, bool> asked)
    {
        (this.config, this.form) = (config, form);
        IReadOnlyList<TemplateMap> rows = Evaluated(config, data);
        _ = rows.Count > 0 ? 0 : throw config.Error($"the split '{config.Evaluated}' holds no row");
        fields = new HarnessFields(config, new HashSet<string>(rows[0].Keys, StringComparer.Ordinal));
        Columns = [.. rows[0].Keys];
        HarnessRow first = new(0, rows[0]);
        bool chooses = config.Output == HarnessOutput.MultipleChoice;
        severalInputs = chooses && fields.Text(first) is long or bool;
        Grader = new HarnessGrader(config, fields, severalInputs, fields.Target(first) is List<object?>);
        HarnessPrompts prompts = new(config, fields, form, Pool(data));
        List<HarnessItem> items = [];
        for (int i = 0; i < rows.Count; i++)
        {
            HarnessRow row = new(i, rows[i]);
            if (asked(i))
            {
                items.Add(Item(row, prompts));
            }
            else
            {
                prompts.Skip(row);
            }
        }

        Items = items;
    }

    /// <summary>The rows that can be asked: those of the evaluated split that belong to the task.</summary>
    public static IReadOnlyList<TemplateMap> Evaluated(HarnessConfig config, HarnessRows data) =>
        HarnessFunctions.Processed(config, data.Split(config.Evaluated));

    /// <summary>The task's definition.</summary>
    public HarnessConfig Config => config;

    /// <summary>The names of the columns of its rows.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The rows that are asked, in the data's order.</summary>
    public IReadOnlyList<HarnessItem> Items { get; }

    /// <summary>Grades answers.</summary>
    public HarnessGrader Grader { get; }

    /// <summary>Texts that end a reply.</summary>
    public IReadOnlyList<string> Stops => config.Generation.Stops ?? [config.ExampleDelimiter];

    /// <summary>Opens a task.</summary>
    /// <param name="data">Its rows.</param>
    /// <param name="asked">Whether the row of a number is asked.</param>
    /// <exception cref="InputException">The data lack a split, or a row does not fit the task.</exception>
    public static HarnessTask Open(HarnessConfig config, HarnessForm form, HarnessRows data, Func<int, bool> asked) =>
        new(config, form, data, asked);

    /// <summary>The question of an item.</summary>
    public Question Ask(HarnessItem item) =>
        config.Output switch
        {
            HarnessOutput.Rolling => new Question.Whole(item.Requests[0].Continuation),
            HarnessOutput.Written => new Question.Continue(
                Prompt(item.Prompts[0]),
                config.Generation.MaxNewTokens,
                Stops,
                config.Repeats
            ),
            _ => new Question.Pairs([
                .. item.Requests.Select(r =>
                    (r.Prompt < 0 ? new Prompt.Text("") : Prompt(item.Prompts[r.Prompt]), r.Continuation)
                ),
            ]),
        };

    /// <summary>The question without its examples; of a rolling task the beginning of the text.</summary>
    public string Question(HarnessItem item) =>
        item.Prompts.Count == 0
            ? Beginning(item.Requests[0].Continuation)
            : string.Join('\n', item.Prompts.Select(p => p.Last(t => t.Role == "user").Content));

    /// <summary>Returns the reference answer as text: the correct choices, or the target; empty if there is
    /// none.</summary>
    public string RightAnswer(HarnessItem item) =>
        config.Output switch
        {
            HarnessOutput.MultipleChoice => string.Join(" | ", Grader.RightChoices(item.Row)),
            HarnessOutput.Rolling => "",
            _ => Shown(fields.Target(item.Row)),
        };

    /// <summary>Returns the probability that a guess is correct; null if it is not known.</summary>
    public double? Chance(HarnessItem item) =>
        config.Output == HarnessOutput.MultipleChoice && config.ProcessResults is null
            ? (double)Grader.RightChoices(item.Row).Distinct().Count() / fields.Choices(item.Row)!.Count
            : null;

    /// <summary>Returns a correct reply; null if none is known.</summary>
    public Reply? Gold(HarnessItem item)
    {
        if (config.Output != HarnessOutput.MultipleChoice || config.ProcessResults is not null)
        {
            return null;
        }

        // The gap is large enough that division by the length of a choice cannot change the order.
        int right = Grader.RightPlaces(item.Row)[0];
        return new Reply.Chosen([
            .. item.Requests.Select((_, i) => new ContinuationScore(i == right ? -1e-6 : -1e6, i == right, 1)),
        ]);
    }

    /// <summary>Returns the text that leaks the item if training data contain it: the question with its choices or its
    /// answer.</summary>
    public string Content(HarnessItem item) =>
        config.Output == HarnessOutput.MultipleChoice && !severalInputs
            ? $"{Question(item)}\n{string.Join('\n', fields.Choices(item.Row)!)}"
            : $"{Question(item)}\n{RightAnswer(item)}";

    // Files of answers hold this text, so its form must not change from version to version.
    private static string Beginning(string text) => text.Length > MostOfText ? text[..MostOfText] + "..." : text;

    private static string Shown(object? target) =>
        target switch
        {
            null => "",
            List<object?> list => string.Join(" | ", list.Select(TemplateValues.Text)),
            _ => TemplateValues.Text(target),
        };

    internal static JsonNode? Json(object? value) =>
        value switch
        {
            null => null,
            string text => text,
            YamlFunction function => $"!function {function.Name}",
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
