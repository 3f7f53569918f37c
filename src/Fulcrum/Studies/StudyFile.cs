using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;

namespace Fulcrum.Studies;

/// <summary>Reads and prints studies. What it returns is complete and checked.</summary>
public static class StudyFile
{
    private const int LargestFile = 1 << 20;
    private const string TaskPlace = "task";

    /// <summary>Reads a study. Paths in it become absolute: they are relative to the study's file.</summary>
    /// <remarks>Names on the hub with a full commit, which the <c>study.json</c> of a run holds, stay as they
    /// are.</remarks>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">The file is missing, is not strict JSON, or a value is outside its range; names
    /// the file and the key.</exception>
    public static Study Load(string path) => Load(path, null);

    /// <summary>Reads a study as <see cref="Load(string)"/> does, also with names on the hub.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sources">Finds what the study names, also on the hub; null: paths only.</param>
    /// <exception cref="InputException">As for <see cref="Load(string)"/>.</exception>
    /// <exception cref="FulcrumException">A name is on no hub that can be reached.</exception>
    internal static Study Load(string path, StudySources? sources)
    {
        Study study = Sweep.Expand(ReadFile(path), path);
        string home = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Study located = sources?.Locate(study, home) ?? study.Located(p => Absolute(p, home));
        located.Check(path);
        return located;
    }

    /// <summary>Parses a study's file without touching its paths. The tasks of its preset are added.</summary>
    /// <exception cref="InputException">The file is missing or not a study; names the file and the key.</exception>
    public static Study ReadFile(string path) => Parse(BoundedFile.ReadText(path, LargestFile), path).WithPreset();

    private static string Absolute(string text, string home)
    {
        string path = Path.GetFullPath(text, home);
        return
            !Path.IsPathRooted(text) && HubReference.IsPinnedName(text) && !File.Exists(path) && !Directory.Exists(path)
            ? text
            : path;
    }

    /// <summary>Reads a <c>train</c> section of its own: the <c>--config</c> of <c>fulcrum train</c>.</summary>
    /// <exception cref="InputException">As for <see cref="Load(string)"/>.</exception>
    internal static TrainPlan LoadTrainPlan(string path)
    {
        string text = BoundedFile.ReadText(path, LargestFile);
        TrainPlan plan = Deserialize(text, path, TaskKinds.TypeInfo<TrainPlan>(), "train");
        plan.Check(path);
        return plan;
    }

    /// <summary>Parses one task, as in a study, without its name.</summary>
    /// <exception cref="InputException">The text is not a task; names <paramref name="source"/> and the
    /// key.</exception>
    public static TaskPlan ParseTask(string text, string source) =>
        Deserialize(text, source, TaskKinds.TypeInfo<TaskPlan>(), TaskPlace);

    /// <summary>Returns the study as JSON with every default filled in and with paths relative to a folder.</summary>
    /// <param name="home">Null: paths stay as they are.</param>
    public static string Print(Study study, string? home = null)
    {
        Study printed = study.Located(p => study.HubNames?.GetValueOrDefault(p) ?? Relative(home, p));
        JsonTypeInfo<Study> type = TaskKinds.TypeInfo<Study>();
        JsonObject node = JsonSerializer.SerializeToNode(Unnamed(printed), type)!.AsObject();
        TasksOf(node).ToList().ForEach(Shorten);
        return node.ToJsonString(type.Options) + "\n";
    }

    // The key of a task names it.
    private static void Shorten(JsonObject task)
    {
        HarnessPlan.Shorten(task);
        _ = task.Remove("name");
    }

    private static IEnumerable<JsonObject> TasksOf(JsonNode study) =>
        (study["tasks"] as JsonObject ?? []).Select(t => t.Value).OfType<JsonObject>();

    /// <summary>Parses a study's text without touching its paths.</summary>
    /// <exception cref="InputException">The text is not a study; names <paramref name="source"/> and the
    /// key.</exception>
    public static Study Parse(string text, string source) => Deserialize(text, source, TaskKinds.TypeInfo<Study>(), "");

