using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Tasks.Grading;
using Fulcrum.Tasks.Grading.Choice;
using Fulcrum.Tasks.Grading.Ifeval;

namespace Fulcrum.Cli.Commands;

/// <summary>What lines of a task's replies hold, and how each is graded.</summary>
/// <param name="Fields">The fields of a line besides <c>id</c> and <c>meta</c>.</param>
/// <param name="Read">Checks a line and returns its grading; an error in it names file and line.</param>
internal sealed record GradeLines(IReadOnlySet<string> Fields, Func<JsonLine, Func<ReplyGrade>> Read)
{
    /// <summary>The task that needs databases; <see cref="SqlGradeLines"/> reads its lines.</summary>
    public const string Sql = "sql";

    private const string Bbh = "bbh:";
    private const int LongestText = 1 << 20,
        MostEntries = 1000,
        MostVerdicts = 1 << 20;

    private static readonly Dictionary<string, GradeLines> Known = new(StringComparer.Ordinal)
    {
        ["choice"] = new(Set("options", "answer", "reply"), Choice),
        ["text"] = Texts(TextGrader.Grade),
        ["number"] = Texts(NumberGrader.Grade),
        ["accepted"] = Texts(Squad.Accepted),
        ["f1"] = Texts(Squad.F1),
        ["rouge-l"] = Texts(RougeL.Grade),
        ["edit"] = Texts(EditSimilarity.Grade),
        ["json"] = new(Set("reply", "target", "schema"), Json),
        ["gsm8k"] = Texts(Gsm8kGrader.Grade),
        ["ifeval"] = new(Set("instruction_id_list", "kwargs", "reply"), Ifeval),
        ["refusals"] = new(Set("reply"), Refusals),
        ["pass-at-k"] = new(Set("verdicts", "k"), Pass),
    };

    /// <summary>The names of the graders, for help and messages.</summary>
    public static IEnumerable<string> Names() => [Sql, .. Known.Keys, Bbh + "SUBTASK"];

    /// <summary>Returns the lines of a task.</summary>
    /// <exception cref="InputException">The task is unknown.</exception>
    public static GradeLines Of(string task)
    {
        if (!task.StartsWith(Bbh, StringComparison.Ordinal))
        {
            return Known.TryGetValue(task, out GradeLines? lines)
                ? lines
                : throw new InputException($"'{task}' is no grader; known are {string.Join(", ", Names())}");
        }

        string subtask = task[Bbh.Length..];
        return BbhGrader.Subtasks.Contains(subtask)
            ? new GradeLines(Set("input", "reply", "target"), line => BigBench(subtask, line))
            : throw new InputException(
                $"'{subtask}' is no subtask of bbh; known are {string.Join(", ", BbhGrader.Subtasks)}"
            );
    }

    /// <summary>Returns a text of a line.</summary>
    /// <exception cref="InputException">It is missing, no text, or longer than any reply of a model.</exception>
    public static string Text(JsonLine line, string name)
    {
        string text =
            line.Value[name] is JsonValue v && v.TryGetValue(out string? read)
                ? read
                : throw line.Error($"'{name}' must be a text");
        return text.Length <= LongestText
            ? text
            : throw line.Error($"'{name}' has {text.Length} characters; at most {LongestText} can be graded");
    }

    /// <summary>Returns a set of names of fields.</summary>
    public static HashSet<string> Set(params string[] names) => [.. names];

    private static GradeLines Texts(Func<string, IReadOnlyList<string>, ReplyGrade> grade) =>
        new(
            Set("reply", "target"),
            line =>
            {
                string reply = Text(line, "reply");
                string[] targets = Targets(line);
                return () => grade(reply, targets);
            }
        );

    private static Func<ReplyGrade> BigBench(string subtask, JsonLine line)
    {
        string input = Text(line, "input"),
            reply = Text(line, "reply");
        string[] targets = Targets(line);
        return () => BbhGrader.Grade(subtask, input, reply, targets);
    }

    private static Func<ReplyGrade> Refusals(JsonLine line)
    {
        string reply = Text(line, "reply");
        return () => RefusalGrader.Grade(reply);
    }

    private static Func<ReplyGrade> Choice(JsonLine line)
    {
        string reply = Text(line, "reply"),
            answer = Text(line, "answer");
        string[] options = List<string>(line, "options", "texts");
        return options.Length > 26 ? throw line.Error($"'options' has {options.Length} entries; 26 are possible")
            : ChoiceGrader.PlaceOf(answer, options) is { } right ? () => ChoiceGrader.Grade(reply, options, right)
            : throw line.Error($"'answer' is '{answer}', neither a letter nor a text of the {options.Length} options");
    }

    private static Func<ReplyGrade> Json(JsonLine line)
    {
        if (!line.Value.ContainsKey("target"))
        {
            throw line.Error("'target' is missing");
        }

        string reply = Text(line, "reply");
        JsonElement target = JsonSerializer.SerializeToElement(line.Value["target"]);
        JsonElement? schema = line.Value.ContainsKey("schema")
            ? JsonSerializer.SerializeToElement(line.Value["schema"])
            : null;
        Func<JsonElement, bool?>? fits = Located(line, () => schema is { } given ? JsonGrader.Schema(given) : null);
        return () => JsonGrader.Grade(reply, target, fits);
    }

    private static Func<ReplyGrade> Ifeval(JsonLine line)
    {
        string reply = Text(line, "reply");
        string[] kinds = List<string>(line, "instruction_id_list", "texts");
        JsonObject?[] parameters =
            line.Value["kwargs"] is JsonArray list && list.All(v => v is JsonObject or null)
                ? [.. list.Select(v => v?.AsObject())]
                : throw line.Error("'kwargs' must be a list of objects");
        IReadOnlyList<IfevalInstruction> instructions = Located(line, () => IfevalInstruction.Read(kinds, parameters));
        return () => IfevalGrader.Grade(instructions, reply);
    }

    private static Func<ReplyGrade> Pass(JsonLine line)
    {
        bool[] verdicts = List<bool>(line, "verdicts", "true or false", MostVerdicts);
        int[] ks = List<int>(line, "k", "whole numbers above 0");
        return ks.Any(k => k < 1)
            ? throw line.Error("'k' must be a list of whole numbers above 0")
            : () => PassAtK.Grade(verdicts, ks);
    }

    private static string[] Targets(JsonLine line) =>
        line.Value["target"] is JsonArray ? List<string>(line, "target", "texts") : [Text(line, "target")];

    // Every entry is compared with a reply of up to a million characters.
    private static T[] List<T>(JsonLine line, string name, string what, int most = MostEntries)
    {
        List<T> values = [];
        JsonArray list = line.Value[name] as JsonArray ?? [];
        if (list.Count > most)
        {
            throw line.Error($"'{name}' has {list.Count} entries; at most {most} can be graded");
        }

        foreach (JsonNode? node in list)
        {
            values.Add(
                node is JsonValue value && value.TryGetValue(out T? read)
                    ? read
                    : throw line.Error($"'{name}' must be a list of {what}")
            );
        }

        long characters = values.Sum(v => v is string text ? text.Length : 0L);
        return values.Count == 0 ? throw line.Error($"'{name}' must be a list of {what}, at least one")
            : characters > LongestText
                ? throw line.Error(
                    $"the texts of '{name}' have {characters} characters; at most {LongestText} can be graded"
                )
            : [.. values];
    }

    private static T Located<T>(JsonLine line, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InputException e)
        {
            throw line.Error(e.Message);
        }
    }
}
