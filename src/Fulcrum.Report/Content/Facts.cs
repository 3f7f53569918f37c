using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;

namespace Fulcrum.Report.Content;

/// <summary>What a run was made with, in a line each: the same words in every form of the report.</summary>
internal static class Facts
{
    /// <summary>The model, its size, and the form in which it computes.</summary>
    public static string Model(RunReport report)
    {
        (BasePlan model, Words words) = (report.Study.Base, report.Words);
        string name = HubReference.IsPinnedName(model.Model)
            ? model.Model
            : report.Model?.Name ?? Path.GetFileName(model.Model.TrimEnd('/', '\\'));
        string size = report.Model?.Parameters is { } count ? ", " + Size(count, words) : "";
        string quantization =
            model.Quantization == Quantization.None
                ? words.Say("not quantised", "sem quantização")
                : EnumNames.Of(model.Quantization);
        return $"{name}{size}, {EnumNames.Of(model.Dtype)}, {quantization}";
    }

    /// <summary>How the adapter was trained.</summary>
    public static string Training(RunReport report)
    {
        Words words = report.Words;
        if (report.Train is not { } plan)
        {
            return words.Say("not trained here", "não treinado aqui");
        }

        string targets = string.Join(", ", plan.TargetModules ?? ["q_proj", "k_proj", "v_proj", "o_proj"]);
        string epochs =
            $"{plan.Epochs} {(plan.Epochs == 1 ? words.Say("epoch", "época") : words.Say("epochs", "épocas"))}";
        return words.Say(
                $"{(plan.Dora ? "DoRA" : "LoRA")} r = {plan.Rank}, alpha = {words.Number(plan.Alpha)} "
                    + $"on {targets}; {epochs}, batch {plan.BatchSize}, {EnumNames.Of(plan.Optimizer)}, "
                    + $"learning rate {words.Number(plan.LearningRate, "0.##################")} "
                    + $"({EnumNames.Of(plan.Schedule)}, {plan.WarmupSteps} warm-up steps); "
                    + $"seed {report.TrainingSeed}",
                $"{(plan.Dora ? "DoRA" : "LoRA")} r = {plan.Rank}, alpha = {words.Number(plan.Alpha)} "
                    + $"em {targets}; {epochs}, lote {plan.BatchSize}, {EnumNames.Of(plan.Optimizer)}, "
                    + $"taxa de aprendizado {words.Number(plan.LearningRate, "0.##################")} "
                    + $"({EnumNames.Of(plan.Schedule)}, {plan.WarmupSteps} passos de aquecimento); "
                    + $"semente {report.TrainingSeed}"
            ) + Amount(report, words);
    }

    /// <summary>The number of items on which a result rests. Where several items ask the same question it is the number
    /// of questions, and both are named.</summary>
    public static string Items(PairedResult b, Words words) =>
        b.AskedItems is { } asked
            ? words.Say(
                $"{words.Count(b.Items)} questions ({words.Count(asked)} items asked)",
                $"{words.Count(b.Items)} perguntas ({words.Count(asked)} itens)"
            )
            : words.Say($"{words.Count(b.Items)} items", $"{words.Count(b.Items)} itens");

    /// <summary>The same for a table, whose column says what is counted.</summary>
    public static string ItemCount(PairedResult b, Words words) =>
        b.AskedItems is null ? words.Count(b.Items) : Items(b, words);

    /// <summary>Says that several items ask the same question; null where none do.</summary>
    public static string? Repeated(PairedResult b, Words words) =>
        b.AskedItems is null
            ? null
            : $"{b.Task}: {Items(b, words)}. "
                + words.Say("Items with the same question count as one.", "Itens com a mesma pergunta contam como um.");

    /// <summary>What a task's difference rests on. Clusters are named only where there are several.</summary>
    public static string Sample(PairedResult b, Words words) =>
        Items(b, words)
        + (
            b.Clusters > 1
                ? words.Say($" in {words.Count(b.Clusters)} clusters", $" em {words.Count(b.Clusters)} agrupamentos")
                : ""
        )
        + (
            b.Unscored > 0
                ? words.Say($", {words.Count(b.Unscored)} more unscored", $", mais {words.Count(b.Unscored)} sem nota")
                : ""
        );

    /// <summary>How long each stage took, and all together.</summary>
    public static string Stages(RunReport report) =>
        string.Join(", ", report.Stages.Select(s => $"{s.Stage} {report.Words.Duration(s.Seconds)}"))
        + "; "
        + report.Words.Say("together ", "ao todo ")
        + report.Words.Duration(report.Stages.Sum(s => s.Seconds));

    /// <summary>Versions and machine, as the manifests tell them; several values where the stages of a run had
    /// several.</summary>
    public static (string Name, string Value)[] Environment(RunReport report) =>
        [
            .. report
                .Stages.SelectMany(s => s.Environment)
                .GroupBy(e => e.Key)
                .Select(g => (g.Key, string.Join(", ", g.Select(e => e.Value).Distinct()))),
        ];

    private static string Amount(RunReport report, Words words) =>
        report.TrainingData is not { } data
            ? ""
            : words.Say(
                $"; {words.Count(data.Examples)} examples, {words.Count(data.Tokens)} tokens, "
                    + $"{words.Count(report.Steps.Count)} steps",
                $"; {words.Count(data.Examples)} exemplos, {words.Count(data.Tokens)} tokens, "
                    + $"{words.Count(report.Steps.Count)} passos"
            );

    private static string Size(long count, Words words) =>
        count switch
        {
            < 1_000_000 => words.Say($"{words.Count(count)} parameters", $"{words.Count(count)} parâmetros"),
            < 1_000_000_000 => words.Say(
                $"{words.Number(count / 1e6, "0.#")} million parameters",
                $"{words.Number(count / 1e6, "0.#")} milhões de parâmetros"
            ),
            _ => words.Say(
                $"{words.Number(count / 1e9, "0.##")} billion parameters",
                $"{words.Number(count / 1e9, "0.##")} bilhões de parâmetros"
            ),
        };
}
