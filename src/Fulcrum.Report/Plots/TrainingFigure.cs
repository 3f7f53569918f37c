using Fulcrum.Models;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;

namespace Fulcrum.Report.Plots;

/// <summary>Loss and learning rate of every training step.</summary>
internal static class TrainingFigure
{
    private const double Left = 60,
        Top = 12,
        Bottom = 220;
    private const int MostPoints = 1000,
        MostMarks = 120;

    public static Markup Of(IReadOnlyList<TrainingStep> steps, Words words)
    {
        string lossName = words.Say("loss", "perda"),
            rateName = words.Say("learning rate", "taxa de aprendizado");
        return Draw.Figure(
            words.Say("Training", "Treino"),
            words.Say(
                "Loss over the completion tokens (solid, left) and learning rate (dashed, right). ",
                "Perda sobre os tokens das respostas (contínua, à esquerda) e taxa de aprendizado (tracejada, à "
                    + "direita). "
            ) + Losses(steps, words),
            width => Picture(steps, width, words),
            Draw.Table(
                [
                    words.Say("step", "passo"),
                    lossName,
                    words.Say("gradient norm", "norma do gradiente"),
                    rateName,
                    words.Say("tokens", "tokens"),
                    "s",
                ],
                Every(steps, MostMarks)
                    .Select(s =>
                        (string[])
                            [
                                words.Count(s.Step),
                                words.Number(s.Loss, "0.0000"),
                                words.Number(s.GradNorm, "0.000"),
                                words.Number(s.LearningRate, "0.00e+0"),
                                words.Count(s.CompletionTokens),
                                words.Number(s.Seconds, "0.00"),
                            ]
                    )
            ),
            words
        );
    }

    private static Markup Picture(IReadOnlyList<TrainingStep> steps, double width, Words words)
    {
        double right = width - 70;
        Axis x = new(1, Math.Max(2, steps[^1].Step), Left, right);
        Axis loss = Axis.Around(steps.Select(s => s.Loss), Bottom, Top),
            rate = new(0, Math.Max(1e-12, steps.Max(s => s.LearningRate)) * 1.05, Bottom, Top);
        TrainingStep[] drawn = Every(steps, MostPoints);
        string lossName = words.Say("loss", "perda"),
            rateName = words.Say("learning rate", "taxa de aprendizado");
        return Draw.Picture(
            width,
            Bottom + 44,
            words.Say("training loss and learning rate by step", "perda de treino e taxa de aprendizado por passo"),
            Draw.Up(loss, Left, right, v => words.Number(v)),
            Markup.Join(rate.Ticks(3).Select(t => Draw.Label(right + 8, rate.At(t) + 4, words.Number(t, "0.0e+0")))),
            Markup.Join(
                x.Ticks(width < Draw.Wide ? 4 : 8)
                    .Where(t => t >= 1)
                    .Select(t => Draw.Label(x.At(t), Bottom + 18, words.Count((long)t), "middle"))
            ),
            Draw.Label((Left + right) / 2, Bottom + 38, words.Say("step", "passo"), "middle"),
            Draw.Label(4, Top + 4, lossName),
            Draw.Label(width - 4, Bottom + 38, rateName + " - -", "end"),
            Draw.Path("curve second", drawn.Select(s => (x.At(s.Step), rate.At(s.LearningRate)))),
            Draw.Path("curve", drawn.Select(s => (x.At(s.Step), loss.At(s.Loss)))),
            Markup.Join(
                Every(steps, MostMarks)
                    .Select(s =>
                        Draw.Mark(
                            "after",
                            Tip(s, words),
                            Draw.Hit(
                                x.At(s.Step) - (right - Left) / MostMarks / 2,
                                Top,
                                Math.Max(4, (right - Left) / Math.Min(steps.Count, MostMarks)),
                                Bottom - Top
                            ),
                            Draw.Dot(x.At(s.Step), loss.At(s.Loss), "dot", 2.5)
                        )
                    )
            )
        );
    }

    /// <summary>Returns the losses of the first and the last step, and the step of the adapter if examples were held
    /// out.</summary>
    public static string Losses(IReadOnlyList<TrainingStep> steps, Words words)
    {
        string first = words.Number(steps[0].Loss, "0.000"),
            last = words.Number(steps[^1].Loss, "0.000"),
            of = words.Count(steps[^1].Step);
        return words.Say(
                $"The loss was {first} at step {words.Count(steps[0].Step)} and {last} at step {of}.",
                $"A perda era {first} no passo {words.Count(steps[0].Step)} e {last} no passo {of}."
            ) + Best(steps, words);
    }

    // If examples were held out: the step whose adapter was measured.
    private static string Best(IReadOnlyList<TrainingStep> steps, Words words) =>
        steps.Where(s => s.ValidationLoss is not null).MinBy(s => s.ValidationLoss) is not { } best
            ? ""
            : words.Say(
                $" The adapter is that of step {words.Count(best.Step)}, with the lowest loss on held-out "
                    + $"examples: {words.Number(best.ValidationLoss!.Value, "0.000")}.",
                $" O adaptador é o do passo {words.Count(best.Step)}, com a menor perda nos exemplos "
                    + $"reservados: {words.Number(best.ValidationLoss!.Value, "0.000")}."
            );

    private static string Tip(TrainingStep s, Words words) =>
        words.Say(
            $"step {words.Count(s.Step)}: loss {words.Number(s.Loss, "0.000")}\nlearning "
                + $"rate {words.Number(s.LearningRate, "0.0e+0")}, gradient norm {words.Number(s.GradNorm, "0.00")}",
            $"passo {words.Count(s.Step)}: perda {words.Number(s.Loss, "0.000")}\ntaxa de "
                + $"aprendizado {words.Number(s.LearningRate, "0.0e+0")}, norma do "
                + $"gradiente {words.Number(s.GradNorm, "0.00")}"
        );

    /// <summary>Returns up to a number of steps, evenly spaced, with the first and the last.</summary>
    private static TrainingStep[] Every(IReadOnlyList<TrainingStep> steps, int most) =>
        steps.Count <= most
            ? [.. steps]
            : [.. Enumerable.Range(0, most).Select(i => steps[(int)((long)i * (steps.Count - 1) / (most - 1))])];
}
