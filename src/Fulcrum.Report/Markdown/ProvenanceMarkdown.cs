using System.Text;
using Fulcrum.Report.Content;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Markdown;

/// <summary>Model, machine, durations, and the command that repeats the run.</summary>
internal static class ProvenanceMarkdown
{
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        StringBuilder text = new(
            words.Say("\n## Methods and provenance\n\n", "\n## Métodos e procedência\n\n")
                + $"{ReportMarkdown.Escape(MethodFacts.Method(report))}\n\n"
        );
        foreach ((string name, string value) in Lines(report, words))
        {
            text.Append($"- {ReportMarkdown.Escape(name)}: {ReportMarkdown.Escape(value)}\n");
        }

        text.Append(words.Say("\n## What each number means\n\n", "\n## O que cada número significa\n\n"));
        bool clusters = report.Shown.Tasks.Any(t => t.NamesClusters);
        foreach (string column in Explanations.Columns(words, clusters, hover: false))
        {
            text.Append($"- {ReportMarkdown.Escape(column)}\n");
        }

        return text.Append(Again(words)).ToString();
    }

    private static IEnumerable<(string, string)> Lines(RunReport report, Words words) =>
        [
            (words.Say("base", "base"), Facts.Model(report)),
            (words.Say("training", "treino"), Facts.Training(report)),
            .. report.Steps.Count == 0
                ? []
                : ((string, string)[])
                    [(words.Say("training loss", "perda de treino"), TrainingFigure.Losses(report.Steps, words))],
            MethodFacts.Seed(report),
            .. report.Shown.Tasks.Select(b => (b.Task, Facts.Sample(b, words))),
            .. report.Stages.Count == 0
                ? []
                : ((string, string)[])
                    [
                        (words.Say("stages", "etapas"), Facts.Stages(report)),
                        (
                            words.Say("energy of the processor", "energia do processador"),
                            MethodFacts.SharedEnergy(report.Stages, words) is { } shared
                                ? $"{MethodFacts.Energy(report.Stages, words)}. {shared}"
                                : MethodFacts.Energy(report.Stages, words)
                        ),
                    ],
            .. report.Stages.Count == 0
                ? []
                : ((string, string)[])
                    [
                        (
                            words.Say("machine and versions", "máquina e versões"),
                            string.Join("; ", Facts.Environment(report).Select(e => $"{e.Name} {e.Value}"))
                        ),
                    ],
            .. MethodFacts.Protocols(report),
            .. MethodFacts.Outputs(report),
        ];

    private static string Again(Words words) =>
        words.Say("\n## How to repeat the study\n\n", "\n## Para repetir\n\n")
        + words.Say(
            "Run these in the run folder: its study.json holds every setting, defaults included.",
            "Execute na pasta da execução: seu study.json traz todos os ajustes, inclusive os padrões."
        )
        + $"\n\n```sh\n{MethodFacts.Commands}\n```\n\n{MethodFacts.Repeating(words)} "
        + words.Say(
            "report.html next to this file shows the items.\n",
            "report.html, ao lado deste arquivo, mostra os itens.\n"
        );
}
