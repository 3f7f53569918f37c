using Fulcrum.Runs;

namespace Fulcrum.Report.Content;

/// <summary>How the figures came about, and how to get them again: the same words in every form of the
/// report.</summary>
internal static class MethodFacts
{
    /// <summary>The commands that repeat a run, for its run folder.</summary>
    public const string Commands = """
        fulcrum run study.json --output again
        fulcrum compare . again
        """;

    /// <summary>How base and candidate were asked, and what the intervals are.</summary>
    public static string Method(RunReport report) =>
        report.Words.Say(
            $"{Asking(report)} A difference is the mean of paired differences, with a 95% interval for the stated "
                + $"estimand{Estimands(report)}. Single scores carry Wilson intervals. The file docs/method.md of the "
                + "program holds the formulas and their sources.",
            $"{Asking(report)} Uma diferença é a média das diferenças pareadas, com um intervalo de 95% para o "
                + $"estimando indicado{Estimands(report)}. Notas isoladas trazem intervalos de Wilson. O arquivo "
                + "docs/method.md do programa contém as fórmulas e suas fontes."
        );

    /// <summary>What the seed of the study drew. An adapter from elsewhere was trained with a seed that is not known.
    /// Then the seed drew the items only.</summary>
    public static (string Name, string Value) Seed(RunReport report) =>
        (
            report.Study.Candidates.Values.Any(c => c.IsMade)
                ? report.Words.Say("seed", "semente")
                : report.Words.Say("items drawn by seed", "itens sorteados pela semente"),
            $"{report.Study.Seed}"
        );

    /// <summary>The SHA-256 of each task's protocol.</summary>
    public static IEnumerable<(string Name, string Value)> Protocols(RunReport report) =>
        report
            .Shown.Tasks.Where(b => b.Protocol is not null)
            .Select(b => (report.Words.Say($"protocol of {b.Task}", $"protocolo de {b.Task}"), b.Protocol!));

    /// <summary>The comparison and the adapters, with their SHA-256.</summary>
    public static IEnumerable<(string Name, string Value)> Outputs(RunReport report) =>
        report
            .Stages.SelectMany(s => s.Outputs)
            .Select(o => (Name: $"{o.Key}", o.Value))
            .Where(o =>
                o.Name == "comparison.json" || o.Name.EndsWith("/adapter_model.safetensors", StringComparison.Ordinal)
            );

    /// <summary>The energy of the processor over stages.</summary>
    public static string Energy(IReadOnlyList<Manifest> stages, Words words) =>
        EnergyUse.Sum(stages) is { } joules and > 0
            ? $"{words.Number(joules / 3600, "0.00")} Wh"
            : words.Say("not reported", "não informada");

    /// <summary>Why the energy of the stages does not add up to the total; null where it does.</summary>
    public static string? SharedEnergy(IReadOnlyList<Manifest> stages, Words words) =>
        EnergyUse.Sum(stages) is { } total && total < 0.999 * stages.Sum(s => s.Joules)
            ? words.Say(
                "Some stages ran at the same time. The energy of each includes that of the others. The total counts it "
                    + "once.",
                "Algumas etapas foram executadas ao mesmo tempo. A energia de cada uma inclui a das outras. O total a "
                    + "conta uma só vez."
            )
            : null;

    /// <summary>What the commands need and give.</summary>
    public static string Repeating(Words words) =>
        words.Say(
            "With the same model, data, versions and machine, comparison.json is byte-identical. The model and the "
                + "data must be where study.json says.",
            "Com o mesmo modelo, os mesmos dados, versões e máquina, comparison.json sai idêntico byte a byte. O "
                + "modelo e os dados devem estar onde study.json diz."
        );

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

    private static string Estimands(RunReport report) =>
        report.Shown.Tasks.Any(t => t.NamesClusters)
            ? report.Words.Say(" (other items, or other clusters)", " (outros itens, ou outros agrupamentos)")
            : report.Words.Say(" (other items)", " (outros itens)");
}
