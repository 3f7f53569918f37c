using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Report.Content;

/// <summary>The additional measures of a task's answers as rows of texts, the same in every form of the
/// report.</summary>
internal static class FurtherMeasures
{
    private const int MostOutcomes = 8;

    /// <summary>The heading of the table of measures.</summary>
    public static string Title(PairedResult b, Words words) =>
        words.Say($"Additional measures of {b.Task}", $"Medidas adicionais de {b.Task}");

    /// <summary>What the columns of the table of measures mean.</summary>
    public static string Explanation(Words words) =>
        words.Say(
            "Means before and after. Shares and probabilities are in percent, and their differences in percentage "
                + "points. Other measures, such as Brier scores, are in their own unit. Paired differences have 95% "
                + "intervals, with ● where these exclude 0 and ○ elsewhere.",
            "Médias antes e depois. Parcelas e probabilidades em por cento, e suas diferenças em pontos percentuais. "
                + "Outras medidas, como escores de Brier, na própria unidade. Diferenças pareadas com intervalos de "
                + "95%, com ● onde excluem o 0 e ○ nos demais casos."
        );

    /// <summary>The names of the columns.</summary>
    public static string[] Heads(Words words) =>
        [
            words.Say("measure", "medida"),
            "n",
            words.Say("before", "antes"),
            words.Say("after", "depois"),
            words.Say("difference", "diferença"),
        ];

    /// <summary>The rows of a task; empty if it has no additional measures.</summary>
    public static IReadOnlyList<string[]> Rows(PairedResult b, Words words) =>
        [
            .. Ended(b, words),
            .. (b.Measures ?? [])
                .Where(m => !SqlSteps.Names.Contains(m.Name))
                .Select(m => Row(Name(m.Name, words), m, IsShare(m.Name), words)),
            .. b.Macro is { } macro
                ?
                [
                    Row(
                        words.Say("mean over clusters", "média sobre agrupamentos"),
                        new MeasureComparison("", b.Clusters, macro.Before, macro.After, macro.Difference),
                        isShare: true,
                        words
                    ),
                ]
                : Array.Empty<string[]>(),
        ];

    /// <summary>The measures of the steps of a query, with their names, in the order of the steps; empty for other
    /// tasks.</summary>
    public static IReadOnlyList<(MeasureComparison Measure, string Name)> Steps(PairedResult b, Words words) =>
        [
            .. SqlSteps
                .Names.Select(n => b.Measures?.FirstOrDefault(m => m.Name == n))
                .OfType<MeasureComparison>()
                .Select(m => (m, Name(m.Name, words))),
        ];

    /// <summary>The shares of the kinds of outcome, the most frequent first; empty where there are fewer than
    /// three.</summary>
    public static IReadOnlyList<(string Name, double Before, double After)> Outcomes(string task, RunReport report)
    {
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
                .Take(MostOutcomes),
        ];
        return rows.Length < 3 ? [] : rows;
    }

    /// <summary>The title of a task's steps, and what they show.</summary>
    public static (string Title, string Explanation) OfSteps(string task, Words words) =>
        (
            words.Say($"How far the queries of {task} get", $"Até onde chegam as consultas de {task}"),
            words.Say(
                "Share of items whose query reaches each step; every step includes the ones before it.",
                "Parcela dos itens cuja consulta alcança cada passo; cada passo inclui os anteriores."
            )
        );

    /// <summary>The title of a task's outcomes, and what they show.</summary>
    public static (string Title, string Explanation) OfOutcomes(string task, Words words) =>
        (
            words.Say($"Outcomes of {task}", $"Desfechos de {task}"),
            words.Say(
                "What became of the answers, by the verdict in the answer files.",
                "O que foi feito das respostas, pelo veredito que consta nos arquivos de respostas."
            )
        );

    // Beside the replies that could be read: a truncated reply can hold an answer that is not the model's last one.
    private static IEnumerable<string[]> Ended(PairedResult b, Words words)
    {
        static double Share(ReplyCounts side) => side.Replies == 0 ? 1 : 1 - (double)side.AtLimit / side.Replies;
        return b.Replies is { } r && r.Before.AtLimit + r.After.AtLimit > 0
            ?
            [
                [
                    words.Say(
                        "replies that ended before the token limit",
                        "respostas que terminaram antes do limite de tokens"
                    ),
                    words.Count(Math.Max(r.Before.Replies, r.After.Replies)),
                    words.Percent(Share(r.Before)),
                    words.Percent(Share(r.After)),
                    words.Points(Share(r.After) - Share(r.Before)),
                ],
            ]
            : [];
    }

    private static string[] Row(string name, MeasureComparison m, bool isShare, Words words)
    {
        string Value(double of) => isShare ? words.Percent(of) : words.Number(of, "0.0000");
        string sign = Changes.Of(m.Difference) == Change.None ? "○" : "●",
            change = isShare ? words.Change(m.Difference) : Plain(m.Difference, words);
        return [name, words.Count(m.Items), Value(m.Before), Value(m.After), $"{sign} {change}"];
    }

    private static string Plain(Difference d, Words words)
    {
        string Signed(double value) => (value > 0 ? "+" : "") + words.Number(value, "0.0000");
        return $"{Signed(d.Points)} ({Signed(d.Low)} {words.To} {Signed(d.High)})";
    }

    // A measure of another program's answer file has a unit that is not known here.
    private static bool IsShare(string measure) =>
        measure is "confidence" or "right_probability" or "parsed" or "same_option" || SqlSteps.Names.Contains(measure);

    private static string Name(string measure, Words words) =>
        measure switch
        {
            "parses" => words.Say("parses", "é analisável"),
            "names_exist" => words.Say("names exist", "nomes existem"),
            "executes" => words.Say("executes", "executa"),
            "right_result" => words.Say("right result", "resultado certo"),
            "brier" => words.Say("Brier score, 0 to 2 (lower is better)", "escore de Brier, de 0 a 2 (menor é melhor)"),
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
