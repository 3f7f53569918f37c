using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Runs;

/// <summary>A task as people name it: <c>KIND</c>, <c>KIND=DATA</c>, a <c>.json</c> file with one task, a <c>.yaml</c>
/// file of lm-evaluation-harness, or a data file whose columns are recognised.</summary>
/// <param name="hub">The folder of a data set of the hub, by its name.</param>
/// <param name="sqlGrader">Grades (database file, gold, prediction) under semantics and limits.</param>
public sealed class TaskReference(
    Func<string, string> hub,
    Func<SqlSemantics, SqlLimits, Func<string, string, string, Grade>> sqlGrader
)
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectRequiredConstructorParameters = true,
    };

    // Keys of a study's benchmark of kind mmlu that the task of that name does not have.
    private static readonly string[] OfBenchmark =
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

    /// <summary>Opens a task.</summary>
    /// <param name="items">The first so many rows; null: as the task says.</param>
    /// <exception cref="InputException">There is no such task, or its data cannot be read; names it.</exception>
    public AskedTask Open(string reference, int? items = null)
    {
        if (reference.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !reference.Contains('='))
        {
            return OfFile(reference, items);
        }

        string[] parts = reference.Split('=', 2);
        string kind = parts[0];
        if (Path.GetExtension(reference).ToLowerInvariant() is ".yaml" or ".yml")
        {
            return new HarnessPlan(
                Path.GetFileNameWithoutExtension(reference),
                HarnessPlan.FileKind,
                File: reference,
                Items: items
            ).Open(hub);
        }

        if (HarnessPlan.Knows(kind) && kind != HarnessPlan.FileKind)
        {
            return new HarnessPlan(kind, kind, parts.Length > 1 ? Data(parts[1]) : null, Items: items).Open(hub);
        }

        return kind is "spider"
                ? OfPlan(
                    new JsonObject
                    {
                        ["kind"] = kind,
                        ["name"] = kind,
                        ["data"] = parts.ElementAtOrDefault(1) ?? "spider",
                    },
                    "--task",
                    items
                )
            : BuiltInTasks.OfDataset(reference) is { } named ? Open(named, items)
            : File.Exists(reference) ? OfRows(reference, items)
            : throw new InputException(
                $"there is no task {reference}: no built-in task has this name ('fulcrum tasks' lists them), "
                    + "and there is no such file"
            );
    }

    private AskedTask OfFile(string path, int? items)
    {
        JsonObject task = TaskFile.Read(path);
        string kind =
            task["kind"] is JsonValue v && v.TryGetValue(out string? text)
                ? text
                : throw new InputException(
                    $"{path}: kind is missing; it names a built-in task, harness, spider, multiple-choice or generation"
                );
        bool benchmark = !HarnessPlan.Knows(kind) || task.Any(k => OfBenchmark.Contains(k.Key));
        return benchmark ? OfPlan(task, path, items) : Plan(task, path, items).Open(hub);
    }

    private HarnessPlan Plan(JsonObject task, string path, int? items)
    {
        try
        {
            HarnessPlan plan = JsonSerializer.Deserialize<HarnessPlan>(task, Strict)!;
            string home = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return plan with
            {
                Data = plan.Data is { } data ? Data(data, home) : null,
                File = plan.File is { } file ? Path.GetFullPath(Path.Combine(home, file)) : null,
                Items = items ?? plan.Items,
            };
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: {Fulcrum.Files.StrictJson.Sentence(e)}", e);
        }
    }

    // A folder, or the name of a data set of the hub.
    private string Data(string data, string home = ".")
    {
        string folder = Path.GetFullPath(Path.Combine(home, data));
        return Directory.Exists(folder) ? folder
            : data.Count(c => c == '/') == 1 && !data.StartsWith('.') ? hub(data)
            : throw new InputException($"there is no folder {folder} with data");
    }

    private AskedTask OfPlan(JsonObject task, string source, int? items)
    {
        int? first = items ?? (task["items"] is JsonValue v && v.TryGetValue(out int count) ? count : null);
        JsonObject all = task.DeepClone().AsObject();
        _ = all.Remove("items");
        TaskPlan plan = TaskFile.Parse(all, source);
        return TaskItems.Of(plan.Open(new TaskOpening(1, null, sqlGrader)), first);
    }

    /// <summary>A data file of one's own: its columns say whether it is a choice or a written answer.</summary>
    private AskedTask OfRows(string path, int? items)
    {
        IReadOnlyList<string> columns = [.. Table.Read(path)[0].Values.Select(c => c.Key)];
        string? Column(params string[] names) =>
            names.FirstOrDefault(n => columns.Contains(n, StringComparer.OrdinalIgnoreCase)) is { } name
                ? columns.First(c => c.Equals(name, StringComparison.OrdinalIgnoreCase))
                : null;
        string? options = Column("options", "choices"),
            asked = Column("question", "prompt", "input", "instruction");
        string? right = Column("answer", "target", "label", "completion", "output", "response");
        JsonObject task = new()
        {
            ["name"] = Path.GetFileNameWithoutExtension(path),
            ["file"] = Path.GetFullPath(path),
        };
        if (asked is null || right is null)
        {
            throw new InputException(
                $"{path}: its columns ({string.Join(", ", columns)}) are not recognised; "
                    + "write a task file that names the question and the answer"
            );
        }

        JsonObject own = options is not null
            ? new()
            {
                ["kind"] = "multiple-choice",
                ["question"] = asked,
                ["options"] = new JsonArray(options),
                ["answer"] = right,
                ["answerForm"] = Form(path, right),
            }
            : new()
            {
                ["kind"] = "generation",
                ["input"] = asked,
                ["target"] = right,
            };
        foreach ((string key, JsonNode? value) in own)
        {
            task[key] = value?.DeepClone();
        }

        return OfPlan(task, path, items);
    }

    private static string Form(string path, string column)
    {
        string[] answers = [.. Table.Read(path).Select(r => r.Text(column))];
        return answers.All(a => a.Length == 1 && char.IsAsciiLetterUpper(a[0])) ? "letter"
            : answers.All(a => int.TryParse(a, out _)) ? "index"
            : "text";
    }
}
