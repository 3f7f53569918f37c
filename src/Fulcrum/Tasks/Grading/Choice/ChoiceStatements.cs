using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Choice;

/// <summary>A place where a reply states its choice.</summary>
/// <param name="At">Where in the text.</param>
/// <param name="Choice">The option; null: several at once.</param>
/// <param name="Rule">By which rule.</param>
internal sealed record ChoiceStatement(int At, int? Choice, ChoiceRule Rule);

/// <summary>Finds the statements of a reply.</summary>
internal static class ChoiceStatements
{
    /// <summary>Returns all statements; of two at one place the later in the list is the more particular.</summary>
    public static IEnumerable<ChoiceStatement> In(ChoiceText text) =>
        [.. Announced(text), .. Texts(text), .. LastLine(text), .. Fields(text), .. Boxes(text)];

    private static IEnumerable<ChoiceStatement> Boxes(ChoiceText text) =>
        FinalAnswer
            .BoxesIn(text.Value)
            .Select(b => Whole(text, b.Content, b.At, ChoiceRule.Boxed))
            .OfType<ChoiceStatement>();

    private static IEnumerable<ChoiceStatement> Fields(ChoiceText text) =>
        ChoicePatterns
            .Field()
            .Matches(text.Value)
            .Select(m => Whole(text, m.Groups["inside"].Value, m.Groups["inside"].Index, ChoiceRule.Field))
            .OfType<ChoiceStatement>();

    private static ChoiceStatement? Whole(ChoiceText text, string content, int at, ChoiceRule rule) =>
        text.Whole(content) is { } choice ? new ChoiceStatement(at, choice, rule) : null;

    private static IEnumerable<ChoiceStatement> Announced(ChoiceText text)
    {
        foreach (Regex pattern in ChoicePatterns.Announcements)
        {
            foreach (Match m in pattern.Matches(text.Value))
            {
                if (!text.IsNegated(m.Index) && text.Read(m.Groups["letter"]) is { } statement)
                {
                    yield return statement;
                }
            }
        }
    }

    // "The answer is Oslo": the option's own words instead of its letter.
    private static IEnumerable<ChoiceStatement> Texts(ChoiceText text) =>
        ChoicePatterns
            .Announcement()
            .Matches(text.Value)
            .Where(m => !text.IsNegated(m.Index))
            .Select(m => (m.Groups["rest"].Index, Choice: text.BeginningWith(m.Groups["rest"].Value)))
            .Where(f => f.Choice is not null)
            .Select(f => new ChoiceStatement(f.Index, f.Choice, ChoiceRule.Announced));

    private static IEnumerable<ChoiceStatement> LastLine(ChoiceText text)
    {
        string trimmed = text.Value.TrimEnd();
        int start = trimmed.LastIndexOf('\n') + 1;
        bool listed = ChoicePatterns.Listed().Count(trimmed) > 1;
        Match line = ChoicePatterns.Alone().Match(trimmed[start..]);
        int? choice =
            line.Success ? text.PlaceOf(line.Groups["letter"].ValueSpan[0])
            : start > 0 && !listed ? text.Whole(trimmed[start..])
            : null;
        return choice is null ? [] : [new ChoiceStatement(start, choice, ChoiceRule.LastLine)];
    }
}
