using Fulcrum.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fulcrum.Data.Hub;

/// <summary>One entry of <c>configs</c> in a data set's card.</summary>
/// <param name="Splits">Patterns of files by split, in the card's order; empty if only a folder is given.</param>
/// <param name="Folder">The folder of the files (<c>data_dir</c>); null for the whole repository.</param>
internal sealed record CardConfiguration(
    string Name,
    bool IsDefault,
    IReadOnlyList<(string Split, IReadOnlyList<string> Patterns)> Splits,
    string? Folder
)
{
    /// <summary>Whether <c>data_files</c> names a split. Files without one are those of the split train.</summary>
    public bool NamesSplits { get; init; }
}

/// <summary>Reads configurations and class labels from the front matter of a data set's card
/// (<c>README.md</c>).</summary>
internal static class DatasetCard
{
    private const int LongestCard = 1 << 24;
    private const int MostConfigurations = 100_000;

    /// <summary>Reads the configurations of a card; empty if it lists none.</summary>
    /// <exception cref="InputException">The front matter is not YAML or has another form. The message names the
    /// file.</exception>
    public static IReadOnlyList<CardConfiguration> Read(string path) => Read(path, Configurations, []);

    /// <summary>Reads the names of class labels by column, in the order of their numbers; empty if the card has
    /// none.</summary>
    /// <param name="configuration">Null for a card that describes one configuration.</param>
    /// <exception cref="InputException">As for <see cref="Read(string)"/>.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ClassLabels(string path, string? configuration) =>
        Read<IReadOnlyDictionary<string, IReadOnlyList<string>>>(
            path,
            text => ClassLabelsIn(text, configuration),
            new Dictionary<string, IReadOnlyList<string>>()
        );

    private static T Read<T>(string path, Func<string, T> parse, T none)
    {
        try
        {
            return FrontMatter(BoundedFile.ReadLines(path, LongestCard)) is { } text ? parse(text) : none;
        }
        catch (Exception e) when (e is YamlException or FormatException)
        {
            throw new InputException($"{path}: the front matter is malformed: {Printable.Message(e.Message)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

    // Returns the lines between a first line --- and the next such line.
    private static string? FrontMatter(IEnumerable<string> lines)
    {
        string[] first = [.. lines.Take(1)];
        if (first is not [var mark] || mark.TrimEnd() != "---")
        {
            return null;
        }

        List<string> inside = [];
        foreach (string line in lines.Skip(1))
        {
            if (line.TrimEnd() == "---")
            {
                return string.Join('\n', inside);
            }

            inside.Add(line);
        }

        return null;
    }

    // dataset_info describes one configuration, or is a list of descriptions.
    private static Dictionary<string, IReadOnlyList<string>> ClassLabelsIn(string text, string? configuration)
    {
        YamlNode? info = Root(text) is { } root ? Value(root, "dataset_info") : null;
        YamlNode? chosen = info is YamlSequenceNode list
            ? list.Children.FirstOrDefault(c => configuration is null || Text(c, "config_name") == configuration)
            : info;
        IEnumerable<YamlNode> features =
            chosen is not null && Value(chosen, "features") is YamlSequenceNode columns ? columns.Children : [];
        Dictionary<string, IReadOnlyList<string>> labels = new(StringComparer.Ordinal);
        foreach (YamlNode feature in features)
        {
            if (Text(feature, "name") is { } column && LabelsOf(feature) is { Count: > 0 } names)
            {
                labels[column] = names;
            }
        }

        return labels;
    }

    // Names are a list, or a mapping from the numbers 0, 1, ... in this order.
    private static IReadOnlyList<string> LabelsOf(YamlNode feature) =>
        Value(feature, "dtype") is { } dtype && Value(dtype, "class_label") is { } label
            ? Value(label, "names") switch
            {
                YamlSequenceNode list => [.. list.Children.Select(Scalar)],
                YamlMappingNode map => [.. map.Children.Values.Select(Scalar)],
                _ => [],
            }
            : [];

    private static YamlNode? Root(string text)
    {
        YamlStream yaml = BoundedYaml.Parse(text);
        return yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
    }

    // Nodes are read in place and aliases never expanded, because nested aliases can expand to gigabytes.
    private static CardConfiguration[] Configurations(string text)
    {
        if (Root(text) is not { } root || Value(root, "configs") is not { } configs)
        {
            return [];
        }

        YamlSequenceNode list = configs as YamlSequenceNode ?? throw new FormatException("'configs' is not a list");
        CardConfiguration[] read = [.. list.Children.Take(MostConfigurations).Select(Configuration)];
        string? twice = read.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null ? read : throw new FormatException($"the configuration '{twice}' occurs twice");
    }

    private static CardConfiguration Configuration(YamlNode node) =>
        new(
            Text(node, "config_name") ?? "default",
            Text(node, "default") is "true" or "True" or "TRUE",
            Value(node, "data_files") is { } files ? Splits(files) : [],
            Text(node, "data_dir")
        )
        {
            NamesSplits = Value(node, "data_files") is { } named && NamesSplitsIn(named),
        };

    private static bool NamesSplitsIn(YamlNode files) =>
        files is YamlMappingNode
        || (files is YamlSequenceNode list && list.Children.Any(c => Value(c, "split") != null));

    // A pattern, a list of patterns, a list of {split, path}, or a mapping from splits to patterns.
    private static (string, IReadOnlyList<string>)[] Splits(YamlNode files) =>
        files switch
        {
            YamlMappingNode map => [.. map.Children.Select(c => (Scalar(c.Key), Patterns(c.Value)))],
            YamlSequenceNode list when list.Children.Any(c => c is YamlMappingNode) => [.. list.Children.Select(Split)],
            _ => [("train", Patterns(files))],
        };

    private static (string, IReadOnlyList<string>) Split(YamlNode node) =>
        (
            Text(node, "split") ?? "train",
            Patterns(Value(node, "path") ?? throw new FormatException("an entry of 'data_files' has no 'path'"))
        );

    private static IReadOnlyList<string> Patterns(YamlNode node) =>
        node is YamlSequenceNode list ? [.. list.Children.Select(Scalar)] : [Scalar(node)];

    private static YamlNode? Value(YamlNode node, string key) =>
        node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value)
            ? value
            : null;

    private static string? Text(YamlNode node, string key) => Value(node, key) is { } value ? Scalar(value) : null;

    private static string Scalar(YamlNode node) =>
        (node as YamlScalarNode)?.Value ?? throw new FormatException("a text was expected in 'configs'");
}
