using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Statistics;

namespace Fulcrum.Tasks.Harness;

/// <summary>A task of lm-evaluation-harness' form: a built-in task, or somebody's task file.</summary>
/// <remarks>In a file, the name of a built-in task stands in <c>kind</c>, which is short for the kind <c>harness</c>
/// with
/// <c>builtIn</c>.</remarks>
/// <param name="BuiltIn">The name of a built-in task; null where <paramref name="File"/> is given.</param>
/// <param name="Data">A folder with the data of a built-in task; null: the data set of the hub.</param>
/// <param name="File">A task file or a group file (YAML).</param>
/// <param name="Items">The number of rows, of a group over all members; null: all.</param>
/// <param name="Fewshot">Examples before each question; null: as the task says.</param>
/// <param name="ChatTemplate">Whether the question is asked through the model's chat template.</param>
/// <param name="FewshotAsTurns">Whether examples are turns of the conversation.</param>
/// <param name="System">A system instruction; null: none.</param>
/// <param name="Subtask">One subtask of <c>bbh</c>; null: all.</param>
/// <param name="Reasoning">The form of <c>bbh</c> with worked answers.</param>
/// <param name="Datasets">By the name of a data set in the task file or in the members of a built-in task: the
/// folder or the name on the hub to take instead, a commit included; null: the names themselves.</param>
public sealed record HarnessPlan(
    string Name = "",
    string? BuiltIn = null,
    string? Data = null,
    string? File = null,
    TaskRole? Role = null,
    int? Items = null,
    int? Fewshot = null,
    bool ChatTemplate = false,
    bool FewshotAsTurns = false,
    string? System = null,
    string? Subtask = null,
    bool Reasoning = false,
    IReadOnlyDictionary<string, string>? Datasets = null
) : TaskPlan(Name, Role, Items)
{
    /// <summary>The kind of these plans in a file.</summary>
    public const string Kind = "harness";

    private const string Bbh = "bbh",
        BuiltInKey = "builtIn";

    /// <summary>Returns whether there is a built-in task of a name.</summary>
    public static bool Has(string name) => BuiltInTasks.Has(name);

    /// <summary>Returns the names of all built-in tasks.</summary>
    internal static IReadOnlyList<string> Names => BuiltInTasks.Names;

    /// <summary>Returns the name nearest to a misspelt one; null where none is near.</summary>
    public static string? Nearest(string name) => Spelling.Nearest(name, BuiltInTasks.Names);

    /// <summary>Returns the built-in task whose data set has a name on the hub; null where none or several
    /// have.</summary>
    public static string? OfDataset(string id) => BuiltInTasks.OfDataset(id);

    /// <summary>Writes a task whose kind is a built-in task's name as a task of this kind.</summary>
    internal static void Expand(JsonObject task)
    {
        task[BuiltInKey] = task["kind"]?.DeepClone();
        task["kind"] = Kind;
    }

    /// <summary>The reverse of <see cref="Expand"/>.</summary>
    internal static void Shorten(JsonObject task)
    {
        if (task[BuiltInKey] is { } name && (string?)task["kind"] == Kind)
        {
            task["kind"] = name.DeepClone();
            _ = task.Remove(BuiltInKey);
        }
    }

    /// <inheritdoc/>
    protected override void CheckValues(string source)
    {
        const string One = "the name of a built-in task as kind, or a task file";
        Wanted.That(BuiltIn is null != File is null, source, $"{Name}.file", File, One);
        Wanted.That(BuiltIn is null || Has(BuiltIn), source, $"{Name}.{BuiltInKey}", BuiltIn, "a built-in task");
        Wanted.That(Data is null || File is null, source, $"{Name}.data", Data, "none: the task file names its data");
        Wanted.That(Fewshot is null or >= 0, source, $"{Name}.fewshot", Fewshot, "0 or more");
        bool bbh = BuiltIn == Bbh;
        Wanted.That(bbh || Subtask is null, source, $"{Name}.subtask", Subtask, $"none: only {Bbh} has subtasks");
        Wanted.That(bbh || !Reasoning, source, $"{Name}.reasoning", Reasoning, $"false: only {Bbh} has this form");
        bool known = Subtask is null || BuiltInTasks.Bbh.Contains(Subtask);
        Wanted.That(known, source, $"{Name}.subtask", Subtask, $"one of {string.Join(", ", BuiltInTasks.Bbh)}");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths() =>
        [
            .. File is not null ? FilesOfTaskFile(File) : [],
            .. (Datasets?.Values.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>())
                .Concat(Data is null ? [] : [Data])
                .SelectMany(d => Directory.Exists(d) ? DatasetFolder.AllFiles(d) : [d]),
        ];

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate) =>
        this with
        {
            Data = Data is { } data ? locate(data) : null,
            File = File is { } file ? locate(file) : null,
            Datasets = Datasets?.ToDictionary(d => d.Key, d => locate(d.Value)),
        };

    /// <inheritdoc/>
    public override TaskPlan WithDatasets(string home) =>
        Data is not null ? this
        : BuiltIn is { } name && BuiltInTasks.DatasetOf(name) is { } id ? this with { Data = id }
        : NamesOfDatasets(home) is { Length: > 0 } names
            ? this with
            {
                Datasets = names.ToDictionary(n => n, n => Datasets?.GetValueOrDefault(n) ?? n),
            }
        : this;

    // A missing file is reported together with the other missing files.
    private string[] NamesOfDatasets(string home)
    {
        string? file = File is { } text ? Path.GetFullPath(text, home) : null;
        return file is not null && !global::System.IO.File.Exists(file)
            ? []
            :
            [
                .. Node(file, null)
                    .Leaves.Select(l => HarnessRows.NameOnHub(l.Task!))
                    .OfType<string>()
                    .Distinct(StringComparer.Ordinal),
            ];
    }

    private HarnessNode Node(string? file, string? data) =>
        BuiltIn is null ? HarnessGroups.Read(file!) : BuiltInTasks.Open(BuiltIn, data ?? "", Form, Subtask, Reasoning);

    private HarnessForm Form => new(Fewshot, ChatTemplate, FewshotAsTurns, System);

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) => Open(opening, new RowChoice(Items, First: false, opening.Seed));

    /// <inheritdoc/>
    public override ITask OpenFirst(TaskOpening opening, int? items) =>
        Open(opening, new RowChoice(items, First: true, opening.Seed));

    /// <summary>The subjects or subtasks of a built-in group are the benchmark: other items of the same ones.</summary>
    protected override Estimand? DefaultEstimand() =>
        BuiltIn is { } name && BuiltInTasks.IsGroup(name) ? Statistics.Estimand.Items : null;

    /// <inheritdoc/>
    public override Ability? Ability() => BuiltIn is { } name ? BuiltInCatalogue.AbilityOf(name) : null;

    // A task that says 0 shows no examples, whatever is asked for.
    internal override bool HasFewshot => Fewshot != 0 && Shots().Any(own => own != 0 && (Fewshot ?? own) > 0);

    private IEnumerable<int?> Shots() =>
        BuiltIn is { } name ? [BuiltInTasks.Shots(name)] : Node(File, null).Leaves.Select(l => l.Task!.FewShot);

    internal override TaskPlan? WithFewshot(int count) =>
        count > 0 && Shots().All(own => own == 0) ? null : this with { Fewshot = count };

    internal override IEnumerable<(string Key, string Why)> UnusedKeys()
    {
        if (Fewshot > 0 && Shots().All(own => own == 0))
        {
            yield return ("fewshot", "the task itself says that it shows no worked examples (num_fewshot: 0)");
        }

        if (FewshotAsTurns && !ChatTemplate)
        {
            yield return ("fewshotAsTurns", "chatTemplate is false, so there are no turns");
        }
    }

    internal override string? ReplyLimitElsewhere =>
        File is { } file ? $"generation_kwargs.max_gen_toks in {file}" : null;

    /// <inheritdoc/>
    public override TaskNouns Nouns() => new(("subtask", "subtarefa"), ("group", "grupo"), []);

    private HarnessBenchmark Open(TaskOpening opening, RowChoice choice)
    {
        // The subjects of MMLU are those of its data, so these are needed first.
        string? data =
            Data ?? (BuiltIn is { } named && BuiltInTasks.DatasetOfSubjects(named) is { } id ? opening.Hub(id) : null);
        HarnessNode node = Node(File, data);
        bool isGroup = node.Task is null || BuiltIn == Bbh;
        return HarnessBenchmark.Open(
            Name,
            node,
            Form,
            isGroup,
            config => HarnessRows.Open(config, data, id => Datasets?.GetValueOrDefault(id) ?? opening.Hub(id)),
            choice,
            isOwn: File is not null
        );
    }

    // The task file, those of its members, and the data files that they name.
    private static string[] FilesOfTaskFile(string file) =>
        !global::System.IO.File.Exists(file)
            ? [file]
            :
            [
                .. HarnessGroups
                    .Read(file)
                    .Leaves.SelectMany(l => HarnessRows.Files(l.Task!).Prepend(l.Task!.File))
                    .Prepend(file)
                    .Distinct(StringComparer.Ordinal),
            ];
}
