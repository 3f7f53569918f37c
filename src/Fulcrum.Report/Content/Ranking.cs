using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>The candidates of a study in order, and what may be said of the best.</summary>
/// <param name="Order">Accepted candidates first, rejected ones last. Within a verdict the largest mean gain on the
/// targets comes first.</param>
/// <param name="Acceptable">Names of the accepted candidates, in that order.</param>
/// <param name="Unconfirmed">Those of them that are not accepted by bounds that hold for all candidates
/// together.</param>
/// <param name="Rivals">Acceptable candidates that are not shown to be worse than the first, by the same
/// bounds.</param>
internal sealed record Ranking(
    IReadOnlyList<CandidateComparison> Order,
    IReadOnlyList<string> Acceptable,
    IReadOnlyList<string> Unconfirmed,
    IReadOnlyList<string> Rivals
)
{
    /// <summary>Ranks the candidates of a comparison.</summary>
    public static Ranking Of(Comparison comparison)
    {
        CandidateComparison[] order =
        [
            .. comparison.Candidates.OrderBy(c => Place(c.Verdict.Kind)).ThenByDescending(MeanGain),
        ];
        string[] seeds = [.. (comparison.Seeds ?? []).SelectMany(Seeds)];
        CandidateComparison[] accepted =
        [
            .. order.Where(c => c.Verdict.Kind == VerdictKind.Accept && !seeds.Contains(c.Name)),
        ];
        return new Ranking(
            order,
            [.. accepted.Select(c => c.Name)],
            [.. accepted.Where(c => !IsConfirmed(c, comparison)).Select(c => c.Name)],
            [.. accepted.Skip(1).Where(c => !IsBetter(accepted[0], c, comparison)).Select(c => c.Name)]
        );
    }

    /// <summary>Returns the verdict of the whole: which candidates are acceptable, and whether one of them is the
    /// best.</summary>
    public string Sentence(Words words)
    {
        int all = Order.Count,
            rejected = Order.Count(c => c.Verdict.Kind == VerdictKind.Reject);
        return Acceptable.Count == 0
            ? words.Say(
                $"None of {all} candidates is acceptable: {rejected} rejected, {all - rejected} inconclusive.",
                $"Nenhum dos {all} candidatos é aceitável: {rejected} rejeitados, {all - rejected} inconclusivos."
            )
            : Accepted(words) + Best(words) + Doubt(words);
    }

    /// <summary>What the table of the candidates shows.</summary>
    public static string Explanation(Words words) =>
        words.Say(
            "Differences from the base in percentage points with 95% intervals. "
                + "Accepted candidates come first, then by gain on the targets.",
            "Diferenças em relação à base, em pontos percentuais, com intervalos de 95%. "
                + "Os candidatos aceitos vêm primeiro, depois pelo ganho nos alvos."
        );

    /// <summary>What the table of every two candidates shows.</summary>
    public static string OfPairs(Words words) =>
        words.Say(
            "The second candidate minus the first, paired item by item, in percentage points. "
                + "Each 95% interval holds for its own pair only.",
            "O segundo candidato menos o primeiro, pareados item a item, em pontos percentuais. "
                + "Cada intervalo de 95% vale apenas para o seu par."
        );

    private string Accepted(Words words)
    {
        bool gainOnly = Order[0].Verdict.GainOnly;
        string names = string.Join(", ", Acceptable);
        (int some, int all) = (Acceptable.Count, Order.Count);
        return gainOnly
            ? words.Say(
                $"Gain shown: {names} ({some} of {all} candidates). The cost on other tasks was not measured.",
                $"Ganho demonstrado: {names} ({some} de {all} candidatos). O custo em outras tarefas não foi medido."
            )
            : words.Say(
                $"Acceptable: {names} ({some} of {all} candidates).",
                $"Aceitáveis: {names} ({some} de {all} candidatos)."
            );
    }

    private string Best(Words words) =>
        (Acceptable.Count, Rivals.Count) switch
        {
            (1, _) => "",
            (_, 0) => words.Say(
                $" Best: {Acceptable[0]}, by bounds that hold for all candidates together.",
                $" Melhor: {Acceptable[0]}, por limites que valem para todos os candidatos juntos."
            ),
            _ => words.Say(
                $" {Acceptable[0]} gains most, but is not shown to be better than {string.Join(", ", Rivals)}.",
                $" {Acceptable[0]} ganha mais, mas não está demonstrado que supere {string.Join(", ", Rivals)}."
            ),
        };

    private string Doubt(Words words) =>
        Unconfirmed.Count == 0
            ? ""
            : words.Say(
                " By bounds that hold for all candidates together, these are not shown to be acceptable: "
                    + $"{string.Join(", ", Unconfirmed)}.",
                " Por limites que valem para todos os candidatos juntos, "
                    + $"não está demonstrado que estes sejam aceitáveis: {string.Join(", ", Unconfirmed)}."
            );

    // Another training seed is the same recipe and no candidate for the best.
    private static IEnumerable<string> Seeds(RecipeSeeds recipe) =>
        recipe.Tasks.Take(1).SelectMany(t => t.Seeds).Select(s => $"{recipe.Recipe}-seed-{s.Seed}");

    private static int Place(VerdictKind kind) =>
        kind switch
        {
            VerdictKind.Accept => 0,
            VerdictKind.Inconclusive => 1,
            _ => 2,
        };

    private static double MeanGain(CandidateComparison c) =>
        Targets(c).Select(f => f.Difference.Points).DefaultIfEmpty(0).Average();

    private static IEnumerable<Finding> Targets(CandidateComparison c) =>
        c.Verdict.Findings.Where(f => f.Role == TaskRole.Target);

    /// <summary>Whether the rule of acceptance also holds by the simultaneous bounds.</summary>
    private static bool IsConfirmed(CandidateComparison c, Comparison comparison) =>
        c.Verdict.Findings.All(f =>
            f.Role == TaskRole.Target
                ? Bounds(comparison, f.Task, c.Name)?.Low > 0
                : AgainstMargin(comparison, f.Task, c.Name)?.Low > -c.Verdict.Margin / 100
        );

    /// <summary>Whether one candidate's bounds lie above the other's on every target.</summary>
    private static bool IsBetter(CandidateComparison one, CandidateComparison other, Comparison comparison) =>
        Targets(one).All(f => Bounds(comparison, f.Task, one.Name)?.Low > Bounds(comparison, f.Task, other.Name)?.High);

    private static SimultaneousBounds? Bounds(Comparison comparison, string task, string candidate) =>
        Find(comparison, task, candidate)?.Simultaneous;

    private static SimultaneousBounds? AgainstMargin(Comparison comparison, string task, string candidate) =>
        Find(comparison, task, candidate) is { } found ? found.AgainstMargin ?? found.Simultaneous : null;

    private static CandidateDifference? Find(Comparison comparison, string task, string candidate) =>
        comparison.Families?.FirstOrDefault(f => f.Task == task)?.Candidates.FirstOrDefault(c => c.Name == candidate);
}
