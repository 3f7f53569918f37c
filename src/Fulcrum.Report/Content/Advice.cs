using Fulcrum.Comparisons;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>Says why a verdict is what it is, and what to do next, in plain sentences.</summary>
internal static class Advice
{
    /// <summary>Returns the sentences of one candidate's verdict.</summary>
    public static string Of(CandidateComparison candidate, Words words)
    {
        Verdict v = candidate.Verdict;
        return v.Kind switch
        {
            VerdictKind.Accept when v.GainOnly => words.Say(
                "The gain on the target is shown. The cost on other tasks was not measured.",
                "O ganho no alvo está demonstrado. O custo em outras tarefas não foi medido."
            ),
            VerdictKind.Accept => words.Say(
                "The gain on the target is shown. Any loss on the general tasks is shown to lie within the margin.",
                "O ganho no alvo está demonstrado. Está demonstrado que qualquer perda nas tarefas gerais "
                    + "fica dentro da margem."
            ),
            VerdictKind.Reject => string.Join(" ", v.Findings.Select(f => Objection(f, words)).OfType<string>()),
            _ => string.Join(" ", Undecided(candidate, words)),
        };
    }

    private static IEnumerable<string> Undecided(CandidateComparison candidate, Words words)
    {
        Verdict v = candidate.Verdict;
        string none = string.Join(
            ", ",
            v.Findings.Where(f => f.Judgement == TaskJudgement.NoEvidence).Select(f => f.Task)
        );
        if (none.Length > 0)
        {
            yield return words.Say(
                $"No evidence on {none}: the base scores hardly better than without any knowledge, so nothing could be "
                    + "lost there.",
                $"Sem evidência em {none}: a base pontua pouco melhor do que sem conhecimento algum, então nada se "
                    + "poderia perder ali."
            );
            foreach (string why in candidate.Tasks.Where(t => Lacks(v, t)).Select(t => Floor(t, words)))
            {
                yield return why;
            }
        }

        PairedResult[] results =
        [
            .. v.Findings.Select(f => candidate.Tasks.FirstOrDefault(t => t.Task == f.Task)).OfType<PairedResult>(),
        ];
        TaskRole[] roles = [.. results.Select(r => v.Findings.First(f => f.Task == r.Task).Role)];
        IReadOnlyList<double> failing = Judgement.Failing(results, roles, v.Margin);
        (PairedResult Task, string? Why)[] open =
        [
            .. results
                .Select((r, i) => (Task: r, Why: Why(r, roles[i], failing[i], results.Length, v.Margin, words)))
                .Where(r => v.Findings.First(f => f.Task == r.Task.Task).Judgement == TaskJudgement.Open),
        ];
        foreach (string why in open.Select(o => o.Why).OfType<string>())
        {
            yield return why;
        }

        string more = string.Join(", ", open.Where(o => o.Why is null).Select(o => o.Task.Task));
        if (more.Length > 0)
        {
            yield return words.Say(
                $"The intervals of {more} allow both answers. A decision needs more items.",
                $"Os intervalos de {more} permitem as duas respostas. Uma decisão exige mais itens."
            );
        }
    }

    private static bool Lacks(Verdict v, PairedResult r) =>
        v.Findings.Any(f => f.Task == r.Task && f.Judgement == TaskJudgement.NoEvidence);

    private static string Floor(PairedResult r, Words words)
    {
        string score = words.Percent(r.Before.Score),
            chance = r.Chance is { } c
                ? words.Say($", chance level {words.Percent(c)}", $", nível do acaso {words.Percent(c)}")
                : "";
        string? without = r.WithoutKnowledge is { } w
            ? w.Answer is { } answer
                ? words.Say(
                    $", and always answering '{Sentences.Short(answer)}' {words.Percent(w.Score)}",
                    $", e responder sempre '{Sentences.Short(answer)}' {words.Percent(w.Score)}"
                )
                : words.Say(
                    $", and replies to other items {words.Percent(w.Score)}",
                    $", e respostas a outros itens {words.Percent(w.Score)}"
                )
            : "";
        return words.Say(
            $"{r.Task}: the base scores {score}{chance}{without}.",
            $"{r.Task}: a base pontua {score}{chance}{without}."
        );
    }

