using Fulcrum.Data;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Tasks.Choice;

namespace Fulcrum.Report.Html;

/// <summary>The same questions by letter, by answer text and by what the model writes.</summary>
internal static class ReadingsSection
{
    public static Markup Of(RunReport report) => Markup.Join(Readings.Of(report).Select(g => One(g, report.Words)));

    private static Markup One(IReadOnlyList<Reading> readings, Words words) =>
        Markup.Of(
            $"""
        <p>{Readings.Sentence(readings, words)}</p>
        <div class="scroll">{Draw.Table(
            Heads(words),
            readings.Select(r => Row(r, words))
        )}</div>

        """
        );

    private static string[] Heads(Words words) =>
        [
            words.Say("task", "tarefa"),
            words.Say("answer scoring", "pontuação"),
            words.Say("before", "antes"),
            words.Say("after", "depois"),
            words.Say("difference, points (95%)", "diferença, pontos (95%)"),
            words.Say("unparsable", "não analisáveis"),
        ];

    private static string[] Row(Reading r, Words words) =>
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
}
