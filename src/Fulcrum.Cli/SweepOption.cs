using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Studies;

namespace Fulcrum.Cli;

/// <summary>The values of <c>--vary KEY=A,B</c>.</summary>
internal static class SweepOption
{
    private static readonly Dictionary<string, IReadOnlyList<JsonElement>> Nothing = [];

    /// <summary>Returns the study with the varied keys of the command line. A key there takes the place of the study's
    /// own values for it.</summary>
    /// <exception cref="InputException">A text is not KEY=VALUES, or a key is given twice.</exception>
    public static Study Apply(Study study, IReadOnlyList<string> given)
    {
        if (given.Count == 0)
        {
            return study;
        }

        Dictionary<string, IReadOnlyList<JsonElement>> vary = new(study.Vary ?? Nothing, StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string text in given)
        {
            int end = text.IndexOf('=', StringComparison.Ordinal);
            string key = end > 0 ? text[..end].Trim() : "";
            if (key.Length == 0)
            {
                throw new InputException($"--vary {text}: wanted KEY=VALUES, as train.rank=4,16");
            }

            if (!seen.Add(key))
            {
                throw new InputException($"--vary {text}: {key} is given twice; list all its values after one --vary");
            }

            vary[key] = Values(text[(end + 1)..]);
        }

        return study with
        {
            Vary = vary,
        };
    }

    // Numbers, true, null and lists are JSON; anything else is text.
    private static IReadOnlyList<JsonElement> Values(string text) =>
        Parsed($"[{text}]") is { } values
            ? [.. values.EnumerateArray()]
            : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(t => Parsed(t) ?? TextOf(t))];

    private static JsonElement? Parsed(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement TextOf(string text)
    {
        using JsonDocument document = JsonDocument.Parse(JsonValue.Create(text).ToJsonString());
        return document.RootElement.Clone();
    }
}