    /// <summary>Checks that everything that a study names exists, before any work begins.</summary>
    /// <param name="source">The study's file, for messages.</param>
    /// <param name="fetched">False before the names on the hub are fetched: then only the other places are
    /// checked.</param>
    /// <exception cref="InputException">Something does not exist; names the file, the key and the path.</exception>
    public static void RequireFiles(Study study, string source, bool fetched = true)
    {
        void Exists(string key, string? path)
        {
            if (fetched || study.HubNameOf(path) is null)
            {
                RequireExisting(source, key, path);
            }
        }

        void TrainingExists(string key, TrainingDataPlan? data)
        {
            bool here = fetched || study.HubNameOf(data?.Data ?? data?.File) is null;
            (here ? data?.Paths() ?? [] : []).ToList().ForEach(p => Exists(key, p));
        }

        Exists("base", study.Base.Model);
        foreach (TaskPlan task in study.NamedTasks.Where(t => fetched || study.HubNamesOf(t).Count == 0))
        {
            task.RequireFiles(source);
        }

        foreach ((string name, CandidatePlan candidate) in study.Candidates)
        {
            candidate.Paths().ToList().ForEach(p => Exists($"candidates.{name}", p));
            TrainingExists($"candidates.{name}.trainingData", candidate.TrainingData);
            Exists($"candidates.{name}.replay.source", candidate.Replay?.Source);
        }

        TrainingExists("trainingData", study.TrainingData);
        Exists("neutralText.file", study.NeutralText?.File);
        Exists("replay.source", study.Replay?.Source);
    }

    private static void RequireExisting(string source, string key, string? path)
    {
        if (path is not null && !Directory.Exists(path) && !File.Exists(path))
        {
            throw new InputException($"{source}: {key}: there is no file or folder {path}{TaskPlan.Relative(source)}");
        }
    }

    // "data" is another name of "file" in a task of custom data (StudyShape accepts both).
    private static void NameFiles(JsonNode node, string source)
    {
        IEnumerable<JsonNode?> tasks = (node["tasks"] as JsonObject)?.Select(t => t.Value) ?? [node];
        foreach (JsonObject task in tasks.OfType<JsonObject>().ToArray())
        {
            bool own = task["kind"] is JsonValue kind && (string?)kind is "multiple-choice" or "generation";
            if (own && task["data"] is { } data)
            {
                task.Remove("data");
                Wanted.That(task.TryAdd("file", data), source, "file and data", "both", "one of them");
            }
        }
    }

    private static Study Unnamed(Study study) =>
        study with
        {
            Tasks = study.Tasks.ToDictionary(t => t.Key, t => t.Value with { Name = "" }),
        };

    private static string Relative(string? home, string path) =>
        home is not null && Path.IsPathRooted(path) ? Path.GetRelativePath(home, path).Replace('\\', '/') : path;

    // What a file may leave out or shorten is written out.
    private static JsonNode Completed(string text, string place)
    {
        JsonNode node = JsonNode.Parse(
            text,
            documentOptions: new JsonDocumentOptions
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
            }
        )!;
        _ = (node as JsonObject)?.Remove(StudySchema.Key);
        WriteOut(node, "base", "model");
        WriteOut(node, "general", "preset");
        foreach (JsonObject task in place == TaskPlace ? [node.AsObject()] : TasksOf(node).ToArray())
        {
            string kind = task["kind"]?.GetValue<string>() ?? "";
            if (TaskKinds.IsBuiltIn(kind, task.Any(k => TaskKinds.KeysOfBuiltIn.Contains(k.Key))))
            {
                HarnessPlan.Expand(task);
            }
        }

        return node;
    }

    // A text stands for an object with one key.
    private static void WriteOut(JsonNode node, string key, string inner)
    {
        if (node[key] is JsonValue text)
        {
            node[key] = new JsonObject { [inner] = text.GetValue<string>() };
        }
    }

    private static T Deserialize<T>(string text, string source, JsonTypeInfo<T> type, string place)
    {
        try
        {
            StudyShape.Check(text, source, type, place);
            JsonNode node = Completed(text, place);
            NameFiles(node, source);
            return node.Deserialize(type)!;
        }
        catch (JsonException e)
        {
            throw new InputException(
                string.IsNullOrWhiteSpace(text)
                    ? $"{source} is empty"
                    : $"{source} line {e.LineNumber + 1}: not valid JSON: {StrictJson.Sentence(e)}",
                e
            );
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            throw new InputException($"{source}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
