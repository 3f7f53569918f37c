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
            <p>{words.Say(
                $"{Asking(report)} A difference is the mean of paired differences, "
                        + $"with a 95% interval for the stated estimand{Estimands(report)}. "
                            + "Single scores carry Wilson intervals. The file docs/method.md of the program "
                                + "holds the formulas and their sources.",
                $"{Asking(report)} Uma diferença é a média das diferenças pareadas, "
                        + $"com um intervalo de 95% para o estimando indicado{Estimands(report)}. "
                            + "Notas isoladas trazem intervalos de Wilson. "
                                + "O arquivo docs/method.md do programa contém as fórmulas e suas fontes.")}</p>
            {Pairs(
                [
                    (words.Say("model", "modelo"), Facts.Model(report)),
                    (words.Say("training", "treino"), Facts.Training(report)),
                    .. report.Shown.Tasks.Select(b => (b.Task, Facts.Sample(b, words))),
                ],
                words
            )}
            {Stages(report)}
            <h3>{words.Say("Hardware and versions", "Hardware e versões")}</h3>
            {Pairs(Facts.Environment(report), words)}
            <h3>{words.Say("Digests", "Resumos criptográficos")}</h3>
            {Digests(report)}
            <details><summary>{words.Say("The complete study", "O estudo completo")}</summary><pre>{StudyFile.Print(
                report.Study
            )}</pre></details>
            """
        );
    }

    // Nothing shows how given replies were asked for.
    private static string Asking(RunReport report)
    {
        Words words = report.Words;
        string[] given =
        [
            .. report
                .Comparison.Candidates.Select(c => c.Name)
                .Where(n => report.Study.Candidates.GetValueOrDefault(n)?.Replies is not null),
        ];
        return given.Length == 0
            ? words.Say(
                "Base and candidate answer the same items, prompted by the same code under the same protocol. "
                    + "Only the model differs.",
                "A base e o candidato respondem aos mesmos itens, com prompts do mesmo código sob o mesmo "
                    + "protocolo. Só o modelo difere."
            )
            : words.Say(
                $"Base and candidate answer the same items. The replies of {string.Join(", ", given)} were given, so "
                    + "nothing shows how they were asked for, and more than the model may differ.",
                $"A base e o candidato respondem aos mesmos itens. As respostas de {string.Join(", ", given)} foram "
                    + "fornecidas: nada mostra como foram pedidas, e pode diferir mais que o modelo."
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

    // The rows do not add up to the total if stages ran at the same time.
    private static Markup Shared(IReadOnlyList<Manifest> stages, Words words) =>
        EnergyUse.Sum(stages) is { } total && total < 0.999 * stages.Sum(s => s.Joules)
            ? Markup.Of(
                $"""
                <p>{words.Say(
                    "Some stages ran at the same time. The energy of each includes that of the others. "
                        + "The total counts it once.",
                    "Algumas etapas foram executadas ao mesmo tempo. A energia de cada uma inclui a das outras. "
                        + "O total a conta uma só vez."
                )}</p>
                """
            )
            : Markup.Empty;

    private static string[] Durations(string name, IReadOnlyList<Manifest> stages, Words words) =>
        [name, words.Duration(stages.Sum(s => s.Seconds)), Energy(EnergyUse.Sum(stages), words)];

    private static Markup Digests(RunReport report)
    {
        Words words = report.Words;
        (string, string)[] outputs = [.. Outputs(report)];
        return outputs.Length <= MostRows
            ? Pairs([.. Protocols(report), .. outputs], words)
            : Markup.Of(
                $"{Pairs(Protocols(report), words)}<details><summary>{words.Say("Files", "Arquivos")} "
                    + $"({outputs.Length})</summary>{Markup.Later(Pairs(outputs, words))}</details>"
            );
    }

    private static string Energy(double? joules, Words words) =>
        joules is { } j and > 0 ? $"{words.Number(j / 3600, "0.00")} Wh" : words.Say("not reported", "não informada");

    private static IEnumerable<(string, string)> Protocols(RunReport report) =>
        report
            .Shown.Tasks.Where(b => b.Protocol is not null)
            .Select(b => (report.Words.Say($"protocol of {b.Task}", $"protocolo de {b.Task}"), b.Protocol!));

    private static IEnumerable<(string, string)> Outputs(RunReport report) =>
        report
            .Stages.SelectMany(s => s.Outputs)
            .Select(o => ($"{o.Key}", o.Value))
            .Where(o =>
                o.Item1 == "comparison.json" || o.Item1.EndsWith("/adapter_model.safetensors", StringComparison.Ordinal)
            );

    private static Markup Pairs(IEnumerable<(string Name, string Value)> pairs, Words words) =>
        Markup.Of(
            $"<div class=\"scroll\"><table class=\"text\"><thead><tr><th "
                + $"scope=\"col\">{words.Say("name", "nome")}</th><th "
                + $"scope=\"col\">{words.Say("value", "valor")}</th></tr></thead><tbody>"
                + $"{pairs.Select(p => Pair(p.Name, p.Value))}</tbody></table></div>"
        );

    private static Markup Pair(string name, string value) =>
        Markup.Of($"<tr><th scope=\"row\">{name}</th><td class=\"break\">{value}</td></tr>\n");

    private static string Estimands(RunReport report) =>
        report.Shown.Tasks.Any(t => t.NamesClusters)
            ? report.Words.Say(" (other items, or other clusters)", " (outros itens, ou outros agrupamentos)")
            : report.Words.Say(" (other items)", " (outros itens)");
}
