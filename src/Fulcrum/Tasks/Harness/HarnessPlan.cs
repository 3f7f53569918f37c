using Fulcrum.Models;

namespace Fulcrum.Tasks.Harness;

/// <summary>One task as a task file or a study names it.</summary>
/// <param name="Kind">A built-in task's name, or <c>harness</c>.</param>
/// <param name="Data">A folder with the data; null: the data set of the hub that the task names.</param>
/// <param name="File">The task file of kind <c>harness</c>.</param>
/// <param name="Fewshot">Examples; null: as the task says.</param>
/// <param name="ChatTemplate">Ask through the model's chat template.</param>
/// <param name="FewshotAsTurns">Examples as turns of their own.</param>
/// <param name="System">A system instruction; null: none.</param>
/// <param name="Subtask">One subtask of <c>bbh</c>; null: all.</param>
/// <param name="Reasoning">The form of <c>bbh</c> with worked answers.</param>
/// <param name="Items">The first so many rows, of a group of each member; null: all.</param>
/// <param name="Role"><c>target</c> or <c>general</c>; not used by <c>measure</c>.</param>
public sealed record HarnessPlan(
    string Name,
    string Kind,
    string? Data = null,
    string? File = null,
    int? Fewshot = null,
    bool ChatTemplate = false,
    bool FewshotAsTurns = false,
    string? System = null,
    string? Subtask = null,
    bool Reasoning = false,
    int? Items = null,
    string? Role = null
)
{
    /// <summary>The kind of other people's task files.</summary>
    public const string FileKind = "harness";

    /// <summary>Whether a kind is one of these.</summary>
    public static bool Knows(string kind) => kind == FileKind || BuiltInTasks.Has(kind);

    /// <summary>Opens the task: reads its definition and its rows.</summary>
    /// <param name="hub">The folder of a data set of the hub.</param>
    /// <exception cref="InputException">The file or the data cannot be read; names them.</exception>
    public AskedTask Open(Func<string, string> hub)
    {
        HarnessForm form = new(Fewshot, ChatTemplate, FewshotAsTurns, System);
        HarnessNode node =
            Kind == FileKind
                ? HarnessGroups.Read(File ?? throw new InputException($"the task {Name} of kind harness names no file"))
                : BuiltInTasks.Open(Kind, Folder(hub), form, Subtask, Reasoning);
        return HarnessAsked.Of(node, Name, leaf => Opened(leaf.Task!, form, hub), Kind == "bbh");
    }

    // The subjects of MMLU are those of its data, so these are needed first.
    private string Folder(Func<string, string> hub) =>
        Data ?? (Kind is "mmlu" or "mmlu_continuation" ? hub("cais/mmlu") : "");

    private HarnessTask? Opened(HarnessConfig config, HarnessForm form, Func<string, string> hub)
    {
        HarnessRows rows = HarnessRows.Open(config, Kind == FileKind ? null : Data, hub);
        bool part = config.ProcessDocs is { Name: ['c', ..] };
        return part && HarnessFunctions.Processed(config, rows.Split(config.Evaluated)).Count == 0
            ? null
            : HarnessTask.Open(config, form, rows, Items);
    }
}
