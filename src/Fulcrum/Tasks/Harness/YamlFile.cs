using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Templates;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fulcrum.Tasks.Harness;

/// <summary>A Python function that a task file names with <c>!function</c>.</summary>
internal sealed record YamlFunction(string Name);

/// <summary>Reads a task file and the files that it includes.</summary>
internal static class YamlFile
{
    private const long LargestFile = 1 << 22;
    private const int MostNodes = 200_000,
        Deepest = BoundedYaml.Deepest,
        MostFiles = 256;

    /// <summary>Returns the keys of a file. Keys of later includes override those of earlier ones; the file's own keys
    /// override all.</summary>
    /// <exception cref="InputException">A file is missing, is no mapping, is malformed or is met twice in one
    /// chain.</exception>
    public static TemplateMap Load(string path)
    {
        int files = 0;
        return Load(Path.GetFullPath(path), [], ref files);
    }

    private static TemplateMap Load(string path, List<string> chain, ref int files)
    {
        // Two includes of two includes each, and so on, would be read 2^n times.
        if (++files > MostFiles)
        {
            throw new InputException($"{path}: its includes lead to more than {MostFiles} files");
        }

        if (chain.Contains(path))
        {
            throw new InputException(
                $"{path}: include goes round in a circle: "
                    + $"{string.Join(" -> ", chain.Append(path).Select(Path.GetFileName))}"
            );
        }

        chain.Add(path);
        TemplateMap own = Mapping(path),
            merged = [];
        foreach (string included in Includes(own, path))
        {
            string full = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, included));
            if (!File.Exists(full))
            {
                throw new InputException($"{path}: include names {included}, but there is no file {full}");
            }

            Merge(merged, Load(full, chain, ref files));
        }

        own.Remove("include");
        Merge(merged, own);
        chain.Remove(path);
        return merged;
    }

    private static void Merge(TemplateMap into, TemplateMap from)
    {
        foreach ((string key, object? value) in from)
        {
            into[key] = value;
        }
    }

    private static IEnumerable<string> Includes(TemplateMap own, string path) =>
        own.GetValueOrDefault("include") switch
        {
            null => [],
            string one => [one],
            List<object?> list when list.TrueForAll(i => i is string) => list.Cast<string>(),
            _ => throw new InputException($"{path}: include must be the name of a file or a list of names"),
        };

    private static TemplateMap Mapping(string path) => Mapping(Content(path), path);

    private static string Content(string path)
    {
        try
        {
            return BoundedFile.ReadText(path, LargestFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

    /// <summary>A text as a mapping.</summary>
    /// <param name="path">For errors.</param>
    public static TemplateMap Mapping(string text, string path)
    {
        try
        {
            YamlStream stream = BoundedYaml.Parse(text);
            int nodes = 0;
            YamlNode root =
                stream.Documents.Count == 1
                    ? stream.Documents[0].RootNode
                    : throw new InputException($"{path}: expected one YAML document, found {stream.Documents.Count}");
            return Value(root, path, ref nodes, 0) as TemplateMap
                ?? throw new InputException($"{path}: expected a mapping of keys to values");
        }
        catch (YamlException e)
        {
            throw new InputException(
                $"{path} line {e.Start.Line}: not valid YAML: {e.Message.ReplaceLineEndings(" ")}",
                e
            );
        }
    }

    private static object? Value(YamlNode node, string path, ref int nodes, int depth)
    {
        if (++nodes > MostNodes || depth > Deepest)
        {
            throw new InputException(
                $"{path}: more than {MostNodes} values, or more than {Deepest} levels (counting what aliases repeat)"
            );
        }

        switch (node)
        {
            case YamlScalarNode scalar:
                return Scalar(scalar, path);
            case YamlSequenceNode sequence:
                List<object?> list = [];
                foreach (YamlNode item in sequence)
                {
                    list.Add(Value(item, path, ref nodes, depth + 1));
                }

                return list;
            case YamlMappingNode mapping:
                return Map(mapping, path, ref nodes, depth);
            default:
                throw new InputException($"{path} line {node.Start.Line}: a value of this kind is not supported");
        }
    }

    private static TemplateMap Map(YamlMappingNode mapping, string path, ref int nodes, int depth)
    {
        TemplateMap map = [];
        foreach ((YamlNode key, YamlNode value) in mapping)
        {
            string name = key is YamlScalarNode { Value: { } text }
                ? text
                : throw new InputException($"{path} line {key.Start.Line}: a key must be a text");
            object? read = Value(value, path, ref nodes, depth + 1);
            if (name != "<<")
            {
                map[name] = read;
                continue;
            }

            foreach (
                (string other, object? merged) in read is TemplateMap one
                    ? one
                    : (read as List<object?>)?.OfType<TemplateMap>().SelectMany(m => m) ?? []
            )
            {
                map.TryAdd(other, merged);
            }
        }

        return map;
    }

    private static object? Scalar(YamlScalarNode scalar, string path)
    {
        string text = scalar.Value ?? "",
            tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new InputException($"{path} line {scalar.Start.Line}: a text holds the character U+0000; remove it");
        }

        return tag switch
        {
            "!function" => new YamlFunction(text),
            "" or "!" or "?" => scalar.Style == ScalarStyle.Plain ? YamlScalar.Of(text) : text,
            "tag:yaml.org,2002:str" => text,
            "tag:yaml.org,2002:int"
            or "tag:yaml.org,2002:float"
            or "tag:yaml.org,2002:bool"
            or "tag:yaml.org,2002:null" => YamlScalar.Of(text),
            _ => throw new InputException($"{path} line {scalar.Start.Line}: the tag {tag} is not supported"),
        };
    }
}
