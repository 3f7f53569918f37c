using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Studies;

namespace Fulcrum.Report.Content;

/// <summary>Explains what the numbers of a comparison mean, a plain sentence for each.</summary>
internal static class Explanations
{
    /// <summary>How a task with early decision ended; empty where all items were asked.</summary>
    public static string Early(PairedResult b, Words words)
    {
        if (b.Early is not { } early)
        {
            return "";
        }

        string asked = $"{words.Count(early.Asked)} {words.Say("of", "de")} {words.Count(early.Planned)}";
        return words.Say(
            $"{b.Task} was asked {asked} items ({words.Percent(early.Share)}) in "
                + $"{Looks(early.Looks.Count, words)}; {Outcome(early, words)}. The interval is the repeated one: "
                + $"it is wider than an interval of one look and stays valid although the answers were looked at "
                + $"several times.",
            $"{b.Task} recebeu {asked} itens ({words.Percent(early.Share)}) em "
                + $"{Looks(early.Looks.Count, words)}; {Outcome(early, words)}. O intervalo é o repetido: mais "
                + $"largo que o de uma só inspeção, ele continua válido embora as respostas tenham sido "
                + $"inspecionadas várias vezes."
        );
    }

    /// <summary>What the list of a run's warnings is called.</summary>
    public static string Warnings(Words words) => words.Say("Warnings of the run:", "Avisos da execução:");

    /// <summary>Which guards failed and were overridden, and which had nothing to look at; a sentence each.</summary>
    public static IEnumerable<string> Guards(IReadOnlyList<GuardResult> guards, Words words)
    {
        string Named(GuardStatus status) =>
            string.Join(
                ", ",
                guards
                    .Where(g => g.Status == status && g.Name != GuardNames.AdapterBase)
                    .Select(g => g.Benchmark is { } task ? $"{g.Name} ({task})" : g.Name)
                    .Distinct()
            );
        string broken = Named(GuardStatus.Overridden),
            unknown = Named(GuardStatus.NotChecked);
        if (broken.Length > 0)
        {
            yield return words.Say(
                $"Guards that failed and were overridden, so the figures may mean nothing: {broken}.",
                $"Verificações que falharam e foram anuladas; os números podem nada significar: {broken}."
            );
        }

        if (unknown.Length > 0)
        {
            yield return words.Say(
                $"Not checked, because there was nothing to look at: {unknown}.",
                $"Não verificado, porque não havia o que examinar: {unknown}."
            );
        }

        foreach (string doubt in AdapterDoubts(guards, words))
        {
            yield return doubt;
        }
    }

    /// <summary>Which adapters may belong to another base; a sentence each.</summary>
    public static IEnumerable<string> AdapterDoubts(IReadOnlyList<GuardResult> guards, Words words) =>
        guards
            .Where(g => g.Name == GuardNames.AdapterBase && g.Status == GuardStatus.NotChecked)
            .Select(g => words.Say($"Not checked: {g.Message}.", $"Não verificado: {g.Message}."));

    /// <summary>Which p are adjusted, and for how many tests; null where no task has groups.</summary>
    /// <param name="brackets">Whether the table shows the adjusted p of a task in brackets.</param>
    public static string? Adjusted(IReadOnlyList<PairedResult> tasks, Words words, bool brackets = false)
    {
        PairedResult[] grouped = [.. tasks.Where(t => t.Groups.Any(Signs.IsAdjusted))];
        string counts = string.Join(", ", grouped.Select(t => $"{t.Task} {words.Count(t.Groups.Count)}"));
        string ofTask =
            brackets && tasks.Any(t => t.AdjustedP is not null)
                ? words.Say(
                    "In brackets the p of a task is adjusted for all tasks (Holm).",
                    "Entre colchetes o p de uma tarefa está ajustado para todas as tarefas (Holm)."
                )
                : words.Say("The p of a task is not adjusted.", "O p de uma tarefa não está ajustado.");
        return grouped.Length == 0
            ? null
            : words.Say(
                $"{Signs.Adjusted} The p of a group is multiplied by the number of groups of its task (Bonferroni): "
                    + $"{counts}. {ofTask}",
                $"{Signs.Adjusted} O p de um grupo está multiplicado pelo número de grupos de sua tarefa "
                    + $"(Bonferroni): {counts}. {ofTask}"
            );
    }