    // Null: only more items help.
    private static string? Why(PairedResult r, TaskRole role, double failing, int tasks, double margin, Words words)
    {
        bool target = role == TaskRole.Target;
        double limit = target ? 0 : -margin / 100;
        return r.NothingSolved ? Unsolved(r, words)
            : target && r.Gained + r.Lost == 0 ? Unlearned(r, words)
            : r.Difference.High < limit && failing >= Judgement.OneSided ? Adjusted(r, failing, tasks, words)
            : !target && r.Difference.Low > limit && r.AgainstLimits.Low <= limit ? FewChanged(r, words)
            : r.Bounds is { } && (r.Difference.Low > limit || r.Difference.High < limit)
                ? words.Say(
                    $"On {r.Task} the verdict depends on how the unscored items count: find out why they are unscored.",
                    $"Em {r.Task} o veredito depende de como contam os itens sem nota: descubra por que estão sem nota."
                )
            : null;
    }

    private static string FewChanged(PairedResult r, Words words) =>
        words.Say(
            $"{r.Task}: the changes come from too few clusters to show how changes cluster, so a loss on other "
                + "clusters may have been missed. More clusters help most. If these clusters are the benchmark, set "
                + "the task's estimand to items.",
            $"{r.Task}: as mudanças vêm de agrupamentos demasiado poucos para mostrar como se agrupam, então uma "
                + "perda em outros agrupamentos pode ter passado despercebida. Mais agrupamentos ajudam mais. Se estes "
                + "agrupamentos são o benchmark, "
                + "defina estimand da tarefa como items."
        );

    private static string Unsolved(PairedResult r, Words words) =>
        words.Say(
            $"Neither side solved an item of {r.Task}, so more items would not help: look at the replies",
            $"Nenhum dos lados resolveu um item de {r.Task}, então mais itens não ajudariam: examine as respostas"
        )
        + (
            r.Replies is { } s && (s.Before.ManyAtLimit || s.After.ManyAtLimit)
                ? words.Say(
                    ", and let them end: raise maxNewTokens of the task, with check or measure by --max-new-tokens.",
                    ", e deixe que terminem: aumente maxNewTokens da tarefa, com check ou measure por --max-new-tokens."
                )
                : "."
        );

    private static string Unlearned(PairedResult r, Words words) =>
        words.Say(
            $"Nothing was learned on {r.Task}: no item changed. Look at the training (its loss, learning rate and "
                + "data) before asking more items.",
            $"Nada foi aprendido em {r.Task}: nenhum item mudou. Examine o treinamento (perda, taxa de aprendizado e "
                + "dados) antes de fazer mais perguntas."
        );

    private static string Adjusted(PairedResult r, double failing, int tasks, Words words) =>
        words.Say(
            $"The interval of {r.Task} alone shows a failure, but {tasks} tasks were tested: adjusted for that "
                + $"(Holm), its one-sided p is {words.P(failing)}, and a reject needs less than 0.025.",
            $"O intervalo de {r.Task} sozinho mostra uma falha, mas {tasks} tarefas foram testadas: ajustado por isso "
                + $"(Holm), seu p unilateral é {words.P(failing)}, e rejeitar exige menos de 0,025."
        );

    // The part of the rule that was broken, and the task that broke it.
    private static string? Objection(Finding f, Words words) =>
        f.Judgement switch
        {
            TaskJudgement.NotGained => words.Say(
                $"{f.Task} is shown not to gain.",
                $"Está demonstrado que {f.Task} não ganha."
            ),
            TaskJudgement.BeyondMargin => words.Say(
                $"The loss on {f.Task} is shown to exceed the margin.",
                $"Está demonstrado que a perda em {f.Task} excede a margem."
            ),
            _ => null,
        };
}
