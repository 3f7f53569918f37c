using System.Text.Json.Nodes;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Built-in tasks under their usual names: own definitions in the form of lm-evaluation-harness.</summary>
internal static class BuiltInTasks
{
    private const int ShotsOfBbh = 3;

    private static readonly string[] Single =
    [
        "arc_easy",
        "arc_challenge",
        "hellaswag",
        "winogrande",
        "piqa",
        "boolq",
        "openbookqa",
        "commonsense_qa",
        "sciq",
        "truthfulqa_mc1",
        "truthfulqa_mc2",
        "lambada_openai",
        "wikitext",
        "gsm8k",
        "ifeval",
        "refusals",
    ];

    private static readonly string[] GlobalMmlu =
    [
        "ar",
        "bn",
        "de",
        "en",
        "es",
        "fr",
        "hi",
        "id",
        "it",
        "ja",
        "ko",
        "pt",
        "sw",
        "yo",
        "zh",
    ];

    private static readonly string[] Categories =
    [
        "Business",
        "Humanities",
        "Medical",
        "Other",
        "STEM",
        "Social Sciences",
    ];

    private static readonly Lazy<JsonObject> BbhSubtasks = new(() => JsonNode.Parse(Resource("bbh.json"))!.AsObject());

    /// <summary>The names of all tasks.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Single,
        "mmlu",
        "mmlu_continuation",
        "bbh",
        .. Resource("belebele.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => $"belebele_{l}"),
        .. GlobalMmlu.Select(l => $"global_mmlu_{l}"),
    ];

    /// <summary>Subtasks of bbh, in alphabetical order.</summary>
    public static IEnumerable<string> Bbh => BbhSubtasks.Value.Select(s => s.Key);

    /// <summary>The task whose data set has a name on the hub; null where none or several have.</summary>
    public static string? OfDataset(string id) =>
        WithDataset.Where(n => DatasetOf(n) == id).ToArray() is [var one] ? one : null;

    /// <summary>The data set of a task on the hub, as <c>ORG/NAME</c>; null if its members have several, or where it
    /// has no organisation.</summary>
    public static string? DatasetOf(string name) =>
        WithDataset.Contains(name)
        && YamlFile.Mapping(Resource($"{name}.yaml"), name)["dataset_path"] is string id
        && id.Contains('/', StringComparison.Ordinal)
            ? id
            : null;

    private static IEnumerable<string> WithDataset => Single.Concat(["mmlu", "mmlu_continuation", "bbh"]);

    /// <summary>Whether there is a task of a name.</summary>
    public static bool Has(string name) => Names.Contains(name);

    /// <summary>Whether a task is a group with members.</summary>
    public static bool IsGroup(string name) =>
        name is "bbh"
        || DatasetOfSubjects(name) is not null
        || name.StartsWith("global_mmlu_", StringComparison.Ordinal);

    /// <summary>The examples that a task shows by itself; null: none, unless they are asked for.</summary>
    public static int? Shots(string name) =>
        name == "bbh" ? ShotsOfBbh
        : IsGroup(name) ? null
        : Task(name).FewShot;

    /// <summary>The data set whose folders are the members of a group; null if its members are known
    /// without.</summary>
    public static string? DatasetOfSubjects(string name) => name is "mmlu" or "mmlu_continuation" ? "cais/mmlu" : null;

    /// <summary>A task or a group by its name.</summary>
    /// <param name="folder">The folder of the data. The subjects of <c>mmlu</c> are those in the folder.</param>
    /// <param name="form">Examples, for the form of <c>bbh</c>.</param>
    /// <param name="subtask">One subtask of <c>bbh</c>; null: all.</param>
    /// <exception cref="InputException">There is no such task, or its data have no such part.</exception>
    public static HarnessNode Open(
        string name,
        string folder,
        HarnessForm? form = null,
        string? subtask = null,
        bool reasoning = false
    )
    {
        if (name is "mmlu" or "mmlu_continuation")
        {
            return Group(name, MmluData.Subjects(folder).Select(s => HarnessNode.Of(Mmlu(name, s), s)));
        }

        if (name.StartsWith("global_mmlu_", StringComparison.Ordinal))
        {
            return Group(name, Global(name).Select(c => HarnessNode.Of(c.Task, c.Member)));
        }

        int examples = form?.FewShot ?? ShotsOfBbh;
        return name != "bbh"
            ? HarnessNode.Of(Task(name))
            : Group(
                name,
                (subtask is null ? Bbh : [subtask]).Select(s => HarnessNode.Of(BbhSubtask(s, examples, reasoning), s))
            );
    }

    private static HarnessNode Group(string name, IEnumerable<HarnessNode> members) =>
        new(
            name,
            name,
            null,
            [.. members],
            [new HarnessMean(name == "bbh" ? "exact_match" : "acc", null, BySize: true)]
        );

