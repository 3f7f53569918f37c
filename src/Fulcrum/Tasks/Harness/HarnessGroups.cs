using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Reads a task file or a group file, with the members that a group names.</summary>
internal sealed class HarnessGroups
{
    private const int Deepest = 20,
        MostFiles = 20_000,
        MostMembers = 20_000;
    private static readonly HashSet<string> GroupKeys =
    [
        "group",
        "group_alias",
        "task",
        "aggregate_metric_list",
        "metadata",
        "tag",
    ];
    private static readonly HashSet<string> MeanKeys = ["metric", "filter_list", "aggregation", "weight_by_size"];
    private readonly string file;
    private readonly Lazy<HarnessIndex> index;
    private int members;

    private HarnessGroups(string file)
    {
        this.file = file;
        index = new(() => new HarnessIndex(Path.GetDirectoryName(Path.GetFullPath(file))!, MostFiles));
    }

    /// <summary>The task or the group of a file.</summary>
    /// <exception cref="InputException">The file or one of its members cannot be read; names file and key.</exception>
    public static HarnessNode Read(string file)
    {
        HarnessGroups reader = new(file);
        TemplateMap map = YamlFile.Load(file);
        return IsGroup(map)
            ? reader.Group(
                file,
                map,
                map.GetValueOrDefault("group") as string ?? Path.GetFileNameWithoutExtension(file),
                [],
                0
            )
            : HarnessNode.Of(HarnessConfigReader.Read(file, map));
    }

    private static bool IsGroup(TemplateMap map) =>
        map.ContainsKey("group") || map.GetValueOrDefault("task") is List<object?>;

    private HarnessNode Group(string path, TemplateMap map, string name, TemplateMap overrides, int depth)
    {
        _ =
            depth < Deepest
                ? 0
                : throw new InputException($"{path}: groups lie more than {Deepest} deep in each other");
        TemplateMap merged = TemplateValues.Map(map.Where(k => !GroupKeys.Contains(k.Key)).Concat(overrides));
        List<object?> named = map.GetValueOrDefault("task") switch
        {
            List<object?> list => list,
            string one => [one],
            _ => throw new InputException($"{path}: task must list the members of the group"),
        };
        HarnessKeys keys = new(path, map);
        return new HarnessNode(
            name,
            name,
            null,
            [.. named.SelectMany(m => Member(path, name, m, merged, depth + 1))],
            [.. (keys.Maps("aggregate_metric_list") ?? []).Select(Mean)]
        );
    }

    private static HarnessMean Mean(HarnessKeys keys)
    {
        keys.Check(MeanKeys);
        _ =
            keys.Text("aggregation", "mean") == "mean"
                ? 0
                : throw keys.Error("aggregation", $"is {keys["aggregation"]}; a group has the mean only");
        return new HarnessMean(
            keys.TextOrNull("metric") ?? throw keys.Error("metric", "is missing"),
            keys.Texts("filter_list"),
            keys["weight_by_size"] is null || keys.Flag("weight_by_size")
        );
    }

    private IEnumerable<HarnessNode> Member(string path, string group, object? member, TemplateMap overrides, int depth)
    {
        // A group that names another twice, which names a third twice, and so on, would have 2^n members.
        if (++members > MostMembers)
        {
            throw new InputException($"{path}: its groups have more than {MostMembers} members in all");
        }

        switch (member)
        {
            case string name:
                return Named(path, group, name, overrides, depth);
            case TemplateMap map when map.GetValueOrDefault("group") is string inner:
                bool known = index.Value.Find(inner) is { } entry && IsGroup(entry.Map);
                TemplateMap own = known ? Over(index.Value.Find(inner)!.Map, map) : map;
                return [Group(path, own, known ? inner : $"{group}::{inner}", overrides, depth)];
            case TemplateMap map when map.GetValueOrDefault("task") is string task:
                return Named(path, group, task, Over(overrides, map), depth);
            default:
                throw new InputException(
                    $"{path}: a member of the group {group} must be a name, or a mapping with 'task' or 'group'"
                );
        }
    }

    private IEnumerable<HarnessNode> Named(string path, string group, string name, TemplateMap overrides, int depth)
    {
        if (index.Value.Find(name) is { } entry)
        {
            return IsGroup(entry.Map)
                ? [Group(entry.File, entry.Map, name, overrides, depth)]
                : [Task(entry, name, overrides)];
        }

        HarnessIndex.Entry[] tagged = [.. index.Value.Tagged(name)];
        if (tagged.Length > 0)
        {
            return [.. tagged.Select(t => Task(t, t.Name, overrides))];
        }

        // A mapping that defines a task on the spot.
        return overrides.ContainsKey("doc_to_text")
            ? [Task(new HarnessIndex.Entry(name, path, []), $"{group}::{name}", overrides)]
            : throw new InputException(
                $"{path}: the group {group} names {name}, but no .yaml file "
                    + $"in {Path.GetDirectoryName(Path.GetFullPath(file))} or below defines such a task, group or tag"
                    + (
                        index.Value.Unread is { } why
                            ? $". Files that cannot be read are left out, the first: {why}"
                            : ""
                    )
            );
    }

    private static HarnessNode Task(HarnessIndex.Entry entry, string name, TemplateMap overrides)
    {
        TemplateMap map = Over(entry.Map, overrides);
        map["task"] = name;
        return HarnessNode.Of(HarnessConfigReader.Read(entry.File, map));
    }

    private static TemplateMap Over(TemplateMap under, TemplateMap over) => TemplateValues.Map(under.Concat(over));
}
