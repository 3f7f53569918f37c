using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>Finds candidates for the answer of a BIG-Bench Hard subtask in a reply, as the harness' flexible filters
/// do.</summary>
internal static partial class BbhExtraction
{
    private delegate IReadOnlyList<string> Finder(string input, string reply);

    private static readonly Dictionary<string, Finder> Finders = new(StringComparer.Ordinal)
    {
        ["boolean_expressions"] = (_, r) => Found(TrueFalse(), r),
        ["causal_judgement"] = (_, r) => Found(YesNo(), r),
        ["date_understanding"] = Options,
        ["disambiguation_qa"] = Options,
        ["dyck_languages"] = (_, r) => Found(Brackets(), r),
        ["formal_fallacies"] = (_, r) => Found(Validity(), r),
        ["geometric_shapes"] = Options,
        ["hyperbaton"] = Options,
        ["logical_deduction_five_objects"] = Options,
        ["logical_deduction_seven_objects"] = Options,
        ["logical_deduction_three_objects"] = Options,
        ["movie_recommendation"] = Options,
        ["multistep_arithmetic_two"] = (_, r) => Numbers(r),
        ["navigate"] = (_, r) => Found(YesNo(), r),
        ["object_counting"] = (_, r) => Numbers(r),
        ["penguins_in_a_table"] = Options,
        ["reasoning_about_colored_objects"] = Options,
        ["ruin_names"] = Options,
        ["salient_translation_error_detection"] = Options,
        ["snarks"] = Options,
        ["sports_understanding"] = (_, r) => Mapped(Plausibility(), r, "no", "yes"),
        ["temporal_sequences"] = Options,
        ["tracking_shuffled_objects_five_objects"] = Options,
        ["tracking_shuffled_objects_seven_objects"] = Options,
        ["tracking_shuffled_objects_three_objects"] = Options,
        ["web_of_lies"] = (_, r) => Mapped(Truthfulness(), r, "no", "yes"),
        ["word_sorting"] = SortedWords,
    };

    public static IReadOnlyList<string> Subtasks { get; } = [.. Finders.Keys];

    /// <summary>Returns the matches in their order; the first and the last are what the filters take.</summary>
    public static IReadOnlyList<string> All(string subtask, string input, string reply) =>
        Finders[subtask](input, reply);

    private static IReadOnlyList<string> Found(Regex pattern, string reply) =>
        [.. pattern.Matches(reply).Select(m => PythonText.Strip(m.Value))];

    private static IReadOnlyList<string> Mapped(Regex pattern, string reply, string no, string yes) =>
        [.. pattern.Matches(PythonText.Lower(reply)).Select(m => m.Groups["no"].Success ? no : yes)];

    private static IReadOnlyList<string> Numbers(string reply)
    {
        IReadOnlyList<string> digits = Found(Digits(), reply);
        return digits.Count > 0
            ? digits
            : [.. EnglishNumbers.In(reply).Select(n => n.ToString(CultureInfo.InvariantCulture))];
    }

    // All words of the list that stand in the reply; a repeated word counts at its last place.
    private static IReadOnlyList<string> SortedWords(string input, string reply)
    {
        int list = input.IndexOf("List:", StringComparison.Ordinal);
        string[] words = list < 0 ? [] : PythonText.Split(input[(list + "List:".Length)..]);
        if (words.Length == 0)
        {
            return [""];
        }

        const string Edge = @"(?:(?<![\p{L}\p{N}_])(?=[\p{L}\p{N}_])|(?<=[\p{L}\p{N}_])(?![\p{L}\p{N}_]))";
        string pattern = string.Join('|', words.Select(w => Edge + Regex.Escape(w) + Edge));
        Regex any = new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        foreach (Match m in TimedMatches.Of(any, reply))
        {
            places[m.Value] = m.Index;
        }

        return [string.Join(' ', places.OrderBy(p => p.Value).Select(p => p.Key))];
    }

    private static IReadOnlyList<string> Options(string input, string reply)
    {
        if (Found(OptionLetter(), reply) is { Count: > 0 } letters)
        {
            return letters;
        }

        string[] options = [.. OptionText().Matches(input).Select(m => m.Groups[1].Value)];
        if (ByText(options, reply) is { Count: > 0 } texts)
        {
            return texts;
        }

        string known = string.Concat(Enumerable.Range(0, Math.Min(options.Length, 26)).Select(i => (char)('A' + i)));
        return
        [
            .. AfterColon()
                .Matches(reply)
                .Select(m => m.Groups[1].Value)
                .Where(l => known.Contains(l, StringComparison.Ordinal))
                .Select(l => $"({l})"),
        ];
    }

    // Longest option first at each place; of options with equal texts the last counts.
    private static IReadOnlyList<string> ByText(string[] options, string reply)
    {
        Dictionary<string, string> letterOf = new(StringComparer.Ordinal);
        for (int i = 0; i < options.Length; i++)
        {
            letterOf[Plain(options[i])] = $"({(char)('A' + i)})";
        }

        if (letterOf.Count == 0 || letterOf.ContainsKey(""))
        {
            return [];
        }

        string pattern = string.Join('|', letterOf.Keys.OrderByDescending(k => k.Length).Select(Regex.Escape));
        Regex any = new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));
        return [.. TimedMatches.Of(any, Plain(reply, strip: false)).Select(m => letterOf[m.Value])];
    }

    private static string Plain(string text, bool strip = true)
    {
        StringBuilder kept = new(text.Length);
        foreach (Rune rune in PythonText.Lower(strip ? PythonText.Strip(text) : text).EnumerateRunes())
        {
            if (!Rune.IsPunctuation(rune))
            {
                kept.Append(rune.ToString());
            }
        }

        return kept.ToString();
    }

    [GeneratedRegex(@"\b(?:True|False)\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TrueFalse();

    [GeneratedRegex(@"\b(?:Yes|No|yes|no)\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex YesNo();

    [GeneratedRegex(@"\b(?:valid|invalid)\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Validity();

    [GeneratedRegex(@"(?<= )[""\ \[(<{}>)\]]+|[""\ \[(<{}>)\]]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Brackets();

    [GeneratedRegex("[-0-9]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Digits();

    [GeneratedRegex(@"\b(?:(?<no>no|not plausible)|yes|plausible)\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Plausibility();

    [GeneratedRegex(
        @"\b(?:(?<no>no|does not tell the truth|is not telling the truth)|yes|tells the truth|is telling the truth)\b",
        RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Truthfulness();

    [GeneratedRegex(@"\([A-Z]\)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OptionLetter();

    [GeneratedRegex(@"\([A-Z]\)([^\n(]*)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OptionText();

    [GeneratedRegex(@":\s*([A-Z])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AfterColon();
}
