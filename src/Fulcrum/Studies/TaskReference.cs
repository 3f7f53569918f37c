using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Files;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;

namespace Fulcrum.Studies;

/// <summary>A task as people name it: <c>KIND</c>, <c>KIND=DATA</c>, a <c>.json</c> file with one task, a task file of
/// lm-evaluation-harness (<c>.yaml</c>), the hub's name of a built-in task's data, or a data file whose columns are
/// recognised.</summary>
/// <param name="hub">Returns the folder of a data set of the hub, by its name; null: names stay as they are, and what
/// the task reads is checked later.</param>
/// <param name="alone">The task is measured alone, and not in a study: then <c>mmlu</c> is the built-in task with a
/// score for each subject.</param>
internal sealed class TaskReference(Func<string, string>? hub, bool alone = false)
{
    // The data sets of the hub for which kinds of a study stand where no data are named.
    private static readonly Dictionary<string, string> Datasets = new(StringComparer.Ordinal)
    {
        ["mmlu"] = "cais/mmlu",
        ["spider"] = "xlangai/spider",
    };

    // Keys of a study's task of kind mmlu that the built-in task of that name does not have.
    private static readonly string[] OfStudies =
    [
        "subjects",
        "itemsPerSubject",
        "reading",
        "rotations",
        "prompt",
        "maxNewTokens",
        "decoding",
        "threshold",
    ];

    /// <summary>Returns the preset of general tasks that a reference names: <c>core</c>, or <c>core=DIR</c> with the
    /// data in folders named like the tasks; null: it names a task.</summary>
    /// <exception cref="InputException">No folder is behind the equals sign.</exception>
    public static GeneralPlan? Preset(string reference)
    {
        string[] parts = reference.Split('=', 2);
        return Presets.Find(parts[0]) is { } preset
            ? new GeneralPlan(preset, parts.Length > 1 ? FolderIn(reference, parts[1]) : null)
            : null;
    }

    private static string FolderIn(string reference, string folder)
    {
        Wanted.That(folder.Length > 0, "", reference, "no folder after =", "a folder with the tasks");
        return Path.GetFullPath(folder);
    }

    /// <summary>Returns the plans of a task or of a preset, with their names and with absolute paths.</summary>
    /// <exception cref="InputException">As for <see cref="Plan"/>.</exception>
    public IReadOnlyList<TaskPlan> Plans(string reference) =>
        Preset(reference) is { } preset
            ? [.. Presets.Tasks(preset).Select(t => t.Value with { Name = t.Key })]
            : [Plan(reference)];

    /// <summary>Returns the plan of a task, with its name and with absolute paths.</summary>
    /// <exception cref="InputException">There is no such task, or its file is malformed; names it.</exception>
    public TaskPlan Plan(string reference)
    {
        string[] parts = reference.Split('=', 2);
        if (parts.Length == 1 && TaskFile(reference) is { } plan)
        {
            return plan;
        }

        if (parts.Length == 2 || TaskKinds.Has(parts[0]))
        {
            return OfKind(reference, parts[0], parts.ElementAtOrDefault(1));
        }

        if (KindOf(reference) is { } kind)
        {
            return OfKind(reference, kind, null);
        }

        return File.Exists(reference)
            ? OfRows(reference)
            : throw new InputException(
                $"there is no task {reference}: no kind of task has this name{Nearest(reference)}, "
                    + "and there is no such file"
            );
    }

    // Returns the plan of a task file; null if the reference names no such file.
    private TaskPlan? TaskFile(string reference) =>
        Path.GetExtension(reference).ToLowerInvariant() switch
        {
            ".json" when IsTaskFile(reference) => OfFile(reference),
            ".yaml" or ".yml" => OfTaskFile(reference),
            _ => null,
        };

    private static string? KindOf(string dataset) =>
        HarnessPlan.OfDataset(dataset) ?? Datasets.FirstOrDefault(d => d.Value == dataset).Key;

    private static string Nearest(string reference) =>
        HarnessPlan.Nearest(reference) is { } near ? $" (did you mean {near}?)" : "";

    // A .json file with rows is a list, or has no kind.
    private static bool IsTaskFile(string path) => Parsed(path) is JsonObject task && task.ContainsKey("kind");

    private TaskPlan OfFile(string path)
    {
        JsonObject task = Parsed(path)!.AsObject();
        string name = Text(task, "name", path) ?? Path.GetFileNameWithoutExtension(path);
        _ = task.Remove("name");
        return Read(task, name, path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    private TaskPlan OfTaskFile(string path) =>
        Read(
            new JsonObject { ["kind"] = HarnessPlan.Kind, ["file"] = path },
            Path.GetFileNameWithoutExtension(path),
            path,
            Environment.CurrentDirectory
        );

    private TaskPlan OfKind(string reference, string kind, string? data)
    {
        JsonObject task = new() { ["kind"] = kind };
        bool asInStudies = !alone || !HarnessPlan.Has(kind);
        data ??= asInStudies ? Datasets.GetValueOrDefault(kind) : null;
        if (data is not null)
        {
            task[data.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) ? "file" : "data"] = data;
        }

        return Read(task, kind, reference, Environment.CurrentDirectory);
    }

    private TaskPlan Read(JsonObject task, string name, string source, string home)
    {
        if (alone && HarnessPlan.Has(Text(task, "kind", source) ?? "") && !task.Any(k => OfStudies.Contains(k.Key)))
        {
            HarnessPlan.Expand(task);
        }

        TaskPlan plan = StudyFile.ParseTask(task.ToJsonString(), source).Located(p => Located(p, home)) with
        {
            Name = name,
        };
        plan.Check(source);
        if (hub is not null)
        {
            plan.RequireFiles(source);
        }

        return plan;
    }

    // A folder or a file, or the name of a data set of the hub.
    private string Located(string named, string home) =>
        StudySources.IsName(HubKind.Dataset, named, home) ? hub?.Invoke(named) ?? named : Path.GetFullPath(named, home);

    private static string? Text(JsonObject task, string key, string source)
    {
        bool isText = task[key] is not { } value || value.GetValueKind() == JsonValueKind.String;
        Wanted.That(isText, source, key, task[key]?.ToJsonString(), "text in quotation marks");
        return (string?)task[key];
    }

    private static JsonNode? Parsed(string path)
    {
        try
        {
            return StrictJson.ReadFile(path, mostBytes: 1 << 28);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the task {path}: {e.Message}", e);
        }
    }

    /// <summary>A custom data file: its columns decide between multiple choice and written answers.</summary>
    private TaskPlan OfRows(string path)
    {
        JsonObject task = RecognisedTask.Of(path, Table.Read(path));
        task["file"] = path;
        return Read(task, Path.GetFileNameWithoutExtension(path), path, Environment.CurrentDirectory);
    }
}
