using System.Text.Json.Nodes;

namespace Fulcrum.Files;

/// <summary>A JSON object of settings. Each value is checked when it is read.</summary>
internal sealed class Settings(JsonObject json, string file)
{
    /// <summary>Names the file in errors.</summary>
    public string File => file;

    /// <summary>Returns the unchecked value; null if the setting is absent or null.</summary>
    public JsonNode? Value(string name) => json[name];

    /// <summary>The names of all settings.</summary>
    public IEnumerable<string> Names => json.Select(p => p.Key);

    /// <summary>Reads a text; null if absent.</summary>
    public string? Text(string name) => Read<string>(name, "a text");

    /// <summary>Reads a Boolean; false if absent.</summary>
    public bool Flag(string name) => json[name] is not null && ReadValue<bool>(name, "true or false");

    /// <summary>Reads a number. Without a default the setting is required.</summary>
    public double Number(string name, double? missing = null) =>
        json[name] is null ? missing ?? throw Error($"{name} is missing") : ReadValue<double>(name, "a number");

    /// <summary>Reads a number from <paramref name="least"/> to <paramref name="most"/>, bounds included. Without a
    /// default the setting is required.</summary>
    public double Number(string name, double least, double most, double? missing = null)
    {
        double value = Number(name, missing);
        return value >= least && value <= most
            ? value
            : throw Error(FormattableString.Invariant($"{name} must lie between {least} and {most}, not {value}"));
    }

    /// <summary>Reads a whole number within bounds, for sizes by which memory is allocated. Without a default the
    /// setting is required.</summary>
    public int Size(string name, int most, int? missing = null, int least = 1)
    {
        long value = json[name] is null
            ? missing ?? throw Error($"{name} is missing")
            : ReadValue<long>(name, "a whole number");
        return value >= least && value <= most
            ? (int)value
            : throw Error($"{name} must lie between {least} and {most}, not {value}");
    }

    /// <summary>Returns the settings of an inner object; null if absent.</summary>
    public Settings? Inner(string name) =>
        json[name] is null
            ? null
            : new Settings(json[name] as JsonObject ?? throw Error($"{name} must be an object"), $"{file}: {name}");

    /// <summary>Returns whether the setting is present, even as null.</summary>
    public bool Has(string name) => json.ContainsKey(name);

    /// <summary>Refuses every value except the supported ones; an absent setting is accepted.</summary>
    public void Only(string name, params ReadOnlySpan<string> supported)
    {
        if (json[name] is { } value && !supported.Contains(value.ToString()))
        {
            throw Error($"{name} '{value}' is not supported, only '{supported[0]}'");
        }
    }

    /// <summary>Refuses a setting that would change results and is not supported. A neutral value (off, empty, a factor
    /// of 1, a number of 0) is accepted like an absent one.</summary>
    public void Absent(string name)
    {
        bool neutral = json[name] switch
        {
            null => true,
            JsonObject o => o.Count == 0,
            JsonArray a => a.Count == 0,
            JsonValue v when v.TryGetValue(out bool on) => !on,
            JsonValue v => v.TryGetValue(out double factor)
                && factor == (name.StartsWith("num_", StringComparison.Ordinal) ? 0 : 1),
            _ => false,
        };
        if (!neutral)
        {
            throw Error($"{name} {json[name]!.ToJsonString()} is not supported");
        }
    }

    /// <summary>Returns an error about this object.</summary>
    public InputException Error(string what) => new($"{file}: {what}");

    private T ReadValue<T>(string name, string kind)
        where T : struct =>
        json[name] is JsonValue value && value.TryGetValue(out T read)
            ? read
            : throw Error($"{name} must be {kind}, not {json[name]?.ToJsonString()}");

    private T? Read<T>(string name, string kind)
        where T : class =>
        json[name] is null ? null
        : json[name] is JsonValue value && value.TryGetValue(out T? read) ? read
        : throw Error($"{name} must be {kind}, not {json[name]?.ToJsonString()}");
}
