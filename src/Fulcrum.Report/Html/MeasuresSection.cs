using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Report.Html;

/// <summary>Additional measures of the answers: steps of SQL, kinds of outcome, calibration.</summary>
internal static class MeasuresSection
{
    private const int MostVerdicts = 8;

    public static Markup Of(RunReport report) =>
        Markup.Join(
            report.Shown.Tasks.SelectMany(b =>
                (IEnumerable<Markup>)
                    [
                        .. Steps(b, report.Words),
                        .. Verdicts(b.Task, report),
                        .. Calibrated(b, report.Words),
                        .. Others(b, report.Words),
                    ]
            )
        );

    private static IEnumerable<Markup> Steps(PairedResult b, Words words)
    {
        MeasureComparison[] steps =
        [
            .. SqlSteps.Names.Select(n => b.Measures?.FirstOrDefault(m => m.Name == n)).OfType<MeasureComparison>(),
        ];
        return steps.Length == 0
            ? []
            :
            [
                RowFigures.Shares(
                    words.Say($"How far the queries of {b.Task} get", $"Até onde chegam as consultas de {b.Task}"),
                    words.Say(
                        "Share of items whose query reaches each step; every step includes the ones before it.",
                        "Parcela dos itens cuja consulta alcança cada passo; cada passo inclui os anteriores."
                    ),
                    [.. steps.Select(m => (Name(m.Name, words), m.Before, m.After))],
                    words
                ),
                StepsTable.Of(b, [.. steps.Select(m => (m.Name, Name(m.Name, words)))], words),
            ];
    }

    private static IEnumerable<Markup> Verdicts(string task, RunReport report)
    {
        Words words = report.Words;
        IReadOnlyList<(Answer Before, Answer After)> pairs = report.Answers[task];
        (string Name, double Before, double After)[] rows =
        [
            .. pairs
                .SelectMany(p => (string[])[p.Before.Verdict, p.After.Verdict])
                .Distinct()
                .Select(v =>
                    (
                        v,
                        (double)pairs.Count(p => p.Before.Verdict == v) / pairs.Count,
                        (double)pairs.Count(p => p.After.Verdict == v) / pairs.Count
                    )
                )
                .OrderByDescending(r => r.Item2 + r.Item3)
                .ThenBy(r => r.v, StringComparer.Ordinal)
                .Take(MostVerdicts),
        ];
        return rows.Length < 3
            ? []
            :
            [
                RowFigures.Shares(
                    words.Say($"Outcomes of {task}", $"Desfechos de {task}"),
                    words.Say(
                        "What became of the answers, by the verdict that stands in the answer files.",
                        "O que foi feito das respostas, pelo veredito que consta nos arquivos de respostas."
                    ),
                    rows,
                    words
                ),
            ];
    }

    private static IEnumerable<Markup> Calibrated(PairedResult b, Words words) =>
        b.Calibration is { } c ? [ReliabilityFigure.Of(b.Task, c, words)] : [];

    private static IEnumerable<Markup> Others(PairedResult b, Words words)
    {
        (string Name, int Items, double Before, double After, string Change)[] rows =
        [
            .. Ended(b, words),
            .. b.Measures?.Where(m => !SqlSteps.Names.Contains(m.Name))
                .Select(m => (Name(m.Name, words), m.Items, m.Before, m.After, Change(m.Difference, words)))
                ?? [],
            .. b.Macro is { } macro
                ?
                [
                    (
                        words.Say("mean over clusters", "média sobre agrupamentos"),
                        b.Clusters,
                        macro.Before,
                        macro.After,
                        Change(macro.Difference, words)
                    ),
                ]
                : Array.Empty<(string, int, double, double, string)>(),
        ];
        return rows.Length == 0
            ? []
            :
            [
                Markup.Of(
                    $"""
                    <h3>{words.Say($"Further measures of {b.Task}", $"Outras medidas de {b.Task}")}</h3>
                    <p class="soft">{words.Say(
                        "Means before and after; paired differences with 95% intervals, ● where they exclude zero.",
                        "Médias antes e depois; diferenças pareadas com intervalos de 95%, ● onde excluem o zero."
                    )}</p>
                    <div class="scroll">{Draw.Table(
                        [
                            "",
                            "n",
                            words.Say("before", "antes"),
                            words.Say("after", "depois"),
                            words.Say("difference", "diferença"),
                        ],
                        rows.Select(r =>
                            (string[])
                                [
                                    r.Name,
                                    words.Count(r.Items),
                                    words.Number(r.Before, "0.0000"),
                                    words.Number(r.After, "0.0000"),
                                    r.Change,
                                ]
                        )
                    )}</div>

                    """
                ),
            ];
    }

    // Beside the replies that could be read: a truncated reply can hold an answer that is not the model's last one.
    private static IEnumerable<(string, int, double, double, string)> Ended(PairedResult b, Words words)
    {
        static double Share(ReplyCounts side) => side.Replies == 0 ? 1 : 1 - (double)side.AtLimit / side.Replies;
        return b.Replies is { } r && r.Before.AtLimit + r.After.AtLimit > 0
            ?
            [
                (
                    words.Say(
                        "replies that ended before the token limit",
                        "respostas que terminaram antes do limite de tokens"
                    ),
                    Math.Max(r.Before.Replies, r.After.Replies),
                    Share(r.Before),
                    Share(r.After),
                    Signed(Share(r.After) - Share(r.Before), words)
                ),
            ]
            : [];
    }

    private static string Change(Difference d, Words words) =>
        $"{(Draw.Direction(d) == "none" ? "○" : "●")} {Signed(d.Points, words)} "
        + $"({Signed(d.Low, words)} {words.To} {Signed(d.High, words)})";

    private static string Signed(double value, Words words) => (value > 0 ? "+" : "") + words.Number(value, "0.0000");

    private static string Name(string measure, Words words) =>
        measure switch
        {
            "parses" => words.Say("parses", "é analisável"),
            "names_exist" => words.Say("names exist", "nomes existem"),
            "executes" => words.Say("executes", "executa"),
            "right_result" => words.Say("right result", "resultado certo"),
            "brier" => words.Say("Brier score (lower is better)", "escore de Brier (menor é melhor)"),
            "confidence" => words.Say("confidence in the choice", "confiança na escolha"),
            "right_probability" => words.Say(
                "probability of the right answer (more sensitive; not compared with the margin)",
                "probabilidade da resposta certa (mais sensível; não comparada com a margem)"
            ),
            "parsed" => words.Say("replies with a readable answer", "respostas com resposta legível"),
            "same_option" => words.Say("same option in every order", "mesma opção em toda ordem"),
            "kl" => words.Say("KL divergence from the base, nats a token", "divergência KL da base, nats por token"),
            _ => measure.Replace('_', ' '),
        };
}
