using System.Collections;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fulcrum.Data.Hub;
using Fulcrum.Files;

namespace Fulcrum.Studies;

/// <summary>The commits that a run uses, by the names on the hub in its study. A resumed run uses the same commits,
/// even if the branches have changed.</summary>
internal sealed partial class HubCommits : IEnumerable<KeyValuePair<string, string>>
{
    private readonly SortedDictionary<string, string> byName = new(StringComparer.Ordinal);

    /// <summary>Creates the commits from entries. Of two entries with the same name the first counts.</summary>
    public HubCommits(IEnumerable<KeyValuePair<string, string>>? entries = null)
    {
        foreach ((string name, string commit) in entries ?? [])
        {
            byName.TryAdd(name, commit);
        }
    }

    /// <summary>Reads the commits of a file; none if there is no such file.</summary>
    /// <exception cref="InputException">The file is malformed.</exception>
    public static HubCommits Read(string path)
    {
        try
        {
            Dictionary<string, string> read = BoundedFile.ReadTextIfThere(path) is { } text
                ? JsonSerializer.Deserialize(text, StudyJson.Default.DictionaryStringString) ?? []
                : [];
            return read.Values.All(c => Commit().IsMatch(c))
                ? new HubCommits(read)
                : throw new InputException($"{path}: expected names with commits of 40 hexadecimal digits");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Sentence(e)}", e);
        }
    }

    /// <summary>Writes the commits to a file; nothing if there are none.</summary>
    public void Write(string path)
    {
        if (byName.Count > 0)
        {
            Dictionary<string, string> sorted = new(byName);
            AtomicFile.WriteText(
                path,
                JsonSerializer.Serialize(sorted, StudyJson.Default.DictionaryStringString) + "\n"
            );
        }
    }

    /// <summary>Returns the commit for a name; null: none yet, or the name contains its commit.</summary>
    public string? Of(HubReference asked) => byName.GetValueOrDefault(Key(asked));

    /// <summary>Returns the entry of a name.</summary>
    internal static KeyValuePair<string, string> Entry(HubReference asked, string commit) => new(Key(asked), commit);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => byName.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string Key(HubReference asked) =>
        $"{(asked.Kind == HubKind.Model ? "models" : "datasets")}/{asked.Id}@{asked.RevisionOrDefault}";

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex Commit();
}
