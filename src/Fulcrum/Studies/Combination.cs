using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Data;

namespace Fulcrum.Studies;

/// <summary>One value for every key of a sweep.</summary>
internal sealed record Combination(IReadOnlyList<(SweepKey Key, JsonElement Value)> Values)
{
    /// <summary>Returns the combination with one more value.</summary>
    public Combination With(SweepKey key, JsonElement value) => new([.. Values, (key, value)]);

    /// <summary>Returns a value as a text that is the same for equal values.</summary>
    public static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number
            ? value.GetDouble().ToString("R", CultureInfo.InvariantCulture)
            : value.GetRawText();

    /// <summary>Returns all values as a text that is the same for equal combinations.</summary>
    public string Text() => string.Join('\n', Values.Select(v => $"{v.Key.Text} {Text(v.Value)}"));

    /// <summary>Returns a candidate with these values.</summary>
    /// <param name="pattern">A candidate with <c>train</c>.</param>
    public CandidatePlan Of(Study study, CandidatePlan pattern, string place, string source)
    {
        ReplayPlan? replay = Changed(
            pattern.Replay ?? study.Replay,
            SweepSection.Replay,
            ["share", "source"],
            $"{place}.replay",
            source
        );
        TrainingDataPlan? data = Changed(
            pattern.TrainingData ?? study.TrainingData,
            SweepSection.TrainingData,
            [],
            $"{place}.trainingData",
            source
        );
        return pattern with
        {
            Train = Changed(pattern.Train, SweepSection.Train, [], $"{place}.train", source),
            Replay = replay == study.Replay ? null : replay,
            TrainingData = data == study.TrainingData ? null : data,
        };
    }

    private T? Changed<T>(T? own, SweepSection section, string[] required, string place, string source)
        where T : class
    {
        (SweepKey Key, JsonElement Value)[] values = [.. Values.Where(v => v.Key.Section == section)];
        if (values.Length == 0)
        {
            return own;
        }

        JsonTypeInfo<T> type = TaskKinds.TypeInfo<T>();
        JsonObject node = own is null ? [] : JsonSerializer.SerializeToNode(own, type)!.AsObject();
        foreach ((SweepKey key, JsonElement value) in values)
        {
            node[key.Property.Name] = JsonNode.Parse(value.GetRawText());
        }

        string? missing = required.FirstOrDefault(k => !node.ContainsKey(k));
        Wanted.That(missing is null, source, $"{place}.{missing}", null, "given in the study or varied too");
        try
        {
            return node.Deserialize(type);
        }
        catch (JsonException e)
        {
            string key = e.Path?.Split('.', '[')[1..].FirstOrDefault() ?? "";
            Wanted.That(false, source, $"{place}.{key}", Printable.Short($"{node[key]}"), "a value of the key's type");
            return null;
        }
    }
}
