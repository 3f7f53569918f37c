using Fulcrum.Patterns;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The keys of a mapping in a task file; every error names file and key.</summary>
/// <param name="place">The text before a key in an error: <c>fewshot_config.</c>; empty at the top.</param>
internal sealed class HarnessKeys(string file, TemplateMap map, string place = "")
{
    /// <summary>The keys that there are.</summary>
    public IEnumerable<string> Names => map.Keys;

    /// <summary>A key's value; null where the key is missing or says null.</summary>
    public object? this[string key] => map.GetValueOrDefault(key);

    /// <summary>An error about a key.</summary>
    public InputException Error(string key, string what) => new($"{file}: {place}{key} {what}");

    /// <summary>Refuses keys that are not known, and Python functions in any of them.</summary>
    public void Check(IReadOnlySet<string> known, IReadOnlyDictionary<string, string>? refused = null)
    {
        foreach ((string key, object? value) in map)
        {
            if (refused?.TryGetValue(key, out string? why) == true && value is not (null or false))
            {
                throw Error(key, $"is not supported: {why}{(value is YamlFunction f ? $" (!function {f.Name})" : "")}");
            }

            if (!known.Contains(key) && refused?.ContainsKey(key) != true)
            {
                throw new InputException(
                    $"{file}: unknown key '{place}{key}'; known "
                        + $"are {string.Join(", ", known.Order(StringComparer.Ordinal))}"
                );
            }
        }
    }

    /// <summary>A text; null where the key is missing.</summary>
    public string? TextOrNull(string key) =>
        this[key] switch
        {
            null => null,
            string text => text,
            YamlFunction function => throw Function(key, function),
            object other => throw Error(key, $"must be a text, not {TemplateValues.Repr(other)}"),
        };

    /// <summary>A name: a text, or a number written without quotes.</summary>
    public string? Name(string key) =>
        this[key] switch
        {
            long or double or bool => TemplateValues.Text(this[key]),
            _ => TextOrNull(key),
        };

    /// <summary>A text with a default.</summary>
    public string Text(string key, string missing) => TextOrNull(key) ?? missing;

    /// <summary>A truth value.</summary>
    public bool Flag(string key) =>
        this[key] switch
        {
            null => false,
            bool flag => flag,
            object other => throw Error(key, $"must be true or false, not {TemplateValues.Repr(other)}"),
        };

    /// <summary>A whole number; null where the key is missing.</summary>
    public int? Number(string key, int least = 0) =>
        this[key] switch
        {
            null => null,
            long whole when whole >= least && whole <= int.MaxValue => (int)whole,
            object other => throw Error(key, $"must be a whole number from {least} on, not {Shown(other)}"),
        };

    /// <summary>A list of texts, or one text; null where the key is missing.</summary>
    public IReadOnlyList<string>? Texts(string key) =>
        this[key] switch
        {
            null => null,
            string one => [one],
            List<object?> list => [.. list.Select(i => i as string ?? throw Error(key, "must be a list of texts"))],
            object other => throw Error(key, $"must be a list of texts, not {Shown(other)}"),
        };

    /// <summary>A list of mappings.</summary>
    public IReadOnlyList<HarnessKeys>? Maps(string key) =>
        this[key] switch
        {
            null => null,
            TemplateMap one => [new HarnessKeys(file, one, $"{place}{key}.")],
            List<object?> list =>
            [
                .. list.Select(i => new HarnessKeys(
                    file,
                    i as TemplateMap ?? throw Error(key, "must be a list of mappings"),
                    $"{place}{key}."
                )),
            ],
            object other => throw Error(key, $"must be a list of mappings, not {Shown(other)}"),
        };

    /// <summary>A mapping; empty where the key is missing.</summary>
    public HarnessKeys Inner(string key) =>
        this[key] switch
        {
            null => new HarnessKeys(file, [], $"{place}{key}."),
            TemplateMap inner => new HarnessKeys(file, inner, $"{place}{key}."),
            object other => throw Error(key, $"must be a mapping, not {Shown(other)}"),
        };

    /// <summary>A field of a row: a column, a template, a whole number, a list or a mapping.</summary>
    public object? Field(string key, bool lists = false) =>
        this[key] switch
        {
            YamlFunction function => throw Function(key, function),
            null or string or long => this[key],
            List<object?> or TemplateMap when lists => this[key],
            object other => throw Error(key, $"must be the name of a column or a template, not {Shown(other)}"),
        };

    /// <summary>A pattern.</summary>
    public PythonPattern Pattern(string key, string text)
    {
        try
        {
            return new PythonPattern(text);
        }
        catch (InputException e)
        {
            throw Error(key, e.Message);
        }
    }

    private InputException Function(string key, YamlFunction function) =>
        Error(key, $"names the Python function {function.Name} (!function), which cannot be run");

    private static string Shown(object value) =>
        value is YamlFunction f ? $"!function {f.Name}" : TemplateValues.Repr(value);
}
