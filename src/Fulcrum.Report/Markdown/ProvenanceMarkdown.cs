using System.Text;
using Fulcrum.Report.Content;

namespace Fulcrum.Report.Markdown;

/// <summary>Model, machine, durations, and the command that repeats the run.</summary>
internal static class ProvenanceMarkdown
{
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        StringBuilder text = new(words.Say("\n## Provenance\n\n", "\n## Procedência\n\n"));
        foreach ((string name, string value) in Lines(report, words))
        {
            text.Append($"- {ReportMarkdown.Escape(name)}: {ReportMarkdown.Escape(value)}\n");
        }

        return text.Append(Again(words)).ToString();
    }

    private static IEnumerable<(string, string)> Lines(RunReport report, Words words) =>
        [
            (words.Say("model", "modelo"), Facts.Model(report)),
            (words.Say("training", "treino"), Facts.Training(report)),
            .. report.Shown.Tasks.Select(b => (b.Task, Facts.Sample(b, words))),
            .. report.Stages.Count == 0
                ? []
                : ((string, string)[])[(words.Say("stages", "etapas"), Facts.Stages(report))],
            .. report.Stages.Count == 0
                ? []
                : ((string, string)[])
                    [
                        (
                            words.Say("machine and versions", "máquina e versões"),
                            string.Join("; ", Facts.Environment(report).Select(e => $"{e.Name} {e.Value}"))
                        ),
                    ],
        ];

    private static string Again(Words words) =>
        words.Say(
            """

            ## How to repeat the study

            ```sh
            # Run these in the run folder: its study.json holds every setting, defaults included.
            fulcrum run study.json --output again
            fulcrum compare . again
            ```

            With the same model, data, versions and machine, `comparison.json` is byte-identical.
            The model and the data must be where `study.json` says. `report.html` next to this file shows the items.

            """,
            """

            ## Para repetir

            ```sh
            # Na pasta da execução: seu study.json traz todos os ajustes, inclusive os padrões.
            fulcrum run study.json --output again
            fulcrum compare . again
            ```

            Com o mesmo modelo, os mesmos dados, versões e máquina, `comparison.json` sai idêntico byte a byte.
            O modelo e os dados devem estar onde `study.json` diz. `report.html`, ao lado
            deste arquivo, mostra os itens.

            """
        );
}
