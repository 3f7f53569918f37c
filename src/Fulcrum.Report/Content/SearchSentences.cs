using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>What a search found, and what the choice cost.</summary>
internal static class SearchSentences
{
    /// <summary>The selected settings with their gain and loss on items that had no part in the choice; empty without a
    /// search.</summary>
    public static string Found(Comparison comparison, Words words)
    {
        if (comparison.Selection is not { Search: { } search } s)
        {
            return "";
        }

        CandidateComparison chosen = comparison.Candidates.First(c => c.Name == s.Chosen);
        string settings = string.Join(", ", search.Settings.Select(k => $"{Key(k.Key, words)} {k.Value}"));
        string confirmed = words.Say(
            "confirmed on items not used for choosing.",
            "confirmado em itens não usados para escolher."
        );
        string name = settings.Length > 0 ? settings : s.Chosen;
        return $"{name}: {Gains(chosen, words)}{Loss(chosen, words)}, {confirmed}";
    }

    /// <summary>What was tried and what it took; empty without a search.</summary>
    /// <param name="seconds">Of all stages of the search; null: unknown.</param>
    public static string Cost(Comparison comparison, double? seconds, Words words)
    {
        if (comparison.Selection is not { Search: { } search } s)
        {
            return "";
        }

        string rounds = string.Join(words.Say(", then ", ", depois "), search.Rounds),
            time = seconds is { } taken
                ? words.Say($" and {words.Duration(taken)}", $" e {words.Duration(taken)}")
                : "",
            work = words.Number(search.Work, "0.##");
        return words.Say(
            $"The search tried {s.Candidates} candidates of {search.Trainings} trainings ({rounds} in its rounds). It "
                + $"took the work of {work} full trainings, {words.Count(search.Answers)} answers{time}.",
            $"A busca experimentou {s.Candidates} candidatos de {search.Trainings} treinos ({rounds} nas rodadas). "
                + $"Custou o trabalho de {work} treinos completos, {words.Count(search.Answers)} respostas{time}."
        );
    }

    /// <summary>The mean gain on the targets, as a fraction.</summary>
    public static double Gain(IReadOnlyDictionary<string, double> points, IReadOnlyList<string> targets) =>
        points.Where(p => targets.Contains(p.Key)).Select(p => p.Value).DefaultIfEmpty(0).Average();

    /// <summary>The lowest difference on a general task, as a fraction; null: there is no general task.</summary>
    public static double? Lowest(IReadOnlyDictionary<string, double> points, IReadOnlyList<string> targets)
    {
        double[] general = [.. points.Where(p => !targets.Contains(p.Key)).Select(p => p.Value)];
        return general.Length == 0 ? null : general.Min();
    }

    private static string Gains(CandidateComparison chosen, Words words)
    {
        Finding[] targets = [.. chosen.Verdict.Findings.Where(f => f.Role == TaskRole.Target)];
        return string.Join(
            ", ",
            targets.Select(f =>
                words.Say("gain", "ganho")
                + (targets.Length > 1 ? $" ({f.Task})" : "")
                + $" {Sizes(f.Difference.Points, f.Difference.Low, f.Difference.High, words)}"
            )
        );
    }

    private static string Loss(CandidateComparison chosen, Words words)
    {
        Finding[] general = [.. chosen.Verdict.Findings.Where(f => f.Role == TaskRole.General)];
        if (general.Length == 0)
        {
            return "";
        }

        Finding worst = general.MinBy(f => f.Difference.Points)!;
        Difference d = worst.Difference;
        string loss =
            general.Length == 1
                ? words.Say("loss", "perda")
                : words.Say($"largest loss ({worst.Task})", $"maior perda ({worst.Task})");
        return $", {loss} {Sizes(-d.Points, -d.High, -d.Low, words)}";
    }

    private static string Sizes(double points, double low, double high, Words words) =>
        $"{Size(points, words)} ({Size(low, words)} {words.To} {Size(high, words)})";

    private static string Size(double fraction, Words words)
    {
        string size = words.Number(Math.Round(fraction * 100, 1), "0.0");
        return size.TrimStart('\u2212') == words.Number(0, "0.0") ? words.Number(0, "0.0") : size;
    }

    private static string Key(string key, Words words) =>
        key switch
        {
            "train.learningRate" => words.Say("learning rate", "taxa de aprendizado"),
            "train.rank" => words.Say("rank", "posto"),
            "train.epochs" => words.Say("epochs", "épocas"),
            "train.batchSize" => words.Say("batch size", "tamanho do lote"),
            "train.weightDecay" => words.Say("weight decay", "decaimento dos pesos"),
            "replay.share" => "replay",
            "trainingData.examples" => words.Say("examples", "exemplos"),
            "steps" => words.Say("steps", "passos"),
            _ => key[(key.IndexOf('.', StringComparison.Ordinal) + 1)..],
        };
}