    /// <summary>What the table of the differences shows.</summary>
    /// <param name="clusters">Whether a task names clusters.</param>
    public static string Table(bool clusters, Words words) =>
        words.Say(
            "Differences are in percentage points with 95% intervals. p belongs to the same interval; in brackets it "
                + "is adjusted for all tasks (Holm). Intervals of groups hold for all groups of a task together. ",
            "As diferenças estão em pontos percentuais com intervalos de 95%. p pertence ao mesmo intervalo; entre "
                + "colchetes está ajustado para todas as tarefas (Holm). Os intervalos dos grupos valem juntos para "
                + "todos os grupos de uma tarefa. "
        ) + Signs.Legend(words, clusters);

    /// <summary>Which candidate was selected, and on which items it is judged; empty without a selection.</summary>
    public static string Selection(Comparison comparison, Words words)
    {
        if (comparison.Selection is not { } s)
        {
            return "";
        }

        string others =
            s.Confirmed.Count > 1
                ? words.Say(
                    $" Its neighbours {string.Join(", ", s.Confirmed.Where(n => n != s.Chosen))} are shown "
                        + $"beside it and had no part in the verdict.",
                    $" Os vizinhos {string.Join(", ", s.Confirmed.Where(n => n != s.Chosen))} aparecem ao "
                        + $"lado e não participam do veredito."
                )
                : "";
        string found = SearchSentences.Found(comparison, words);
        return (found.Length > 0 ? found + " " : "")
            + words.Say(
                $"{s.Chosen} was selected from {s.Candidates} candidates on one half of the items. All "
                    + $"figures here come from the other half, which had no part in the choice.",
                $"{s.Chosen} foi selecionado entre {s.Candidates} candidatos em uma metade dos itens. Todos "
                    + $"os números aqui vêm da outra metade, que não participou da escolha."
            )
            + others;
    }

    /// <summary>What is known of this adapter, and what of training again: one sentence each. Empty for a candidate
    /// that is derived from another.</summary>
    public static IReadOnlyList<string> Recipe(
        CandidateComparison candidate,
        Comparison comparison,
        Study study,
        Words words
    )
    {
        CandidatePlan? plan = study.Candidates.GetValueOrDefault(candidate.Name);
        if (plan?.Way is not (CandidateWay.Train or CandidateWay.Adapter or CandidateWay.Model or CandidateWay.Command))
        {
            return [];
        }

        string own = string.Join("; ", candidate.Tasks.Select(t => $"{t.Task} {words.Change(t.Difference)}"));
        (string english, string portuguese) =
            plan.Way == CandidateWay.Model ? ("model", "modelo") : ("adapter", "adaptador");
        return
        [
            words.Say(
                $"This {english}, on other items or clusters, as stated above: {own}.",
                $"Este {portuguese}, em outros itens ou agrupamentos, como dito acima: {own}."
            ),
            words.Say(
                "This recipe, trained again with another seed: ",
                "Esta receita, treinada de novo com outra semente: "
            )
                + (
                    comparison.Seeds?.FirstOrDefault(r => r.Recipe == candidate.Name) is { } seeds
                        ? string.Join("; ", seeds.Tasks.Select(t => Seeds(t, words))) + "."
                    : plan.IsMade ? words.Say("not known (one seed).", "desconhecido (uma semente).")
                    : words.Say("not known.", "desconhecido.")
                ),
        ];
    }

