using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;

namespace Fulcrum.Report.Content;

/// <summary>One reading of some questions.</summary>
/// <param name="Kind">The answer-scoring method.</param>
/// <param name="UnparsableBefore">Share of answers that could not be read; null where every answer can be.</param>
internal sealed record Reading(
    AnswerScoring Kind,
    PairedResult Comparison,
    double? UnparsableBefore,
    double? UnparsableAfter
);

/// <summary>The same questions read in several ways: whether knowledge was lost or the way of answering.</summary>
internal static class Readings
{
    /// <summary>The tasks of a study that ask the same questions in more than one reading, together.</summary>
    public static IReadOnlyList<IReadOnlyList<Reading>> Of(RunReport report) =>
        [
            .. report
                .Study.NamedTasks.Where(b => b.SameQuestions() is not null)
                .GroupBy(b => b.SameQuestions()!)
                .Select(g => (IReadOnlyList<Reading>)[.. g.Select(b => ReadingOf(report, b)).OfType<Reading>()])
                .Where(g => g.Select(r => r.Kind).Distinct().Count() > 1),
        ];

    /// <summary>What the readings say together: from the intervals, in words.</summary>
    public static string Sentence(IReadOnlyList<Reading> readings, Words words)
    {
        Reading[] likely = [.. readings.Where(r => r.UnparsableBefore is null)],
            written = [.. readings.Where(r => r.UnparsableBefore is not null)];
        bool knowledge = likely.Any(Lost),
            format = written.Any(Lost);
        string unread =
            written.Length == 0
                ? ""
                : words.Say(
                    $" Unparsable answers: {words.Percent(written[0].UnparsableBefore!.Value)} before, "
                        + $"{words.Percent(written[0].UnparsableAfter!.Value)} after.",
                    $" Respostas ilegíveis: {words.Percent(written[0].UnparsableBefore!.Value)} antes, "
                        + $"{words.Percent(written[0].UnparsableAfter!.Value)} depois."
                );
        return (likely.Length, knowledge, format) switch
            {
                (0, _, _) => words.Say(
                    "Without answers scored by likelihood, a loss of knowledge cannot be distinguished from a "
                        + "loss of the answer format.",
                    "Sem respostas pontuadas por verossimilhança, não se distingue a perda de conhecimento da "
                        + "perda do formato de resposta."
                ),
                (_, true, _) => words.Say(
                    "The model lost knowledge: correct answers became less likely relative to incorrect ones.",
                    "O modelo perdeu conhecimento: as respostas certas ficaram menos prováveis em relação às erradas."
                ),
                (_, _, true) => words.Say(
                    "The model lost the answer format, not the knowledge: its written answers became worse, "
                        + "while likelihood shows no significant loss.",
                    "O modelo perdeu o formato de resposta, não o conhecimento: "
                        + "as respostas escritas pioraram, enquanto a verossimilhança não mostra perda significativa."
                ),
                _ => words.Say("No answer-scoring method shows a loss.", "Nenhum método de pontuação demonstra perda."),
            } + unread;
    }

    /// <summary>The names of the columns of the table of readings.</summary>
    public static string[] Heads(Words words) =>
        [
            words.Say("task", "tarefa"),
            words.Say("answer scoring", "pontuação"),
            words.Say("before", "antes"),
            words.Say("after", "depois"),
            words.Say("difference, points (95%)", "diferença, pontos (95%)"),
            words.Say("unparsable", "não analisáveis"),
        ];

    /// <summary>The row of a reading.</summary>
    public static string[] Row(Reading r, Words words) =>
        [
            r.Comparison.Task,
            Name(r.Kind, words),
            words.Percent(r.Comparison.Before.Score),
            words.Percent(r.Comparison.After.Score),
            $"{Signs.Of(r.Comparison.Difference)} {words.Change(r.Comparison.Difference)}",
            r.UnparsableBefore is { } before
                ? $"{words.Percent(before)} → {words.Percent(r.UnparsableAfter!.Value)}"
                : "",
        ];

    private static string Name(AnswerScoring kind, Words words) =>
        kind switch
        {
            AnswerScoring.Letter => words.Say("likelihood of the letter", "verossimilhança da letra"),
            AnswerScoring.Cloze => words.Say("likelihood of the answer's text", "verossimilhança do texto da resposta"),
            AnswerScoring.ClozeNormalised => words.Say(
                "likelihood of the answer's text, per byte",
                "verossimilhança do texto da resposta, por byte"
            ),
            AnswerScoring.Generated => words.Say("what the model writes", "o que o modelo escreve"),
            _ => words.Say("last character", "último caractere"),
        };

    private static bool Lost(Reading reading) => reading.Comparison.Difference.High < 0;

    private static Reading? ReadingOf(RunReport report, TaskPlan plan)
    {
        AnswerScoring kind = plan.Scoring()!.Value;
        IReadOnlyList<(Answer Before, Answer After)> answers = report.Answers[plan.Name];
        bool written = kind is AnswerScoring.Generated or AnswerScoring.LastCharacter && answers.Count > 0;
        double Unparsable(Func<(Answer Before, Answer After), Answer> side) =>
            (double)answers.Count(a => side(a).Verdict == "unparsable") / answers.Count;
        return report.Shown.Tasks.FirstOrDefault(b => b.Task == plan.Name) is { } comparison
            ? new Reading(
                kind,
                comparison,
                written ? Unparsable(a => a.Before) : null,
                written ? Unparsable(a => a.After) : null
            )
            : null;
    }
}
