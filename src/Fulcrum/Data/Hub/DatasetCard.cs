using Fulcrum.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fulcrum.Data.Hub;

/// <summary>One entry of <c>configs</c> in a data set's card.</summary>
/// <param name="Splits">Patterns of files by split, in the card's order; empty if only a folder is given.</param>
/// <param name="Folder">Folder in which the files lie (<c>data_dir</c>); null for the whole repository.</param>
internal sealed record CardConfiguration(
    string Name,
    bool IsDefault,
    IReadOnlyList<(string Split, IReadOnlyList<string> Patterns)> Splits,
    string? Folder
);

/// <summary>The front matter of a data set's card (<c>README.md</c>), as far as it says where the data are.</summary>
internal static class DatasetCard
{
    private const int LongestCard = 1 << 24;
    private const int MostConfigurations = 100_000;

    /// <summary>Reads the configurations of a card; empty if it lists none.</summary>
    /// <exception cref="InputException">The front matter is not YAML or of another form; names the file.</exception>
    public static IReadOnlyList<CardConfiguration> Read(string path)
    {
        try
        {
            return FrontMatter(BoundedFile.ReadLines(path, LongestCard)) is { } text ? Configurations(text) : [];
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

    // The lines between the first line, which is ---, and the next such line.
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

    // The tree is read node by node and never expanded, so that repeated anchors cost nothing.
    private static CardConfiguration[] Configurations(string text)
    {
        YamlStream yaml = BoundedYaml.Parse(text);
        if (yaml.Documents.Count == 0 || Value(yaml.Documents[0].RootNode, "configs") is not { } configs)
        {
            return [];
        }

        YamlSequenceNode list = configs as YamlSequenceNode ?? throw new FormatException("'configs' is not a list");
        CardConfiguration[] read = [.. list.Children.Take(MostConfigurations).Select(Configuration)];
        string? twice = read.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null ? read : throw new FormatException($"the configuration '{twice}' is there twice");
    }

    private static CardConfiguration Configuration(YamlNode node) =>
        new(
            Text(node, "config_name") ?? "default",
            Text(node, "default") is "true" or "True" or "TRUE",
            Value(node, "data_files") is { } files ? Splits(files) : [],
            Text(node, "data_dir")
        );

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