    /// <summary>What the columns of the tables mean.</summary>
    /// <param name="clusters">Whether a task names clusters.</param>
    /// <param name="hover">Whether intervals of scores appear on hover; otherwise they are in the table.</param>
    public static IReadOnlyList<string> Columns(Words words, bool clusters, bool hover) =>
        [
            words.Say(
                "Items: how many were scored both before and after; only these are compared.",
                "Itens: quantos receberam nota antes e depois; só estes são comparados."
            ),
            hover
                ? words.Say(
                    "Before and after: the mean score of each side; its 95% interval appears on hover.",
                    "Antes e depois: a nota média de cada lado; o intervalo de 95% aparece ao passar o cursor."
                )
                : words.Say(
                    "Before and after: the mean score of each side, with its 95% interval.",
                    "Antes e depois: a nota média de cada lado, com o intervalo de 95%."
                ),
            words.Say(
                "Difference: after minus before in percentage points; 95 of 100 such intervals contain the "
                    + "true difference.",
                "Diferença: depois menos antes em pontos percentuais; 95 de 100 intervalos assim contêm a "
                    + "diferença verdadeira."
            ),
            words.Say(
                "Gained and lost: items that became right and items that became wrong.",
                "Ganhos e perdidos: itens que passaram a certos e itens que passaram a errados."
            ),
            words.Say(
                "p: how often a difference at least this large arises by chance if nothing changed; it "
                    + "agrees with the interval.",
                "p: com que frequência uma diferença ao menos tão grande surge por acaso se nada mudou; "
                    + "concorda com o intervalo."
            ),
            words.Say(
                "p in brackets: the same, adjusted for the number of tasks by Holm's method.",
                "p entre colchetes: o mesmo, ajustado pelo número de tarefas pelo método de Holm."
            ),
            .. clusters
                ? new[]
                {
                    words.Say(
                        "Lowest cluster: the group of items that lost most; it is chosen for being lowest, so "
                            + "it is a description and no test.",
                        "Agrupamento mais baixo: o grupo de itens que mais perdeu; é escolhido por ser o mais baixo, "
                            + "logo o número descreve e não é um teste."
                    ),
                }
                : [],
            words.Say(
                "Probability of the right answer: what the model gives to the right option, on average; it "
                    + "reacts sooner than the score, but it is another quantity and is not compared with the "
                    + "margin.",
                "Probabilidade da resposta certa: o que o modelo atribui à opção certa, em média; reage "
                    + "antes da nota, mas é outra grandeza e não se compara com a margem."
            ),
        ];

    private static string Looks(int count, Words words) =>
        count == 1 ? words.Say("1 look", "1 inspeção") : words.Say($"{count} looks", $"{count} inspeções");

    private static string Outcome(EarlyResult early, Words words)
    {
        string limit = words.Points(early.Limit);
        return early.Outcome switch
        {
            LookOutcome.Above => words.Say(
                $"then the whole interval lay above the limit of {limit}",
                $"então todo o intervalo ficou acima do limite de {limit}"
            ),
            LookOutcome.Below => words.Say(
                $"then the whole interval lay below the limit of {limit}",
                $"então todo o intervalo ficou abaixo do limite de {limit}"
            ),
            LookOutcome.Futile => words.Say(
                $"then the remaining items were unlikely (below 5%) to decide about the limit of {limit}",
                $"então era improvável (abaixo de 5%) que os itens restantes decidissem sobre o limite de {limit}"
            ),
            _ => words.Say(
                $"all items did not decide about the limit of {limit}",
                $"todos os itens não decidiram sobre o limite de {limit}"
            ),
        };
    }

    private static string Seeds(SeedsResult seeds, Words words) =>
        seeds.Recipe is not { } r
            ? words.Say($"{seeds.Task} not known (one seed)", $"{seeds.Task} desconhecido (uma semente)")
            : $"{seeds.Task} {words.Change(new Difference(r.Points, r.Low, r.High, r.StandardError))}"
                + words.Say($" from {r.Seeds} seeds", $" de {r.Seeds} sementes")
                + (
                    r.Seeds < RecipeEstimate.LeastSeeds
                        ? words.Say(", too few for a verdict", ", poucas para um veredito")
                        : ""
                );
}
