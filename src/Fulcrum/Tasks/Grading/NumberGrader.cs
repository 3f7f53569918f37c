using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>Grades by the last number of a reply.</summary>
internal static partial class NumberGrader
{
    /// <summary>Grades a reply: score <c>number</c>, 1 if the last numbers of reply and target are equal.</summary>
    /// <param name="targets">Right answers; the score is the best over them.</param>
    public static ReplyGrade Grade(string reply, IReadOnlyList<string> targets)
    {
        string? number = Last(reply);
        bool right = number is not null && targets.Any(t => Last(t) is { } wanted && AreEqual(number, wanted));
        return new(
            ReplyGrade.Number(right),
            number ?? "",
            number is null ? "unparsable" : ReplyGrade.VerdictOf(ReplyGrade.Number(right)),
            ReplyGrade.Named(("number", ReplyGrade.Number(right))),
            "last-number"
        );
    }

    /// <summary>Returns the last number of a text without the commas between its digits; null: there is none.</summary>
    public static string? Last(string text) => Number().Matches(text) is { Count: > 0 } all ? Bare(all[^1]) : null;

    /// <summary>Returns the first number of a text without the commas between its digits; null: there is
    /// none.</summary>
    public static string? First(string text) => Number().Match(text) is { Success: true } first ? Bare(first) : null;

    /// <summary>Tells whether two numbers, as <see cref="Last"/> returns them, have the same value.</summary>
    /// <remarks>Whole numbers are compared exactly, all others as double-precision numbers.</remarks>
    public static bool AreEqual(string a, string b) =>
        IsWhole(a) && IsWhole(b) ? Digits(a) == Digits(b) : Value(a) == Value(b);

    private static bool IsWhole(string number) => !number.AsSpan().ContainsAny("eE.");

    // By their digits, because arithmetic with millions of digits takes seconds.
    private static string Digits(string number)
    {
        string digits = number.TrimStart('+', '-').TrimStart('0');
        return digits.Length == 0 ? "0"
            : number[0] == '-' ? "-" + digits
            : digits;
    }

    private static double Value(string number) =>
        double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static string Bare(Match match) => match.Value.Replace(",", "", StringComparison.Ordinal);

    [GeneratedRegex(
        "[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?",
        RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Number();
}
