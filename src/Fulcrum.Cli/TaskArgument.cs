using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Cli;

/// <summary>A task as the command line names it, as a part of a study.</summary>
internal static class TaskArgument
{
    /// <summary>Returns the name and the plan of a task; its paths are absolute.</summary>
    /// <param name="reference"><c>KIND=DIR</c>, or a <c>.json</c> file with one task.</param>
    /// <exception cref="InputException">It is neither.</exception>
    public static (string Name, TaskPlan Plan) Plan(string reference)
    {
        if (reference.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return OfFile(reference);
        }

        string[] parts = reference.Split('=', 2);
        if (parts.Length < 2)
        {
            throw new InputException($"the task '{reference}' is neither KIND=DIR nor a .json file with one task");
        }

        JsonObject task = new() { ["kind"] = parts[0], ["data"] = Path.GetFullPath(parts[1]) };
        return (parts[0], StudyFile.ParseTask(task.ToJsonString(), reference));
    }

    private static (string, TaskPlan) OfFile(string path)
    {
        JsonObject task =
            StrictJson.ReadFile(path) as JsonObject ?? throw new InputException($"{path}: expected a JSON object");
        string name =
            task["name"] is JsonValue value && value.TryGetValue(out string? text)
                ? text
                : Path.GetFileNameWithoutExtension(path);
        task.Remove("name");
        string home = Path.GetDirectoryName(Path.GetFullPath(path))!;
        TaskPlan plan = StudyFile.ParseTask(task.ToJsonString(), path).Located(p => Path.GetFullPath(p, home));
        (plan with { Name = name }).Check(path);
        return (name, plan);
    }
}
