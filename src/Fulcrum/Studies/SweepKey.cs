using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Data;
using Fulcrum.Models;

namespace Fulcrum.Studies;

/// <summary>The sections of a study whose keys a sweep may vary.</summary>
internal enum SweepSection
{
    /// <summary>How the adapter is trained.</summary>
    Train,

    /// <summary>General examples among the training data.</summary>
    Replay,

    /// <summary>The training data.</summary>
    TrainingData,
}

/// <summary>A key that a sweep varies, as <c>train.rank</c>.</summary>
/// <param name="Section">The section of the study.</param>
/// <param name="Property">The key inside the section, with its type.</param>
internal sealed record SweepKey(SweepSection Section, JsonPropertyInfo Property)
{
    // Names of candidates hold every varied key, so the frequent ones are short.
    private static readonly Dictionary<string, string> Short = new(StringComparer.Ordinal)
    {
        ["train.learningRate"] = "lr",
        ["train.batchSize"] = "batch",
        ["train.weightDecay"] = "decay",
        ["train.warmupSteps"] = "warmup",
        ["train.maxGradientNorm"] = "clip",
        ["train.targetModules"] = "modules",
        ["replay.share"] = "replay",
    };

    private static readonly string[] Paths =
    [
        "replay.source",
        "trainingData.data",
        "trainingData.file",
        "trainingData.databases",
    ];

    /// <summary>All keys that may be varied.</summary>
    public static IReadOnlyList<SweepKey> All { get; } =
    [
        .. Of<TrainPlan>(SweepSection.Train),
        .. Of<ReplayPlan>(SweepSection.Replay),
        .. Of<TrainingDataPlan>(SweepSection.TrainingData),
    ];

    /// <summary>The key as a study writes it.</summary>
    public string Text => $"{JsonNamingPolicy.CamelCase.ConvertName($"{Section}")}.{Property.Name}";

    /// <summary>Whether a value of this key is a whole number.</summary>
    public bool IsWhole => Plain == typeof(int);

    /// <summary>Whether a value of this key is a number.</summary>
    public bool IsNumber => IsWhole || Plain == typeof(double);

    private Type Plain => Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

    /// <summary>Returns the key that a study names.</summary>
    /// <param name="place">The key's place in the study, such as <c>vary</c>.</param>
    /// <exception cref="InputException">There is no such key; names the key that was probably meant.</exception>
    public static SweepKey Parse(string text, string place, string source)
    {
        if (All.FirstOrDefault(k => k.Text == text) is { } found)
        {
            return found;
        }

        string? near =
            All.FirstOrDefault(k => k.Text.EndsWith($".{text}", StringComparison.OrdinalIgnoreCase))?.Text
            ?? Spelling.Nearest(text, All.Select(k => k.Text));
        string wanted = near is null ? "a key of train, replay or trainingData, as train.rank" : $"{near}, probably";
        Wanted.That(false, source, $"a key of {place}", text, wanted);
        return null!;
    }

    /// <summary>Checks that a value has the type of the key.</summary>
    /// <exception cref="InputException">It has another type; names the key and the value.</exception>
    public void Check(JsonElement value, string place, string source)
    {
        JsonTypeInfo type = Property.Options.GetTypeInfo(Property.PropertyType);
        string? wanted = StudyShape.Misfit(value, type, Property.AssociatedParameter!.IsNullable);
        Wanted.That(wanted is null, source, $"{place}.{Text}", value.GetRawText(), wanted ?? "");
    }

    /// <summary>Returns a value as a part of a candidate's name: <c>lr3e-4</c>, <c>schedule-cosine</c>.</summary>
    public string Label(JsonElement value)
    {
        string key = Short.GetValueOrDefault(Text) ?? Property.Name;
        string text = Clean(LabelOf(value));
        return char.IsAsciiDigit(text[0]) ? key + text : $"{key}-{text}";
    }

    /// <summary>Returns a number in its shorter form: 16, 0.2, 3e-4.</summary>
    public static string Number(double value)
    {
        bool plain = value == 0 || Math.Abs(value) is >= 0.01 and < 1e6;
        return value.ToString(plain ? "0.###############" : "0.###############e0", CultureInfo.InvariantCulture);
    }

    /// <summary>Returns a value for people.</summary>
    public string Value(JsonElement value) => LabelOf(value);

    private string LabelOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Number => Number(value.GetDouble()),
            JsonValueKind.Array => string.Join('.', value.EnumerateArray().Select(LabelOf)),
            JsonValueKind.Null => "none",
            JsonValueKind.String when Paths.Contains(Text) => Path.GetFileNameWithoutExtension(
                value.GetString()!.TrimEnd('/', '\\')
            ),
            JsonValueKind.String => value.GetString()!,
            _ => value.GetRawText(),
        };

    private static string Clean(string text)
    {
        string clean = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-'));
        return clean.Length > 0 ? clean : "-";
    }

    private static IEnumerable<SweepKey> Of<T>(SweepSection section) =>
        TaskKinds
            .TypeInfo<T>()
            .Properties.Where(p => p.AssociatedParameter is not null)
            .Select(p => new SweepKey(section, p));
}
