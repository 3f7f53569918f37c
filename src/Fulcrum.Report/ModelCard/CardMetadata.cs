using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Report.Content;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using YamlDotNet.Serialization;

namespace Fulcrum.Report.ModelCard;

/// <summary>The YAML head of a model card: what the Hub's index reads.</summary>
/// <remarks>The fields are those of huggingface.co/docs/hub/model-cards and of the model cards of PEFT.</remarks>
internal static class CardMetadata
{
    private static readonly ISerializer Yaml = new SerializerBuilder()
        .WithQuotingNecessaryStrings(quoteYaml1_1Strings: true)
        .DisableAliases()
        .Build();

    /// <summary>Returns the head of the shown candidate's card.</summary>
    /// <param name="isAdapter">False: a complete model.</param>
    public static string Of(RunReport report, CardProtocols protocols, bool isAdapter) =>
        Print(
            BaseOf(report),
            isAdapter,
            new Dictionary<string, object?>
            {
                ["name"] = Text(report.Shown.Name),
                ["results"] = report.Shown.Tasks.Select(t => Result(t, report, protocols)).ToList(),
            }
        );

    /// <summary>Returns a head.</summary>
    /// <param name="isAdapter">False: a complete model.</param>
    /// <param name="index">The entry of the index of results; null: nothing was measured.</param>
    public static string Print(string model, bool isAdapter, IReadOnlyDictionary<string, object?>? index)
    {
        string[] tags = isAdapter ? [$"base_model:adapter:{model}", "lora", "fulcrum"] : ["fulcrum"];
        Dictionary<string, object?> head = new()
        {
            ["base_model"] = model,
            ["library_name"] = isAdapter ? "peft" : "transformers",
            ["pipeline_tag"] = "text-generation",
            ["tags"] = tags,
        };
        if (index is not null)
        {
            head["model-index"] = new[] { index };
        }

        return Yaml.Serialize(head);
    }

    /// <summary>Returns the name of the base: its id on the hub, otherwise the last part of its folder.</summary>
    public static string BaseOf(RunReport report)
    {
        string model = report.Study.Base.Model;
        return HubReference.IsPinnedName(model)
            ? HubReference.Parse(HubKind.Model, model).Id
            : Text(Path.GetFileName((report.Model?.Name ?? model).TrimEnd('/', '\\')));
    }

    /// <summary>Returns the id of a model on the hub; of a folder its last part.</summary>
    public static string NameOf(string path) =>
        !Directory.Exists(path) && HubReference.LooksLikeName(HubKind.Model, path)
            ? HubReference.Parse(HubKind.Model, path).Id
            : Text(Path.GetFileName(path.TrimEnd('/', '\\')));

    private static Dictionary<string, object?> Result(PairedResult result, RunReport report, CardProtocols protocols) =>
        new()
        {
            ["task"] = new Dictionary<string, object?> { ["type"] = "text-generation", ["name"] = Text(result.Task) },
            ["dataset"] = Dataset(result.Task, report, protocols),
            ["metrics"] = Metrics(result),
        };

    // The index needs a type, a split and a revision also of data that are on no hub.
    private static Dictionary<string, object?> Dataset(string task, RunReport report, CardProtocols protocols)
    {
        TaskPlan plan = report.Study.Tasks[task];
        HubReference? hub = CardProtocols.OnHub(plan);
        string? first = report.Answers[task] is [var (answer, _), ..] ? answer.Id : null;
        return new()
        {
            ["type"] = hub?.Id ?? Text(TaskKinds.NameOf(plan)),
            ["name"] = Text(task),
            ["config"] = hub?.Configuration ?? "default",
            ["split"] = Text(hub?.Split ?? (first is null ? null : CardProtocols.SplitOf(first)) ?? "test"),
            ["revision"] = hub?.Revision ?? "sha256:" + protocols.Of(task).GetValueOrDefault("items", "unknown"),
        };
    }

    private static Dictionary<string, object?>[] Metrics(PairedResult result) =>
        [
            Metric(result.Mcnemar is null ? "score" : "accuracy", "score, %", result.After.Score),
            Metric("base_score", "score of the base model, %", result.Before.Score),
            Metric("difference", "difference, percentage points", result.Difference.Points),
            Metric("difference_low", "lower bound of the 95% interval, percentage points", result.Difference.Low),
            Metric("difference_high", "upper bound of the 95% interval, percentage points", result.Difference.High),
        ];

    private static Dictionary<string, object?> Metric(string type, string name, double fraction) =>
        new()
        {
            ["type"] = type,
            ["name"] = name,
            ["value"] = double.IsFinite(fraction) ? Math.Round(fraction * 100, 2) : null,
        };

    private static string Text(string text) => Printable.Short(text);
}
