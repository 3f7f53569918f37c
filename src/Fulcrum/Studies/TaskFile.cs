using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Files;
using Fulcrum.Tasks;

namespace Fulcrum.Studies;

/// <summary>A file with one task, whose keys are those of a task in a study: the kinds of a study's own
/// tasks.</summary>
public static class TaskFile
{
    /// <summary>Reads a task.</summary>
    /// <param name="source">The file, for messages; paths are relative to its folder.</param>
    /// <exception cref="InputException">A key is unknown or its value is outside its range; names both.</exception>
    public static TaskPlan Parse(JsonObject task, string source)
    {
        JsonObject plan = task.DeepClone().AsObject();
        if (
            (string?)plan["kind"] is "multiple-choice" or "generation"
            && plan["file"] is null
            && plan["data"] is { } data
        )
        {
            plan["file"] = data.DeepClone();
            _ = plan.Remove("data");
        }

        string name = (string?)plan["name"] ?? "task";
        _ = plan.Remove("name");
        TaskPlan read = StudyFile.ParseTask(plan.ToJsonString(), source) with { Name = name };
        read.Check(source);
        string home = Path.GetDirectoryName(Path.GetFullPath(source))!;
        TaskPlan located = read.Located(p => Path.GetFullPath(p, home));
        located.RequireFiles(source);
        return located;
    }

    /// <summary>Reads a file with one JSON object.</summary>
    /// <exception cref="InputException">The file is missing or malformed.</exception>
    public static JsonObject Read(string path)
    {
        try
        {
            return StrictJson.ReadFile(path, mostBytes: 1 << 20) as JsonObject
                ?? throw new InputException($"{path}: expected a JSON object with one task");
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
}
