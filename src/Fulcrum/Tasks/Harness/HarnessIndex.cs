using Fulcrum.Files;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The tasks, groups and tags that the files of a folder define, for groups that name them.</summary>
internal sealed class HarnessIndex
{
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedDictionary<string, Entry>> tags = new(StringComparer.Ordinal);

    /// <summary>Reads every <c>.yaml</c> file of a folder and below. A file that cannot be read is left out: a group
    /// that needs it says so.</summary>
    public HarnessIndex(string folder, int mostFiles)
    {
        foreach (
            string path in InnerPath.FilesIn(folder, "*.yaml", depth: 8).Order(StringComparer.Ordinal).Take(mostFiles)
        )
        {
            try
            {
                Add(path, YamlFile.Load(path));
            }
            catch (InputException e)
            {
                Unread ??= e.Message;
            }
        }
    }

    /// <summary>Why the first file that cannot be read is left out; null: every file was read.</summary>
    public string? Unread { get; private set; }

    /// <summary>A task or a group by its name; null if there is none.</summary>
    public Entry? Find(string name) => entries.GetValueOrDefault(name);

    /// <summary>The tasks with a tag, by name.</summary>
    public IEnumerable<Entry> Tagged(string tag) =>
        tags.TryGetValue(tag, out SortedDictionary<string, Entry>? tagged) ? tagged.Values : [];

    private void Add(string path, TemplateMap map)
    {
        if (
            (map.GetValueOrDefault("group") ?? map.GetValueOrDefault("task")) is not string name
            || !entries.TryAdd(name, new Entry(name, path, map))
        )
        {
            return;
        }

        IEnumerable<string> own = map.GetValueOrDefault("tag") switch
        {
            string one => [one],
            List<object?> list => list.OfType<string>(),
            _ => [],
        };
        foreach (string tag in map.ContainsKey("group") ? [] : own)
        {
            _ = tags.TryAdd(tag, new(StringComparer.Ordinal));
            tags[tag].TryAdd(name, entries[name]);
        }
    }

    /// <summary>A file that defines a task or a group.</summary>
    internal sealed record Entry(string Name, string File, TemplateMap Map);
}
