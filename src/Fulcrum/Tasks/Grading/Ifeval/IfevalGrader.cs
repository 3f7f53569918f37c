using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>Grades how a reply follows verifiable instructions (Zhou et al., arXiv:2311.07911), strictly and
/// loosely.</summary>
internal static class IfevalGrader
{
    // Each pattern has a limit of its own; a thousand expensive patterns would still take a thousand times as long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Grades a reply: scores <c>prompt_strict</c>, <c>prompt_loose</c>, and as lists, one value per
    /// instruction, <c>instructions_strict</c>, <c>instructions_loose</c>. The item's score is
    /// <c>prompt_strict</c>.</summary>
    /// <remarks>
    /// Strict judges the reply as it is. Loose accepts an instruction that holds for any of eight texts: the reply,
    /// without its first line, without its last, without both, and the four without asterisks. A blank text follows
    /// nothing.
    /// </remarks>
    /// <param name="instructions">The prompt's instructions, from <see cref="IfevalInstruction.Read"/>.</param>
    public static ReplyGrade Grade(IReadOnlyList<IfevalInstruction> instructions, string reply)
    {
        string[] forms = Forms(reply);
        long start = Stopwatch.GetTimestamp();
        double[] strict = [.. instructions.Select(i => ReplyGrade.Number(Follows(i, reply, start)))];
        double[] loose = [.. instructions.Select(i => ReplyGrade.Number(forms.Any(f => Follows(i, f, start))))];
        double all = strict.Min(),
            allLoose = loose.Min();
        string[] broken = [.. instructions.Where((_, n) => strict[n] == 0).Select(i => i.Kind)];
        string[] notes = [.. instructions.Select(i => i.Note).OfType<string>()];
        string[] reasons =
        [
            .. broken.Length == 0 ? [] : new[] { $"not followed: {string.Join(", ", broken)}" },
            .. notes,
        ];
        return new(
            all,
            $"{strict.Count(s => s == 1)}/{strict.Length}",
            ReplyGrade.VerdictOf(all),
            ReplyGrade.Named(("prompt_strict", all), ("prompt_loose", allLoose)),
            "ifeval",
            reasons.Length == 0 ? null : string.Join("; ", reasons)
        )
        {
            Lists = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal)
            {
                ["instructions_strict"] = strict,
                ["instructions_loose"] = loose,
            },
        };
    }

    private static bool Follows(IfevalInstruction instruction, string text, long start)
    {
        try
        {
            return Stopwatch.GetElapsedTime(start) < Patience && !PythonText.IsBlank(text) && instruction.Holds(text);
        }
        catch (Exception e)
            when (e is RegexMatchTimeoutException or InputException { InnerException: RegexMatchTimeoutException })
        {
            return false; // a pattern that needs longer than the limit was not seen to match
        }
    }

    private static string[] Forms(string reply)
    {
        string[] lines = reply.Split('\n');
        string Join(ReadOnlySpan<string?> some) => PythonText.Strip(string.Join('\n', some));
        string[] forms =
        [
            reply,
            Join(lines.AsSpan(1)),
            Join(lines.AsSpan(0, lines.Length - 1)),
            Join(lines.Length > 2 ? lines.AsSpan(1, lines.Length - 2) : []),
        ];
        return [.. forms, .. forms.Select(f => f.Replace("*", "", StringComparison.Ordinal))];
    }
}
