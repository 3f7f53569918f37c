using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>Puts the numbers of a comparison into sentences.</summary>
internal static partial class Sentences
{
    /// <summary>Returns what a task of whole texts shows; lower is better.</summary>
    public static string Texts(PairedResult result, Words words)
    {
        CorpusResult c = result.Corpus!;
        string Bits(double value) => words.Number(value, "0.000");
        string Signed(double value) => words.Number(value, "+0.000;\u22120.000;0.000");
        string change = $"{Signed(c.Points)} ({Signed(c.Low)} {words.To} {Signed(c.High)})";
        return words.Say(
            $"{result.Task}: {Bits(c.Before)} bits per byte before, {Bits(c.After)} after: {change}. "
                + "Lower is better; whole texts have no margin.",
            $"{result.Task}: {Bits(c.Before)} bits por byte antes, {Bits(c.After)} depois: {change}. "
                + "Menos é melhor; textos inteiros não têm margem."
        );
    }

    /// <summary>The verdict on one candidate, with its name where there are several.</summary>
    public static string Of(CandidateComparison candidate, Comparison comparison, Words words) =>
        (comparison.Candidates.Count > 1 ? candidate.Name + ": " : "") + Of(candidate.Verdict, words);

    /// <summary>The verdict of the whole study: on its one candidate, or on all of them together.</summary>
    public static string OfAll(Comparison comparison, Words words) =>
        comparison.Selection is { } s ? Of(comparison.Candidates.First(c => c.Name == s.Chosen), comparison, words)
        : comparison.Candidates.Count > 1 ? Ranking.Of(comparison).Sentence(words)
        : Of(comparison.Candidates[0].Verdict, words);

    /// <summary>What was found on every task, and the verdict. Of many tasks only targets and losses are named; the
    /// others are counted, because tables and lists name them.</summary>
    public static string Of(Verdict verdict, Words words)
    {
        Finding[] named = [.. verdict.Findings.Where(f => verdict.Findings.Count <= MostNamed || MustBeNamed(f))];
        IEnumerable<string> parts = named
            .Select(f => Of(f, verdict.Margin, words))
            .Concat(Others([.. verdict.Findings.Except(named)], verdict.Margin, words));
        return $"{string.Join("; ", parts)}: {Kind(verdict, words)}.";
    }

    private const int MostNamed = 4;

    private static bool MustBeNamed(Finding f) =>
        f.Role == TaskRole.Target || f.Change == Comparisons.Change.Loss || f.Judgement == TaskJudgement.BeyondMargin;

    private static IEnumerable<string> Others(Finding[] others, double margin, Words words)
    {
        int within = others.Count(f => f.Judgement == TaskJudgement.WithinMargin),
            without = others.Count(f => f.Judgement == TaskJudgement.NoEvidence);
        string limit = words.Number(margin),
            none = without == 0
                ? ""
                : words.Say(
                    $", {without} without evidence (the base knows nothing there)",
                    $", {without} sem evidência (a base nada sabe ali)"
                );
        return others.Length == 0
            ? []
            :
            [
                words.Say(
                    $"{others.Length} other general tasks: no loss shown, {within} shown to lie within the margin "
                        + $"of {limit}{none}",
                    $"outras {others.Length} tarefas gerais: nenhuma perda demonstrada, {within} comprovadamente "
                        + $"dentro da margem de {limit}{none}"
                ),
            ];
    }

    /// <summary>The verdict in one word.</summary>
    public static string Kind(VerdictKind kind, Words words) =>
        kind switch
        {
            VerdictKind.Accept => words.Say("accept", "aceitar"),
            VerdictKind.Reject => words.Say("reject", "rejeitar"),
            _ => words.Say("inconclusive", "inconclusivo"),
        };

    /// <summary>The verdict in a few words; where nothing general was measured an accepted gain is only a gain, and
    /// where no item changed its score there is nothing to judge.</summary>
    public static string Kind(Verdict verdict, Words words) =>
        verdict is { Kind: VerdictKind.Accept, GainOnly: true }
            ? words.Say("gain only, nothing else was measured", "apenas ganho, nada mais foi medido")
        : verdict is { Kind: VerdictKind.Inconclusive, NothingChanged: true }
            ? words.Say("nothing changed (inconclusive)", "nada mudou (inconclusivo)")
        : Kind(verdict.Kind, words);

    /// <summary>What one task's comparison says.</summary>
    public static string Of(PairedResult b, Words words) =>
        $"{b.Task}: {Change(b.Difference, words)}; "
        + words.Say(
            $"{words.Percent(b.Before.Score)} before, {words.Percent(b.After.Score)} after, ",
            $"{words.Percent(b.Before.Score)} antes, {words.Percent(b.After.Score)} depois, "
        )
        + $"{Facts.Items(b, words)}, "
        + words.Say($"{b.Gained} gained and {b.Lost} lost", $"{b.Gained} ganhos e {b.Lost} perdidos")
        + $" (p {(b.P < 0.001 ? "" : "= ")}{words.P(b.P)}).";

