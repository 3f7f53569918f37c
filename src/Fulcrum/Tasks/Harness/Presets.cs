using System.Text.Json.Serialization;
using Fulcrum.Data;

namespace Fulcrum.Tasks.Harness;

/// <summary>A set of general tasks.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Preset>))]
public enum Preset
{
    /// <summary>HellaSwag, ARC-challenge and WinoGrande, and their mean: the measure of forgetting of Biderman et al.
    /// 2024 (arXiv:2405.09673), section 3.</summary>
    [JsonStringEnumMemberName("forgetting")]
    Forgetting,

    /// <summary>Eight abilities, each by one task.</summary>
    [JsonStringEnumMemberName("core")]
    Core,

    /// <summary>The same with fewer items.</summary>
    [JsonStringEnumMemberName("core-small")]
    CoreSmall,
}

/// <summary>The tasks of a preset, as a study names it.</summary>
/// <param name="Data">A folder with a folder of data for each task, named like the task or like its data set; null: the
/// data sets of the hub.</param>
public sealed record GeneralPlan(Preset Preset, string? Data = null)
{
    internal GeneralPlan Located(Func<string, string> locate) =>
        this with
        {
            Data = Data is { } data ? locate(data) : null,
        };
}

/// <summary>The presets.</summary>
internal static class Presets
{
    private const int FewshotOfMmlu = 5;

    /// <summary>Task and number of items of each preset; null: all items.</summary>
    public static IReadOnlyDictionary<Preset, IReadOnlyList<(string Task, int? Items)>> All { get; } =
        new Dictionary<Preset, IReadOnlyList<(string, int?)>>
        {
            [Preset.Forgetting] = [("hellaswag", null), ("arc_challenge", null), ("winogrande", null)],
            [Preset.Core] =
            [
                ("mmlu", 1_500),
                ("arc_challenge", 1_172),
                ("gsm8k", 400),
                ("ifeval", 541),
                ("truthfulqa_mc2", 817),
                ("boolq", 1_000),
                ("lambada_openai", 1_000),
                ("refusals", 450),
            ],
            [Preset.CoreSmall] =
            [
                ("mmlu", 400),
                ("arc_challenge", 300),
                ("gsm8k", 60),
                ("ifeval", 60),
                ("truthfulqa_mc2", 300),
                ("boolq", 300),
                ("lambada_openai", 300),
                ("refusals", 100),
            ],
        };

    /// <summary>Returns the preset of a name; null if there is none.</summary>
    public static Preset? Find(string name)
    {
        Preset[] found = [.. Enum.GetValues<Preset>().Where(p => EnumNames.Of(p) == name)];
        return found.Length == 1 ? found[0] : null;
    }

    /// <summary>Returns the tasks of a preset by name, as general tasks of a study.</summary>
    public static IReadOnlyDictionary<string, TaskPlan> Tasks(GeneralPlan plan) =>
        All[plan.Preset]
            .ToDictionary(
                t => t.Task,
                t =>
                    (TaskPlan)
                        new HarnessPlan(
                            BuiltIn: t.Task,
                            Data: plan.Data is { } folder ? DataOf(folder, t.Task) : null,
                            Role: TaskRole.General,
                            Items: t.Items,
                            Fewshot: t.Task == "mmlu" ? FewshotOfMmlu : null
                        ),
                StringComparer.Ordinal
            );

    /// <summary>The tasks of which a preset reports the mean; null: it reports none.</summary>
    public static IReadOnlyList<string>? Mean(Preset preset) =>
        preset == Preset.Forgetting ? [.. All[preset].Select(t => t.Task)] : null;

    private static string DataOf(string folder, string task)
    {
        string dataset = BuiltInCatalogue.All.First(t => t.Name == task).Data.Split('/')[^1];
        string[] places = [Path.Combine(folder, task), Path.Combine(folder, dataset)];
        return places.FirstOrDefault(Directory.Exists) ?? places[0];
    }
}
