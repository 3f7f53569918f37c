using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Models;

namespace Fulcrum.Tasks.Writing;

/// <summary>What the targets of a file are compared as: the whole text, or the answer that a pattern finds in
/// it.</summary>
/// <param name="pattern">Null: the whole text.</param>
/// <param name="noGold">Why no target can be graded as a reply; null: each can.</param>
internal sealed class WrittenTargets(Regex? pattern, string? noGold)
{
    /// <summary>Why no target can be graded as a reply; null: each can.</summary>
    public string? NoGold => noGold;

    /// <summary>Decides how the targets of a file are read.</summary>
    /// <param name="extract">The pattern by which replies are read; null: none.</param>
    /// <exception cref="InputException">Some targets contain the pattern and others do not; names a row of these.
    /// </exception>
    public static WrittenTargets Of(GenerationPlan plan, ExampleFile file, Regex? extract)
    {
        const string Patterns = "its targets are patterns, and what matches them is not known";
        if (plan.Matching == Matching.Regex)
        {
            return new WrittenTargets(null, Patterns);
        }

        if (plan.ExtractTarget is { } own)
        {
            Regex? of = own.Length == 0 ? null : Like(own, plan);
            return new WrittenTargets(of, extract is not null && of is null ? Bare : null);
        }

        return extract is not null && Contained(file, extract)
            ? new WrittenTargets(extract, null)
            : new WrittenTargets(null, extract is null ? null : Bare);
    }

    /// <summary>Returns the answer that a target means.</summary>
    /// <exception cref="InputException">The target does not contain the pattern; names the row.</exception>
    public string AnswerOf(TableRow row, string target) =>
        pattern is null ? target
        : pattern.Match(target) is { Success: true } match ? match.Groups[1].Value.Trim()
        : throw row.Error(
            $"the target '{target}' does not contain the pattern of extractTarget, '{pattern}'; an empty "
                + $"extractTarget takes the whole target"
        );

    private const string Bare =
        "its targets are bare answers, while 'extract' looks for the answer within a reply of another form";

    // With some targets in one form and some in another, one of the forms could never be matched.
    private static bool Contained(ExampleFile file, Regex extract)
    {
        (TableRow Row, bool Contains)[] targets =
        [
            .. file.Rows.SelectMany(row => file.TargetsOf(row).Select(t => (row, extract.IsMatch(t)))),
        ];
        TableRow? without = targets.FirstOrDefault(t => !t.Contains).Row;
        return targets.All(t => !t.Contains) ? false
            : without is null ? true
            : throw without.Error(
                $"its target does not contain the pattern of extract, '{extract}', while other rows' targets "
                    + $"do; set extractTarget to the pattern of the targets, or to empty for whole targets"
            );
    }

    private static Regex Like(string pattern, GenerationPlan plan) =>
        new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(plan.RegexTimeLimitSeconds));
}
