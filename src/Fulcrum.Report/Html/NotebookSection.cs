using System.Globalization;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Html;

/// <summary>The notebook's own table and its test cases, after the validity checks.</summary>
internal static class NotebookSection
{
    private const int Shown = 10;

    public static Markup Of(RunReport report)
    {
        if (report.Study.RelativeTable is not { } caption)
        {
            return Markup.Empty;
        }

        Words words = report.Words;
        IReadOnlyList<string> faults = ValidityChecks.Faults(report);
        return Markup.Of(
            $"""
            <p class="{(faults.Count > 0 ? "loss" : "gain")}"><b>{ValidityChecks.Judgement(faults, words)}</b></p>
            <ul>{faults.Select(f => Markup.Of($"<li>{f}</li>\n"))}</ul>
            <div class="scroll"><table><caption>{caption}</caption>
            <thead><tr>{Heads(words).Select(h => Markup.Of($"<th scope=\"col\">{h}</th>"))}</tr></thead><tbody>
            {RelativeTable.Of(report).Select(r => Row(r, words))}</tbody></table></div>
            {report.Answers.Select(a =>
                RelativeTable.Successes(a.Key, report) is { } successes
                    ? Cases(a.Key, a.Value, successes, report)
                    : Markup.Empty
            )}
            """
        );
    }

    private static string[] Heads(Words words) =>
        [
            words.Say("metric", "métrica"),
            words.Say("baseline", "base"),
            words.Say("fine-tuned", "ajustado"),
            words.Say("change", "variação"),
        ];

    private static Markup Row(RelativeRow row, Words words) =>
        Markup.Of(
            $"<tr><th scope=\"row\">{row.Metric}</th><td>{words.Number(row.Before * 100, "0.00")} "
                + $"%</td><td>{words.Number(row.After * 100, "0.00")} %</td><td "
                + $"class=\"{(row.Change > 0 ? "gain" : row.Change < 0 ? "loss" : "none")}\">{row.Printed}"
                + $"</td></tr>\n"
        );

    /// <summary>Test cases with score, threshold, success and reason; the first of each side, the item browser has
    /// all.</summary>
    private static Markup Cases(
        string task,
        IReadOnlyList<(Answer Before, Answer After)> answers,
        string successes,
        RunReport report
    )
    {
        Words words = report.Words;
        string context = Kinds.Cluster(report, task);
        int shown = Math.Min(Shown, answers.Count);
        return Markup.Of(
            $"""
            <h3>{words.Say($"Test cases of {task}", $"Casos de teste de {task}")}</h3>
            <p class="soft">{successes} {words.Say(
                $"The first {shown}, after:",
                $"Os primeiros {shown}, depois:"
            )}</p>
            <div class="scroll">{Draw.Table(
                CaseHeads(words),
                answers.Take(shown).Select(a => Case(a.After, context))
            )}</div>
            """
        );
    }

    private static string[] CaseHeads(Words words) =>
        [
            words.Say("input", "entrada"),
            words.Say("actual output", "saída obtida"),
            words.Say("expected output", "saída esperada"),
            words.Say("context", "contexto"),
            words.Say("score", "nota"),
            words.Say("threshold", "limiar"),
            words.Say("success", "sucesso"),
            words.Say("reason", "motivo"),
        ];

    private static string[] Case(Answer a, string context) =>
        [
            a.Input ?? "",
            a.Prediction,
            a.Target,
            $"{context}:{a.Cluster}",
            a.Score?.ToString("0.0", CultureInfo.InvariantCulture) ?? "",
            a.Threshold?.ToString("0.0", CultureInfo.InvariantCulture) ?? "",
            a.Success == true ? "True" : "False",
            a.Reason is null ? a.Verdict : $"{a.Verdict}: {a.Reason}",
        ];
}
