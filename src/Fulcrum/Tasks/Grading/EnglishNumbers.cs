using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>Numbers written in English words, as lm-evaluation-harness finds them.</summary>
/// <remarks>
/// Its pattern knows six, seven and nine only with an ending (sixteen, sixty), and eight at the end of a number only as
/// eighteen or eighty. That is kept, since it decides published scores.
/// </remarks>
internal static partial class EnglishNumbers
{
    private static readonly Dictionary<string, long> Values = new(StringComparer.Ordinal)
    {
        ["zero"] = 0,
        ["one"] = 1,
        ["two"] = 2,
        ["three"] = 3,
        ["four"] = 4,
        ["five"] = 5,
        ["six"] = 6,
        ["seven"] = 7,
        ["eight"] = 8,
        ["nine"] = 9,
        ["ten"] = 10,
        ["eleven"] = 11,
        ["twelve"] = 12,
        ["thirteen"] = 13,
        ["fourteen"] = 14,
        ["fifteen"] = 15,
        ["sixteen"] = 16,
        ["seventeen"] = 17,
        ["eighteen"] = 18,
        ["nineteen"] = 19,
        ["twenty"] = 20,
        ["thirty"] = 30,
        ["forty"] = 40,
        ["fifty"] = 50,
        ["sixty"] = 60,
        ["seventy"] = 70,
        ["eighty"] = 80,
        ["ninety"] = 90,
        ["hundred"] = 100,
        ["thousand"] = 1_000,
        ["million"] = 1_000_000,
        ["billion"] = 1_000_000_000,
    };

    /// <summary>Returns the numbers of a text in their order; one that is no number after all is left out.</summary>
    public static IEnumerable<long> In(string text) =>
        TimedMatches.Of(Written(), PythonText.Lower(text)).Select(m => ValueOf(m.Value)).OfType<long>();

    private static long? ValueOf(string words)
    {
        long total = 0,
            group = 0;
        bool any = false;
        foreach (string word in PythonText.Split(words))
        {
            if (!Values.TryGetValue(word.Trim(',', '&'), out long value))
            {
                continue;
            }

            any = true;
            group =
                value == 100 ? Math.Max(1, group) * 100
                : value < 100 ? group + value
                : group;
            if (value >= 1_000)
            {
                total += Math.Max(1, group) * value;
                group = 0;
            }
        }

        return any ? total + group : null;
    }

    private const string Small = "zero|one|two|three|four|five|(?:twen|thir|for|fif|six|seven|nine)(?:teen|ty)|eight";
    private const string Large = "|ten|eleven|twelve|fourteen|hundred|thousand|(?:m|b|tr)illion";
    private const string Middle =
        "zero|one|two|three|four|five|(?:twen|thir|for|fif|six|seven|nine)(?:|teen|ty)|eight(?:een|y)" + Large;

    [GeneratedRegex(
        "(?:(?:"
            + Small
            + "(?:|een|y)"
            + Large
            + ")(?:"
            + Middle
            + @"|[^\S\r\n]|,|and|&)+)?(?:"
            + Small
            + "(?:een|y)"
            + Large
            + ")",
        RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Written();
}