    /// <summary>A task that has no members.</summary>
    /// <param name="name">One of <see cref="Names"/> that is no group.</param>
    public static HarnessConfig Task(string name)
    {
        if (name.StartsWith("belebele_", StringComparison.Ordinal))
        {
            return Read("belebele", name, ("dataset_name", name["belebele_".Length..]));
        }

        return Read(name, name);
    }

    /// <summary>A subject of MMLU.</summary>
    /// <param name="family"><c>mmlu</c> or <c>mmlu_continuation</c>.</param>
    public static HarnessConfig Mmlu(string family, string subject)
    {
        bool continuation = family == "mmlu_continuation";
        string kind = continuation ? "questions" : "multiple choice questions";
        return Read(
            family,
            continuation ? $"mmlu_{subject}_continuation" : $"mmlu_{subject}",
            ("dataset_name", subject),
            ("description", $"The following are {kind} (with answers) about {subject.Replace('_', ' ')}.\n\n")
        );
    }

    /// <summary>The categories of Global MMLU, each a task.</summary>
    public static IReadOnlyList<(string Member, HarnessConfig Task)> Global(string name) =>
        [
            .. Categories.Select(c =>
                (
                    Member: Lower(c),
                    Task: Read(
                        "global_mmlu",
                        $"{name}_{Lower(c)}",
                        ("dataset_name", name["global_mmlu_".Length..]),
                        ("process_docs", new YamlFunction(HarnessFunctions.Category + c))
                    )
                )
            ),
        ];

    /// <summary>A subtask of bbh in one of its four forms.</summary>
    /// <param name="fewShot">0 is the form without examples.</param>
    /// <param name="reasoning">Whether examples have worked answers and the model may reason.</param>
    /// <exception cref="InputException">There is no such subtask.</exception>
    public static HarnessConfig BbhSubtask(string subtask, int fewShot, bool reasoning)
    {
        JsonObject own =
            BbhSubtasks.Value[subtask] as JsonObject
            ?? throw new InputException($"bbh has no subtask {subtask}; there are {string.Join(", ", Bbh)}");
        bool shown = fewShot > 0;
        string step = reasoning
            ? shown
                ? " Let's think step by step.\n"
                : " Let's think step by step."
            : "";
        return Read(
            "bbh",
            $"bbh_{subtask}",
            ("dataset_name", subtask),
            ("description", (string)own["description"]! + "\n\n"),
            ("num_fewshot", (long)fewShot),
            (
                "process_results",
                new YamlFunction(
                    $"{HarnessReplies.Bbh}{(reasoning ? "cot_" : "")}{(shown ? "fewshot" : "zeroshot")} {subtask}"
                )
            ),
            ("doc_to_text", "Q: {{input}}\nA:" + step),
            ("target_delimiter", reasoning && shown ? "" : " "),
            ("fewshot_config", Examples(own["samples"]!.AsArray(), reasoning)),
            (
                "generation_kwargs",
                TemplateValues.Map([
                    KeyValuePair.Create(
                        "until",
                        (object?)new List<object?>(shown ? ["</s>", "Q", "\n\n"] : ["</s>", "Q:", "<|im_end|>"])
                    ),
                    KeyValuePair.Create("max_gen_toks", (object?)(shown && reasoning ? 1024L : 256L)),
                ])
            )
        );
    }

    private static TemplateMap Examples(JsonArray samples, bool reasoning) =>
        TemplateValues.Map([
            KeyValuePair.Create("sampler", (object?)"first_n"),
            KeyValuePair.Create("samples", (object?)samples.Select(s => (object?)Example(s!, reasoning)).ToList()),
        ]);

    private static TemplateMap Example(JsonNode sample, bool reasoning)
    {
        string worked = (string)sample["worked"]!;
        string answer = worked[
            (worked.LastIndexOf("the answer is ", StringComparison.Ordinal) + "the answer is ".Length)..
        ];
        return TemplateValues.Map([
            KeyValuePair.Create("input", (object?)(string)sample["input"]!),
            KeyValuePair.Create(
                "target",
                (object?)(
                    reasoning ? worked
                    : answer.EndsWith('.') ? answer[..^1]
                    : answer
                )
            ),
        ]);
    }

    private static string Lower(string category) => category.ToLowerInvariant().Replace(' ', '_');

    private static HarnessConfig Read(string family, string name, params (string Key, object? Value)[] keys)
    {
        TemplateMap map = YamlFile.Mapping(Resource($"{family}.yaml"), name);
        map["task"] = name;
        foreach ((string key, object? value) in keys)
        {
            map[key] = value;
        }

        return HarnessConfigReader.Read(name, map, builtIn: true);
    }

    private static string Resource(string name)
    {
        using Stream stream =
            typeof(BuiltInTasks).Assembly.GetManifestResourceStream($"tasks/{name}")
            ?? throw new InvalidOperationException($"the resource {name} is missing");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
