using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>Checks the numbers of a run for signs that the measurement is invalid.</summary>
internal static class ValidityChecks
{
    private const double Unlikely = 0.01,
        Many = 0.1;

    /// <summary>The findings, the gravest first.</summary>
    public static IReadOnlyList<string> Faults(RunReport report) =>
        [
            .. UnequalProtocols(report),
            .. report.Answers.SelectMany(a => BelowChance(report, a.Key, a.Value)),
            .. report.Answers.SelectMany(a => Unparsable(report, a.Key, a.Value)),
            .. Truncated(report),
            .. report.Answers.SelectMany(a => CutReplies(report, a.Key, a.Value)),
            .. Undefined(report),
        ];

    /// <summary>What the findings amount to.</summary>
    public static string Judgement(IReadOnlyList<string> faults, Words words) =>
        faults.Count == 0
            ? words.Say(
                "The checks found nothing that invalidates the measurement.",
                "As verificações não encontraram nada que invalide a medição."
            )
            : words.Say(
                "The measurement is invalid: no conclusion can be drawn from this table.",
                "A medição é inválida: nenhuma conclusão pode ser tirada desta tabela."
            );

    private static IEnumerable<string> UnequalProtocols(RunReport report) =>
        (report.ProtocolDifferences ?? new Dictionary<string, IReadOnlyList<string>>())
            .Where(d => d.Value.Count > 0)
            .Select(d =>
                report.Words.Say(
                    $"Base and candidate were prompted differently on {d.Key}. "
                        + $"They differ in {string.Join(", ", d.Value)}. The difference cannot be attributed to "
                        + "the training.",
                    $"A base e o candidato receberam prompts diferentes em {d.Key}. "
                        + $"Diferem em {string.Join(", ", d.Value)}. A diferença não pode ser atribuída ao treino."
                )
            );

    private static IEnumerable<string> BelowChance(
        RunReport report,
        string task,
        IReadOnlyList<(Answer Before, Answer After)> answers
    )
    {
        if (report.Study.NamedTasks.FirstOrDefault(b => b.Name == task)?.KnownChance() is not { } chance)
        {
            yield break;
        }

        foreach ((string side, Answer[] of) in Sides(report, answers))
        {
            int right = of.Count(a => a.Score == 1);
            double p = Proportion.AtMostByChance(right, of.Length, chance);
            if (p < Unlikely)
            {
                yield return report.Words.Say(
                    $"{task} {side}: {right} of {of.Length} right "
                        + $"({report.Words.Percent((double)right / of.Length)}), "
                        + $"chance level {report.Words.Percent(chance)}; P(this few or fewer by chance) "
                        + $"= {P(p)}. This answer-scoring method does not measure knowledge.",
                    $"{task} {side}: {right} de {of.Length} certas "
                        + $"({report.Words.Percent((double)right / of.Length)}), "
                        + $"nível do acaso {report.Words.Percent(chance)}; P(tão poucas ou menos por acaso) "
                        + $"= {P(p)}. Este método de pontuação não mede conhecimento."
                );
            }
        }
    }

    private static IEnumerable<string> Unparsable(
        RunReport report,
        string task,
        IReadOnlyList<(Answer Before, Answer After)> answers
    ) =>
        from side in Sides(report, answers)
        let unread = side.Answers.Count(a => a.Verdict is "unparsable" or "no-query")
        where unread > Many * side.Answers.Length
        select report.Words.Say(
            $"{task} {side.Name}: {unread} of {side.Answers.Length} answers could not be parsed. "
                + "They are graded as incorrect.",
            $"{task} {side.Name}: {unread} de {side.Answers.Length} respostas não puderam ser "
                + "analisadas. Contam como erradas."
        );

    private static IEnumerable<string> CutReplies(
        RunReport report,
        string task,
        IReadOnlyList<(Answer Before, Answer After)> answers
    ) =>
        from side in Sides(report, answers)
        let written = side.Answers.Where(a => a.Finish is not null).ToArray()
        let cut = written.Count(ReplyCounts.IsAtLimit)
        where cut > 0.5 * written.Length && written.Length > 0
        select report.Words.Say(
            $"{task} {side.Name}: {cut} of {written.Length} replies were truncated at the token limit.",
            $"{task} {side.Name}: {cut} de {written.Length} respostas foram truncadas no limite de tokens."
        );

    private static IEnumerable<string> Truncated(RunReport report)
    {
        if (report.TrainingData is not { Truncated: > 0 } data)
        {
            return [];
        }

        Words words = report.Words;
        string used = words.Percent((double)data.CompletionTokens / Math.Max(1, data.CompletionTokensGiven)),
            questions = words.Percent(1 - (double)data.CompletionTokens / Math.Max(1, data.Tokens));
        string truncated = words.Say(
            $"Training: {data.Truncated} of {data.Examples} examples were truncated. "
                + $"{data.WithoutCompletion} of them kept no token of their answer. "
                + $"Training used {used} of all answer tokens.",
            $"Treino: {data.Truncated} de {data.Examples} exemplos foram truncados. "
                + $"{data.WithoutCompletion} deles não mantiveram nenhum token da resposta. "
                + $"O treino usou {used} de todos os tokens de resposta."
        );
        return data.Loss != LossTokens.All
            ? [truncated]
            :
            [
                truncated,
                words.Say(
                    $"Training: the loss was taken on the prompts too, so {questions} of what was learned "
                        + "is the questions.",
                    $"Treino: a perda foi tomada também sobre os prompts, de modo que {questions} do que se aprendeu "
                        + "são as perguntas."
                ),
            ];
    }

    private static IEnumerable<string> Undefined(RunReport report)
    {
        RelativeRow[] rows = report.Study.RelativeTable is null
            ? []
            : [.. RelativeTable.Of(report).Where(r => !double.IsFinite(r.Change))];
        return rows.Length == 0
            ? []
            :
            [
                report.Words.Say(
                    "A change in percent of 0 is no number: "
                        + $"{string.Join("; ", rows.Select(r => $"{r.Metric} {r.Printed}"))}.",
                    "Uma mudança percentual a partir de 0 não é um número: "
                        + $"{string.Join("; ", rows.Select(r => $"{r.Metric} {r.Printed}"))}."
                ),
            ];
    }

    private static (string Name, Answer[] Answers)[] Sides(
        RunReport report,
        IReadOnlyList<(Answer Before, Answer After)> answers
    ) =>
        [
            (report.Words.Say("before", "antes"), [.. answers.Select(a => a.Before)]),
            (report.Words.Say("after", "depois"), [.. answers.Select(a => a.After)]),
        ];

    private static string P(double p) =>
        p < 1e-4 ? "< 0.0001" : p.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture);
}
