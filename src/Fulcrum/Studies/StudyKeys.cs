using System.Text.Json.Serialization.Metadata;

namespace Fulcrum.Studies;

/// <summary>The keys that a file may have for a record.</summary>
internal static class StudyKeys
{
    /// <summary>Returns the keys by their names. A property without a parameter in the record's constructor is
    /// computed, not read.</summary>
    public static Dictionary<string, JsonPropertyInfo> Of(JsonTypeInfo record) =>
        record
            .Properties.Where(p => p.AssociatedParameter is not null)
            .ToDictionary(p => p.Name, StringComparer.Ordinal);

    /// <summary>Returns whether a file must have the key.</summary>
    public static bool IsRequired(JsonPropertyInfo key) =>
        key.AssociatedParameter is { HasDefaultValue: false, IsMemberInitializer: false };

    /// <summary>Keys of the first edition, with what they are called now.</summary>
    public static readonly Dictionary<string, string> Renamed = new(StringComparer.Ordinal)
    {
        ["model"] = "base",
        ["benchmarks"] = "tasks, an object with a task for each name",
        ["train"] = "candidates.NAME.train",
        ["curve"] = "derive.lambda and derive.checkpoints",
        ["servingForms"] = "derive.forms",
        ["seeds"] = "derive.seeds",
        ["lora"] = "candidates, one for each configuration",
        ["loraConfigurations"] = "candidates, one for each configuration",
        ["afterForm"] = "candidates.NAME.form",
        ["folder"] = "data",
        ["shots"] = "fewshot",
    };
}