    /// <summary>To what the difference generalises, and the cluster that lost most.</summary>
    /// <param name="noun">What a cluster is called; null: cluster.</param>
    /// <param name="judged">Whether there is a verdict that can rest on an interval. Without one the interval of the
    /// table is marked.</param>
    public static string Generalisation(
        PairedResult b,
        Words words,
        (string English, string Portuguese)? noun = null,
        bool judged = true
    )
    {
        (string one, string um) = noun ?? TaskNouns.Plain.Cluster;
        string many = TaskNouns.Several(one),
            kind = um == TaskNouns.Plain.Cluster.Portuguese ? "" : $" ({um})";
        string items = words.Change(b.Estimands.Items.ToDifference());
        string used = judged
                ? words.Say(" (the verdict rests on this)", " (o veredito se baseia nisto)")
                : words.Say(" (shown in the table)", " (mostrado na tabela)"),
            ofItems = b.Estimand == Estimand.Items ? used : "",
            ofClusters = b.Estimand == Estimand.Clusters && !(judged && b.RestsOnFewChanges) ? used : "",
            few = FewChanged(b, words, many, judged && b.RestsOnFewChanges ? used : "");
        // Where all clusters have the same mean, none of them is the lowest.
        string worst =
            b.WorstCluster is { } w && b.Clusters > 1 && w.Points < b.Estimands.Items.Points - LeastDistance
                ? words.Say($" Lowest {one}: {w.Cluster}, ", $" Agrupamento mais baixo: {w.Cluster}, ")
                    + $"{words.Points(w.Points)} ({words.Count(w.Items)} {words.Say("items", "itens")})."
                : "";
        return (b.Clusters, b.Estimands.Clusters) switch
        {
            (_, { } clusters) => words.Say(
                $"On other items of these {b.Clusters} {many}: {items}{ofItems}. On other {many} of the same "
                    + $"kind: {words.Change(clusters.ToDifference())}{ofClusters}.",
                $"Em outros itens destes {b.Clusters} agrupamentos{kind}: {items}{ofItems}. Em outros "
                    + $"agrupamentos do mesmo tipo: {words.Change(clusters.ToDifference())}{ofClusters}."
            )
                + few
                + worst,
            (> 1, _) => words.Say(
                $"On other items of these {b.Clusters} {many}: {items}{ofItems}. Fewer than 5 {many} give no "
                    + $"estimate for other {many}.",
                $"Em outros itens destes {b.Clusters} agrupamentos{kind}: {items}{ofItems}. Menos de 5 "
                    + $"agrupamentos não permitem estimativa para outros."
            ) + worst,
            _ => "",
        };
    }

    private const double LeastDistance = 1e-9;

    // Sets the three intervals for other clusters side by side, each with what it assumes.
    private static string FewChanged(PairedResult b, Words words, string many, string used)
    {
        if (b.FewChanges is not { } few)
        {
            return "";
        }

        string correlation = words.Number(FewChanges.Correlation, "0.00"),
            assumed = words.Interval(new Difference(b.Difference.Points, few.Low, few.High, 0)),
            any = words.Interval(new Difference(0, -few.ChangedAtMost, few.ChangedAtMost, 0)),
            equal = words.Number(few.EffectiveClusters, "0.0"),
            uneven = few.ChangedClusters >= Estimator.LeastClusters
                ? words.Say(
                    $", as unevenly as if {equal} of them held all changes",
                    $", tão desigualmente como se {equal} deles contivessem todas as mudanças"
                )
                : "";
        string bounds =
            few.ChangedClusters == b.Clusters
                ? ""
                : words.Say(
                    $" However changes cluster, the mean over {many} lies within {any}.",
                    $" Como quer que as mudanças se agrupem, a média sobre agrupamentos fica em {any}."
                );
        return words.Say(
                $" A changed item occurs in {few.ChangedClusters} of {b.Clusters} {many}{uneven}. That is too few to "
                    + "show how changes cluster, and the interval for other "
                    + $"{many} assumes no more clustering than was seen. "
                    + $"With an assumed intraclass correlation of {correlation} it is {assumed}{used}.",
                $" Itens alterados ocorrem em {few.ChangedClusters} de {b.Clusters} agrupamentos{uneven}. São poucos "
                    + "para mostrar como as mudanças se agrupam, e o intervalo para outros agrupamentos não supõe mais "
                    + "agrupamento do que se viu. "
                    + $"Com uma correlação intraclasse suposta de {correlation} ele é {assumed}{used}."
            ) + bounds;
    }

    /// <summary>How a task with early decision ended; empty where all items were asked.</summary>
    public static string Early(PairedResult b, Words words) => Explanations.Early(b, words);

