using Fulcrum.Comparisons;

namespace Fulcrum.Report.Content;

/// <summary>The minimum detectable differences of a candidate's tasks, as rows of texts.</summary>
internal static class PowerTable
{
    /// <summary>What the table shows.</summary>
    public static string Explanation(Words words) =>
        words.Say(
            "Minimum detectable difference in percentage points, by the share of items that change "
                + "(80% power, two-sided test at 5%). Before the run nothing is known of clusters, so a design effect "
                + "of 2 is assumed where a task generalises to other clusters. "
                + "\"Detectable\" says whether the difference that is wanted (the "
                + "margin of a general task) is large enough for this sample, as observed. Where too few items changed "
                + "for such a figure, the upper bound of the share that can change (95%) stands in its place.",
            "Diferença mínima detectável em pontos percentuais, pela parcela de itens que mudam "
                + "(poder de 80%, teste bilateral a 5%). Antes da execução nada se sabe dos agrupamentos, por isso "
                + "supõe-se um efeito do desenho de 2 onde uma tarefa generaliza para outros agrupamentos. "
                + "\"Detectável\" diz se a diferença desejada (a margem de uma "
                + "tarefa geral) é grande o bastante para esta amostra, como observado. Onde mudaram itens de menos "
                + "para esse valor, o limite superior da parcela que pode mudar (95%) está no lugar dele."
        );

    /// <summary>The names of the columns and the rows of the tasks. A column that no task fills is left out.</summary>
    /// <param name="tasks">Their results, which say where several items ask the same question.</param>
    public static (string[] Heads, string[][] Rows) Of(
        IReadOnlyList<TaskPower> power,
        IReadOnlyList<PairedResult> tasks,
        Words words
    )
    {
        string[] heads = Heads(words);
        bool Repeats(TaskPower p) => tasks.Any(t => t.Task == p.Task && t.AskedItems is not null);
        string[][] rows = [.. power.Select(p => Row(p, Repeats(p), words))];
        int[] filled = [.. Enumerable.Range(0, heads.Length).Where(c => rows.Any(r => r[c] != Nothing))];
        return ([.. filled.Select(c => heads[c])], [.. rows.Select(r => filled.Select(c => r[c]).ToArray())]);
    }

    private const string Nothing = "–";

    private static string[] Heads(Words words) =>
        [
            words.Say("task", "tarefa"),
            words.Say("items", "itens"),
            words.Say("clusters", "agrupamentos"),
            words.Say("before the run", "antes da execução"),
            words.Say("as observed", "como observado"),
            words.Say("design effect", "efeito do desenho"),
            words.Say("wanted", "desejada"),
            words.Say("detectable", "detectável"),
        ];

    private static string[] Row(TaskPower p, bool repeats, Words words) =>
        [
            p.Task,
            words.Count(p.Items) + (repeats ? words.Say(" questions", " perguntas") : ""),
            p.Clusters > 1 ? words.Count(p.Clusters) : Nothing,
            string.Join("; ", p.Expected.Select(e => Effect(e, words))),
            Observed(p, words),
            p.DesignEffect is { } d ? words.Number(d, "0.00") : Nothing,
            p.Looking is { } l ? words.Number(l) : Nothing,
            p.Looking is null || p.Sees is not { } sees ? Nothing
            : sees ? words.Say("✓ yes", "✓ sim")
            : words.Say("✗ no", "✗ não"),
        ];

    private static string Observed(TaskPower p, Words words) =>
        p.Observed is not { } seen
            ? words.Say("not known: the items show no spread", "desconhecido: os itens não mostram dispersão")
        : p.ChangeAtMost is { } most ? Changed(seen.Discordance, words) + AtMost(most, p, words)
        : Effect(seen, words);

    private static string Changed(double share, Words words) =>
        share == 0
            ? words.Say("no item changed; ", "nenhum item mudou; ")
            : words.Say(
                $"{words.Percent(share)} of the items changed; ",
                $"{words.Percent(share)} dos itens mudaram; "
            );

    private static string AtMost(double most, TaskPower p, Words words) =>
        words.Say($"at most {words.Percent(most)} can change", $"no máximo {words.Percent(most)} podem mudar")
        + (
            p.Looking is null ? ""
            : p.Sees == true ? words.Say(", less than the wanted difference", ", menos que a diferença desejada")
            : words.Say(", not less than the wanted difference", ", não menos que a diferença desejada")
        );

    private static string Effect(DetectableEffect e, Words words) =>
        words.Say(
            $"{Points(e, words)} at {words.Percent(e.Discordance)}",
            $"{Points(e, words)} com {words.Percent(e.Discordance)}"
        );

    private static string Points(DetectableEffect e, Words words) =>
        e.Points is { } p ? words.Size(p) : words.Say("none", "nenhuma");
}
