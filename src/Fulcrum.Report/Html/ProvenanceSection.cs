using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Report.Html;

/// <summary>Method, model, samples, machine, versions and durations of a run.</summary>
internal static class ProvenanceSection
{
    private const int MostRows = 60;

    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        return Markup.Of(
            $"""
            <p>{MethodFacts.Method(report)}</p>
            {Pairs(
                [
                    (words.Say("base", "base"), Facts.Model(report)),
                    (words.Say("training", "treino"), Facts.Training(report)),
                    MethodFacts.Seed(report),
                    .. report.Shown.Tasks.Select(b => (b.Task, Facts.Sample(b, words))),
                ],
                words
            )}
            {Stages(report)}
            <h3>{words.Say("Hardware and versions", "Hardware e versões")}</h3>
            {Pairs(Facts.Environment(report), words)}
            <h3>{words.Say("Digests", "Resumos criptográficos")}</h3>
            {Digests(report)}
            <h3>{words.Say("How to repeat the study", "Para repetir")}</h3>
            <p>{words.Say("Run these in the run folder.", "Execute na pasta da execução.")} {MethodFacts.Repeating(
                words
            )}</p>
            <pre>{MethodFacts.Commands}</pre>
            <details><summary>{words.Say("The complete study", "O estudo completo")}</summary><pre>{StudyFile.Print(
                report.Study
            )}</pre></details>
            """
        );
    }

    private static Markup Stages(RunReport report)
    {
        Words words = report.Words;
        return report.Stages.Count == 0
            ? Markup.Empty
            : Markup.Of(
                $"""
                <h3>{words.Say("Stages", "Etapas")}</h3>
                {(report.Stages.Count <= MostRows ? Durations(report, s => s.Stage) : OfMany(report))}
                """
            );
    }

    // The stages of many candidates are one row, and the list of each is folded.
    private static Markup OfMany(RunReport report)
    {
        Words words = report.Words;
        int count = report.Comparison.Candidates.Count;
        string all = words.Say($"all {count} candidates", $"todos os {count} candidatos");
        return Markup.Of(
            $"""
            {Durations(report, s => s.Stage.StartsWith("candidates/", StringComparison.Ordinal) ? all : s.Stage)}
            <details><summary>{words.Say("Each stage", "Cada etapa")} ({report.Stages.Count})</summary>{Markup.Later(
                Durations(report, s => s.Stage)
            )}</details>
            """
        );
    }

    private static Markup Durations(RunReport report, Func<Manifest, string> name)
    {
        Words words = report.Words;
        return Markup.Of(
            $"<div class=\"scroll\">{Draw.Table(
                [
                    words.Say("stage", "etapa"),
                    words.Say("duration", "duração"),
                    words.Say("energy of the processor", "energia do processador"),
                ],
                [
                    .. report.Stages.GroupBy(name).Select(g => Durations(g.Key, [.. g], words)),
                    Durations(words.Say("total", "total"), report.Stages, words),
                ]
            )}</div>{Shared(report.Stages, words)}"
        );
    }

    private static Markup Shared(IReadOnlyList<Manifest> stages, Words words) =>
        MethodFacts.SharedEnergy(stages, words) is { } shared ? Markup.Of($"<p>{shared}</p>") : Markup.Empty;

    private static string[] Durations(string name, IReadOnlyList<Manifest> stages, Words words) =>
        [name, words.Duration(stages.Sum(s => s.Seconds)), MethodFacts.Energy(stages, words)];

    private static Markup Digests(RunReport report)
    {
        Words words = report.Words;
        (string, string)[] outputs = [.. MethodFacts.Outputs(report)];
        return outputs.Length <= MostRows
            ? Pairs([.. MethodFacts.Protocols(report), .. outputs], words)
            : Markup.Of(
                $"{Pairs(MethodFacts.Protocols(report), words)}<details><summary>{words.Say("Files", "Arquivos")} "
                    + $"({outputs.Length})</summary>{Markup.Later(Pairs(outputs, words))}</details>"
            );
    }

    private static Markup Pairs(IEnumerable<(string Name, string Value)> pairs, Words words) =>
        Markup.Of(
            $"<div class=\"scroll\"><table class=\"text\"><thead><tr><th "
                + $"scope=\"col\">{words.Say("name", "nome")}</th><th "
                + $"scope=\"col\">{words.Say("value", "valor")}</th></tr></thead><tbody>"
                + $"{pairs.Select(p => Pair(p.Name, p.Value))}</tbody></table></div>"
        );

    private static Markup Pair(string name, string value) =>
        Markup.Of($"<tr><th scope=\"row\">{name}</th><td class=\"break\">{value}</td></tr>\n");
}
