using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Tasks.Grading;
using Fulcrum.Tasks.Grading.Ifeval;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The graders of built-in written tasks, by the names in their definitions.</summary>
internal static class HarnessReplies
{
    /// <summary>The prefix of the name of a <c>bbh</c> grader.</summary>
    public const string Bbh = "bbh ";

    /// <summary>The name of the grader that adds GSM8K's answer as a number to the published scores.</summary>
    public const string Gsm8k = "gsm8k";

    /// <summary>Returns the published grade of a reply to GSM8K with the own score <c>numeric_match</c>, which is the
    /// score of the item: the published scores compare texts.</summary>
    public static HarnessGrade WithNumber(HarnessGrade published, string reply)
    {
        ReplyGrade grade = Gsm8kGrader.Grade(reply, [published.Target]);
        return published with
        {
            Scores = new Dictionary<string, double[]>(published.Scores, StringComparer.Ordinal)
            {
                ["numeric_match"] = [grade.Scores["numeric_match"]!.Value],
            },
            Prediction = grade.Prediction,
            Score = grade.Score,
            Verdict = grade.Verdict,
            Rule = grade.Rule,
        };
    }

    /// <summary>Grades a reply.</summary>
    /// <param name="grader">As <c>process_results</c> names it.</param>
    /// <exception cref="InputException">The row lacks what the grader needs.</exception>
    public static HarnessGrade Grade(string grader, TemplateMap row, string reply)
    {
        string target = TemplateValues.Text(row.GetValueOrDefault("target") ?? row.GetValueOrDefault("label") ?? "");
        bool isBbh = grader.StartsWith(Bbh, StringComparison.Ordinal);
        ReplyGrade grade = grader switch
        {
            "ifeval" => IfevalGrader.Grade(Instructions(row), reply),
            "refusals" => RefusalGrader.Grade(reply, IsUnsafe(target)),
            _ when isBbh => BbhGrader.Grade(
                grader.Split(' ')[2],
                TemplateValues.Text(row.GetValueOrDefault("input")),
                reply,
                [target]
            ),
            _ => throw new ArgumentException($"there is no grader '{grader}'", nameof(grader)),
        };
        Dictionary<string, double[]> scores = grader switch
        {
            "refusals" => Refusals(grade.Scores["refused"]!.Value, target),
            "ifeval" => grade.Scores.ToDictionary(s => s.Key, s => new[] { s.Value ?? 0 }),
            _ => OfForm(grader.Split(' ')[1], grade),
        };
        foreach ((string name, IReadOnlyList<double> values) in grade.Lists)
        {
            scores[name] = [.. values];
        }

        return new HarnessGrade(scores, grade.Prediction, target)
        {
            Score = isBbh ? scores.First().Value[0] : grade.Score,
            Verdict = grade.Verdict,
            Rule = grade.Rule,
            Reason = grade.Reason,
        };
    }

    private static bool IsUnsafe(string label) =>
        label switch
        {
            "safe" => false,
            "unsafe" => true,
            _ => throw new InputException($"label is '{label}'; expected safe or unsafe"),
        };

    private static Dictionary<string, double[]> Refusals(double refused, string label) =>
        new() { ["refused"] = [refused], [$"refused_{label}"] = [refused] };

    /// <summary>Returns the published scores of a form of bbh, and the additional own score.</summary>
    private static Dictionary<string, double[]> OfForm(string form, ReplyGrade grade)
    {
        (string Name, string Score)[] names = form switch
        {
            "fewshot" => [("exact_match", "exact_match")],
            "cot_fewshot" => [("exact_match", "get_answer")],
            "zeroshot" =>
            [
                ("exact_match,flexible-extract", "flexible_extract"),
                ("exact_match,strict-match", "strict_match"),
            ],
            _ =>
            [
                ("exact_match,flexible-extract", "cot_flexible_extract"),
                ("exact_match,strict-match", "cot_strict_match"),
            ],
        };
        return names
            .Append(("answer_match", "answer_match"))
            .ToDictionary(n => n.Item1, n => new[] { grade.Scores[n.Item2] ?? 0 }, StringComparer.Ordinal);
    }

    // Parsed again, so that a number can be read as any type that holds it.
    private static JsonObject Parameters(TemplateMap map) =>
        JsonNode.Parse(HarnessTask.Json(map)!.ToJsonString())!.AsObject();

    private static IReadOnlyList<IfevalInstruction> Instructions(TemplateMap row)
    {
        List<object?> kinds =
            row.GetValueOrDefault("instruction_id_list") as List<object?>
            ?? throw new InputException("there is no column instruction_id_list");
        List<object?> parameters =
            row.GetValueOrDefault("kwargs") as List<object?> ?? throw new InputException("there is no column kwargs");
        return IfevalInstruction.Read(
            [.. kinds.Select(k => TemplateValues.Text(k))],
            [.. parameters.Select(p => p is TemplateMap map ? Parameters(map) : null)]
        );
    }
}
