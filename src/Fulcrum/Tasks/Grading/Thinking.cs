using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>Removes what a model thought before it answered: drafts do not count as the answer.</summary>
internal static partial class Thinking
{
    /// <summary>Returns the reply without its thinking.</summary>
    /// <remarks>
    /// A block from its opening to its closing tag is removed. Before a closing tag without an opening one everything
    /// is removed, since templates open the block in the prompt. A block that is never closed is removed to the end.
    /// </remarks>
    public static string Removed(string reply)
    {
        if (FinalChannel().Matches(reply) is { Count: > 0 } channels)
        {
            reply = reply[(channels[^1].Index + channels[^1].Length)..];
        }

        if (!reply.Contains('<') && !reply.Contains('[') && !reply.Contains('◁'))
        {
            return reply;
        }

        string text = Block().Replace(reply, "\n");
        text = Closing().Matches(text) is { Count: > 0 } closings
            ? text[(closings[^1].Index + closings[^1].Length)..]
            : text;
        return Opening().Match(text) is { Success: true } open ? text[..open.Index] : text;
    }

    private const string Names = "think|thinking|thought|thoughts|reasoning|scratchpad|reflection|analysis";

    // The channels of gpt-oss: only the final one is the answer.
    [GeneratedRegex(@"<\|channel\|>\s*final\s*<\|message\|>", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FinalChannel();

    [GeneratedRegex(
        @"<\s*(?<name>"
            + Names
            + @")(?:\s[^<>]*)?>(?:(?!<\s*/\s*\k<name>\s*>).)*<\s*/\s*\k<name>\s*>"
            + @"|\[THINK\](?:(?!\[/THINK\]).)*\[/THINK\]|◁think▷(?:(?!◁/think▷).)*◁/think▷"
            + @"|<\|begin_of_thought\|>(?:(?!<\|end_of_thought\|>).)*<\|end_of_thought\|>",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Singleline,
        2000
    )]
    private static partial Regex Block();

    [GeneratedRegex(
        @"<\s*/\s*(?:" + Names + @")\s*>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex Closing();

    [GeneratedRegex(
        @"<\s*(?:" + Names + @")(?:\s[^<>]*)?>|\[THINK\]|◁think▷|<\|begin_of_thought\|>",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex Opening();
}
