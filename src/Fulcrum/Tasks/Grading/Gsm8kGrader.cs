using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>Grades GSM8K's written solutions (Cobbe et al., arXiv:2110.14168) as lm-evaluation-harness 0.4.13
/// does.</summary>
/// <remarks>
/// The published scores compare texts: <c>18.00</c> is not <c>18</c>. The score <c>numeric_match</c> beside them
/// compares the stated final answer as a number, and is the item's score.
/// </remarks>
internal static partial class Gsm8kGrader
{
    private const string Invalid = "[invalid]";

    /// <summary>Grades a reply: scores <c>strict_match</c>, <c>flexible_extract</c> and <c>numeric_match</c>.</summary>
    /// <param name="targets">Solutions with their answer after <c>#### </c>; each score is the best over them.</param>
    public static ReplyGrade Grade(string reply, IReadOnlyList<string> targets)
    {
        string[] wanted = [.. targets.Select(Comparable)];
        bool strict = wanted.Contains(Comparable(Strict(reply)), StringComparer.Ordinal);
        bool flexible = wanted.Contains(Comparable(Flexible(reply)), StringComparer.Ordinal);
        (string? number, string rule) = FinalNumber(reply);
        bool numeric = number is not null && targets.Any(t => IsSame(number, FinalNumber(t).Number));
        return new(
            ReplyGrade.Number(numeric),
            number ?? "",
            number is null ? "unparsable" : ReplyGrade.VerdictOf(ReplyGrade.Number(numeric)),
            ReplyGrade.Named(
                ("strict_match", ReplyGrade.Number(strict)),
                ("flexible_extract", ReplyGrade.Number(flexible)),
                ("numeric_match", ReplyGrade.Number(numeric))
            ),
            rule
        );
    }

    /// <summary>Returns what the filter <c>strict-match</c> takes from a reply: the number behind the first <c>####
    /// </c>.</summary>
    public static string Strict(string reply) =>
        Marked().Match(reply) is { Success: true } m ? m.Groups[1].Value : Invalid;

    /// <summary>Returns what the filter <c>flexible-extract</c> takes from a reply: its last run of digits and
    /// marks.</summary>
    public static string Flexible(string reply) =>
        Loose().Matches(reply) is { Count: > 0 } all ? PythonText.Strip(all[^1].Value) : Invalid;

    private static bool IsSame(string number, string? target) =>
        target is not null && NumberGrader.AreEqual(number, target);

    // Commas, dollar signs, everything up to the last "#### " and one full stop at the end do not count; case neither.
    private static string Comparable(string text)
    {
        string bare = text.Replace(",", "", StringComparison.Ordinal).Replace("$", "", StringComparison.Ordinal);
        int mark = bare.LastIndexOf("#### ", StringComparison.Ordinal);
        return PythonText.Lower(FinalStop().Replace(mark < 0 ? bare : bare[(mark + 5)..], ""));
    }

    private static (string? Number, string Rule) FinalNumber(string reply)
    {
        (string? stated, FinalAnswerRule rule) = FinalAnswer.In(reply);
        return stated is not null && NumberGrader.First(stated) is { } number
            ? (number, FinalAnswer.NameOf(rule))
            : (NumberGrader.Last(Thinking.Removed(reply)), "last-number");
    }

    [GeneratedRegex(@"#### (-?[0-9.,]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Marked();

    [GeneratedRegex(@"-?[$0-9.,]{2,}|-?[0-9]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Loose();

    [GeneratedRegex(@"\.$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FinalStop();
}
