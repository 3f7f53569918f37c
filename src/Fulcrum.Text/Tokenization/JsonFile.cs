using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Tokenization;

/// <summary>A JSON file whose values are checked when they are read. Every error names the file.</summary>
internal sealed class JsonFile
{
    // Published tokenizers have fewer than ten. Each may have a pattern, which takes a millisecond to compile.
    private const int MostSteps = 1000;

    private readonly string path;
    private int steps;

    /// <summary>Reads a file of at most 256 MB and a depth of at most 64.</summary>
    /// <exception cref="InputException">It is missing, too large, or not a JSON object.</exception>
    public JsonFile(string path)
    {
        this.path = path;
        try
        {
            Root = StrictJson.ReadFile(path, mostBytes: 1 << 28) as JsonObject ?? throw Error("expected a JSON object");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw Error($"not valid JSON: {StrictJson.Located(e)}");
        }
    }

    /// <summary>Takes an object that is in memory already.</summary>
    /// <param name="path">Names its source in errors.</param>
    public JsonFile(JsonObject root, string path)
    {
        (Root, this.path) = (root, path);
    }

    /// <summary>Names the file in errors.</summary>
    public string Path => path;

    /// <summary>The root object.</summary>
    public JsonObject Root { get; }

    /// <summary>Returns a required text.</summary>
    public string Text(JsonNode? node, string name) => Value<string>(node, name, "a text");

    /// <summary>Returns a required whole number.</summary>
    public int Whole(JsonNode? node, string name) => Value<int>(node, name, "a whole number");

    /// <summary>Returns a boolean.</summary>
    public bool Flag(JsonNode? node, string name, bool missing = false) =>
        Member(node, name) is null ? missing : Value<bool>(node, name, "true or false");

    /// <summary>Returns a required list.</summary>
    public JsonArray List(JsonNode? node, string name) =>
        Member(node, name) as JsonArray ?? throw Error($"'{name}' must be a list");

    /// <summary>Returns a required list of steps of a normalizer, a pre-tokenizer or a decoder.</summary>
    /// <exception cref="InputException">It is no list, or the file has too many steps in all.</exception>
    public JsonArray Steps(JsonNode? node, string name)
    {
        JsonArray list = List(node, name);
        steps += list.Count;
        return steps <= MostSteps
            ? list
            : throw Error($"its normalizers, pre-tokenizers and decoders have more than {MostSteps} steps");
    }

    /// <summary>A member of an object; null when it is absent, or null.</summary>
    public JsonNode? Member(JsonNode? node, string name)
    {
        try
        {
            return (node as JsonObject ?? throw Error($"expected an object with '{name}'"))[name];
        }
        catch (ArgumentException e)
        {
            throw Error($"a key occurs twice: {e.Message}");
        }
    }

    /// <summary>An error about this file.</summary>
    public InputException Error(string what) => new($"{path}: {what}");

    private T Value<T>(JsonNode? node, string name, string kind) =>
        Member(node, name) is JsonValue value && value.TryGetValue(out T? read)
            ? read
            : throw Error($"'{name}' must be {kind}");
}
