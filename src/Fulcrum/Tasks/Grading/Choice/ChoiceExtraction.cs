using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Choice;

/// <summary>The rule by which an option was read from a reply.</summary>
internal enum ChoiceRule
{
    /// <summary>No rule found an option.</summary>
    None,

    /// <summary>In <c>\boxed{}</c>.</summary>
    Boxed,

    /// <summary>In a tag such as <c>&lt;answer&gt;</c>, or a field of JSON.</summary>
    Field,

    /// <summary>Announced: "the answer is C", "B is correct", "I choose D".</summary>
    Announced,

    /// <summary>The last line is the letter alone.</summary>
    LastLine,

    /// <summary>The reply begins with the letter.</summary>
    Leading,

    /// <summary>The only option that the reply mentions by its letter: "option C".</summary>
    Mentioned,

    /// <summary>The only option whose words occur.</summary>
    Named,

    /// <summary>The last statement names several options.</summary>
    Ambiguous,
}

/// <summary>Finds the chosen option in what a model wrote.</summary>
/// <remarks>
/// <c>docs/method.md</c> holds the table of rules. Thinking is removed first. Of all statements the last one counts, in
/// whatever form it is made; only without a statement do a leading letter, a single mention and a single named option
/// count.
/// </remarks>
internal static class ChoiceExtraction
{
    /// <summary>Changes with the rules; part of the protocol of multiple-choice tasks.</summary>
    public const string Version = "2";

    /// <summary>Characters of a reply that are looked at: its last ones, since the answer comes last.</summary>
    public const int LongestReply = 100_000;

    /// <summary>Returns the place, as shown, of the chosen option; null where the reply is no choice.</summary>
    public static int? Choice(string reply, IReadOnlyList<string> options) => Find(reply, options).Choice;

    /// <summary>Returns the place, as shown, of the chosen option, and the rule that found it.</summary>
    /// <param name="reply">What the model wrote.</param>
    /// <param name="options">The options in the order in which they were shown, at most 26.</param>
    public static (int? Choice, ChoiceRule Rule) Find(string reply, IReadOnlyList<string> options)
    {
        string bounded = reply.Length > LongestReply ? reply[^LongestReply..] : reply;
        ChoiceText text = new(ChoiceText.Plain(Thinking.Removed(bounded)), options);
        ChoiceStatement? last = null;
        foreach (ChoiceStatement statement in ChoiceStatements.In(text))
        {
            last = last is null || statement.At >= last.At ? statement : last;
        }

        if (last is not null)
        {
            return last.Choice is { } stated ? (stated, last.Rule) : (null, ChoiceRule.Ambiguous);
        }

        return Leading(text) is { } leading ? (leading, ChoiceRule.Leading)
            : Mentioned(text) is { } mentioned ? (mentioned, ChoiceRule.Mentioned)
            : text.Named() is { } named ? (named, ChoiceRule.Named)
            : (null, ChoiceRule.None);
    }

    /// <summary>Returns the name of a rule as answers keep it.</summary>
    public static string NameOf(ChoiceRule rule) => RuleName.Of(rule);

    // A reply that goes through the options from the first one on does not choose the first.
    private static int? Leading(ChoiceText text)
    {
        Match lead = ChoicePatterns.Lead().Match(text.Value);
        if (
            !lead.Success
            || text.Read(lead.Groups["letter"]) is not { } statement
            || statement.Choice is not { } choice
        )
        {
            return null;
        }

        int?[] listed =
        [
            .. ChoicePatterns
                .Listed()
                .Matches(text.Value)
                .Take(2)
                .Select(m => text.PlaceOf(m.Groups["letter"].ValueSpan[0])),
        ];
        return listed is [0, 1] ? null : choice;
    }

    private static int? Mentioned(ChoiceText text)
    {
        int?[] mentioned =
        [
            .. ChoicePatterns
                .Mention()
                .Matches(text.Value)
                .Where(m => !text.IsNegated(m.Index))
                .Select(m => text.Read(m.Groups["letter"])?.Choice)
                .Distinct(),
        ];
        return mentioned is [{ } only] ? only : null;
    }
}