    /// <summary>Why groups whose interval excludes 0 get the sign ○; null where there is no such group.</summary>
    /// <param name="noun">What a cluster is called; null: cluster.</param>
    public static string? Unsigned(PairedResult b, Words words, (string English, string Portuguese)? noun = null)
    {
        string[] groups = [.. b.Groups.Where(g => g.HasTooFewClusters && g.P < 0.05).Select(g => g.Name)];
        string one = (noun ?? TaskNouns.Plain.Cluster).English,
            many = TaskNouns.Several(one);
        return groups.Length == 0
            ? null
            : words.Say(
                $"{b.Task}: {string.Join(", ", groups)} get the sign ○ although p is small, because a group with fewer "
                    + $"than 5 {many} shows nothing of other {many}.",
                $"{b.Task}: {string.Join(", ", groups)} recebem o sinal ○ embora p seja pequeno, porque um grupo com "
                    + "menos de 5 agrupamentos nada mostra sobre outros."
            );
    }

    /// <summary>That no item changed; null where one did.</summary>
    public static string? Unchanged(PairedResult b, Words words) =>
        b.IsUnchanged
            ? words.Say(
                $"{b.Task}: no item has another score than before.",
                $"{b.Task}: nenhum item tem nota diferente da anterior."
            )
            : null;

    /// <summary>What is shown about a margin where there is no verdict; null: no margin was stated.</summary>
    public static string? Margin(PairedResult b, Words words)
    {
        if (b.NonInferiority is not { } test)
        {
            return null;
        }

        string limit = words.Number(100 * test.Margin),
            low = words.Points(b.AgainstLimits.Low),
            high = words.Points(b.AgainstLimits.High);
        return test.Shown
                ? words.Say(
                    $"{b.Task}: a loss of {limit} points or more is excluded (lower bound {low}).",
                    $"{b.Task}: uma perda de {limit} pontos ou mais está excluída (limite inferior {low})."
                )
            : b.AgainstLimits.High < -test.Margin
                ? words.Say(
                    $"{b.Task}: a loss of more than {limit} points is shown (upper bound {high}).",
                    $"{b.Task}: uma perda de mais de {limit} pontos está demonstrada (limite superior {high})."
                )
            : words.Say(
                $"{b.Task}: a loss of {limit} points or more is not excluded (lower bound {low}).",
                $"{b.Task}: uma perda de {limit} pontos ou mais não está excluída (limite inferior {low})."
            );
    }

    /// <summary>A difference in words: a gain or a loss with its interval, or that neither is shown.</summary>
    public static string Change(Difference d, Words words) =>
        (d.Low > 0, d.High < 0) switch
        {
            (true, _) => words.Say("gain of ", "ganho de ")
                + $"{Points(d.Points, words)} ({words.Size(d.Low)} {words.To} {words.Size(d.High)})",
            (_, true) => words.Say("loss of ", "perda de ")
                + $"{Points(d.Points, words)} ({words.Size(d.High)} {words.To} {words.Size(d.Low)})",
            _ => words.Say(
                "no statistically significant difference",
                "nenhuma diferença estatisticamente significativa"
            ) + $" ({words.Interval(d)})",
        };

    /// <summary>What one task shows about its limit.</summary>
    public static string Of(Finding f, double margin, Words words)
    {
        string limit = words.Number(margin),
            change = f.IsUnchanged
                ? words.Say($"{f.Task}: no item changed", $"{f.Task}: nenhum item mudou")
                : $"{f.Task}: {Change(f.Difference, words)}";
        return (f.Role, f.Judgement) switch
        {
            (_, TaskJudgement.Gained) => change,
            (TaskRole.Target, _) when f.Change == Comparisons.Change.Loss => change,
            (TaskRole.Target, _) => change + words.Say(", no gain shown", ", sem ganho demonstrado"),
            (_, TaskJudgement.WithinMargin) => change
                + words.Say($", within the margin of {limit}", $", dentro da margem de {limit}"),
            (_, TaskJudgement.NoEvidence) => change
                + words.Say(
                    ", no evidence: the base knows nothing here that it could lose",
                    ", sem evidência: a base não sabe aqui nada que pudesse perder"
                ),
            (_, TaskJudgement.BeyondMargin) => change
                + words.Say($", beyond the margin of {limit}", $", além da margem de {limit}"),
            _ => change
                + words.Say(
                    $", not shown to lie within the margin of {limit}",
                    $", sem demonstração de que fique dentro da margem de {limit}"
                ),
        };
    }

    // Portuguese counts in the singular below two: 1,5 ponto.
    private static string Points(double fraction, Words words) =>
        words.Size(fraction)
        + words.Say(" points", Math.Abs(fraction) * 100 < 1.95 ? " ponto percentual" : " pontos percentuais");
}
