using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Reads one step of a <c>filter_list</c>.</summary>
internal static class HarnessFilterReader
{
    private const string DefaultPattern = @"#### (\-?[0-9\.\,]+)",
        DefaultFallback = "[invalid]";

    /// <summary>The step that a mapping describes.</summary>
    /// <exception cref="InputException">There is no such step, or one of its keys is unknown; names both.</exception>
    public static HarnessFilter Read(HarnessKeys keys)
    {
        string function = keys.TextOrNull("function") ?? throw keys.Error("function", "is missing");
        return function switch
        {
            "take_first" => Plain(keys, new HarnessFilter.TakeFirst()),
            "majority_vote" => Plain(keys, new HarnessFilter.MajorityVote()),
            "remove_whitespace" => Plain(keys, new HarnessFilter.RemoveWhiteSpace()),
            "lowercase" => Plain(keys, new HarnessFilter.Case(Upper: false)),
            "uppercase" => Plain(keys, new HarnessFilter.Case(Upper: true)),
            "take_first_k" => Plain(
                keys,
                new HarnessFilter.TakeFirstK(keys.Number("k", 1) ?? throw keys.Error("k", "is missing")),
                "k"
            ),
            "map" => Mapping(keys),
            "regex" => Matching(keys),
            "multi_choice_regex" => Letter(keys),
            _ => throw keys.Error(
                "function",
                $"is {function}; known are take_first, take_first_k, majority_vote, "
                    + "remove_whitespace, lowercase, uppercase, map, regex, multi_choice_regex"
            ),
        };
    }

    private static HarnessFilter Plain(HarnessKeys keys, HarnessFilter filter, params string[] more)
    {
        keys.Check(new HashSet<string>(more.Append("function"), StringComparer.Ordinal));
        return filter;
    }

    private static HarnessFilter Mapping(HarnessKeys keys)
    {
        HarnessKeys values = keys.Inner("mapping_dict");
        return Plain(
            keys,
            new HarnessFilter.Mapping(
                values.Names.ToDictionary(n => n, n => values[n], StringComparer.Ordinal),
                keys["default_value"]
            ),
            "mapping_dict",
            "default_value"
        );
    }

    private static HarnessFilter Matching(HarnessKeys keys) =>
        Plain(
            keys,
            new HarnessFilter.Matching(
                keys.Pattern("regex_pattern", keys.Text("regex_pattern", DefaultPattern)),
                Select(keys),
                Fallback(keys)
            ),
            "regex_pattern",
            "group_select",
            "fallback"
        );

    private static HarnessFilter Letter(HarnessKeys keys) =>
        Plain(
            keys,
            new HarnessFilter.Letter(
                keys.Pattern("regex_pattern", keys.Text("regex_pattern", DefaultPattern)),
                Select(keys),
                Fallback(keys),
                keys.Flag("ignore_case"),
                keys.Flag("ignore_punctuation"),
                [.. (keys.Texts("regexes_to_ignore") ?? []).Select(p => keys.Pattern("regexes_to_ignore", p))]
            ),
            "regex_pattern",
            "group_select",
            "fallback",
            "ignore_case",
            "ignore_punctuation",
            "regexes_to_ignore"
        );

    private static int Select(HarnessKeys keys) =>
        keys["group_select"] switch
        {
            null => 0,
            long whole when Math.Abs(whole) < 1 << 20 => (int)whole,
            _ => throw keys.Error("group_select", "must be a whole number"),
        };

    private static object? Fallback(HarnessKeys keys) =>
        keys.Names.Contains("fallback")
            ? keys["fallback"] is { } f
                ? TemplateValues.Text(f)
                : null
            : DefaultFallback;
}
