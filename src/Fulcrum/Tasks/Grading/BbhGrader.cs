using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading;

/// <summary>Grades BIG-Bench Hard's replies (Suzgun et al., arXiv:2210.09261) in the four forms of
/// lm-evaluation-harness
/// 0.4.13.</summary>
/// <remarks>
/// <c>exact_match</c> and <c>get_answer</c> belong to the few-shot forms without and with reasoning,
/// <c>strict_match</c> and <c>flexible_extract</c> to zero-shot, <c>cot_strict_match</c> and
/// <c>cot_flexible_extract</c> to zero-shot with reasoning. <c>answer_match</c> is Fulcrum's own and the item's score:
/// the stated answer, else the whole reply, without marks around it and without regard to case.
/// </remarks>
internal static partial class BbhGrader
{
    private const string Invalid = "[invalid]";

    private static readonly string[] ShortOpenings = ["the answer is "];

    private static readonly string[] LongOpenings =
    [
        "The answer is ",
        "the answer is ",
        "The answer: ",
        "The final answer: ",
    ];

    /// <summary>The 27 subtasks.</summary>
    public static IReadOnlyList<string> Subtasks => BbhExtraction.Subtasks;

    /// <summary>Grades a reply by all six published scores and <c>answer_match</c>.</summary>
    /// <param name="subtask">One of <see cref="Subtasks"/>.</param>
    /// <param name="input">The question; it holds the options or the words of a list.</param>
    /// <param name="targets">Right answers; each score is the best over them.</param>
    /// <exception cref="InputException">The subtask is unknown.</exception>
    public static ReplyGrade Grade(string subtask, string input, string reply, IReadOnlyList<string> targets)
    {
        if (!Subtasks.Contains(subtask, StringComparer.Ordinal))
        {
            throw new InputException($"'{subtask}' is no subtask of bbh; known are {string.Join(", ", Subtasks)}");
        }

        IReadOnlyList<string> found = BbhExtraction.All(subtask, input, reply);
        (string? stated, FinalAnswerRule rule) = FinalAnswer.In(reply);
        string answer = stated ?? Thinking.Removed(reply);
        double Equal(string text, Func<string, string> form) =>
            ReplyGrade.Number(targets.Select(form).Contains(form(text), StringComparer.Ordinal));
        double Loosely(string text) => Equal(text, Comparable);
        double own = Equal(answer, Answer);
        return new(
            own,
            answer.Trim(),
            ReplyGrade.VerdictOf(own),
            ReplyGrade.Named(
                ("exact_match", Equal(reply, t => t)),
                ("get_answer", Equal(Stated(reply, ShortOpenings), t => t)),
                ("strict_match", Loosely(reply)),
                ("flexible_extract", Loosely(found.Count > 0 ? found[0] : Invalid)),
                ("cot_strict_match", Loosely(Stated(reply, LongOpenings))),
                ("cot_flexible_extract", Loosely(found.Count > 0 ? found[^1] : Invalid)),
                ("answer_match", own)
            ),
            stated is null ? "whole-reply" : FinalAnswer.NameOf(rule)
        );
    }

    // From the leftmost opening to the end of its line, less the last character there, which must exist.
    private static string Stated(string reply, string[] openings)
    {
        for (int at = 0; at < reply.Length; at++)
        {
            if (openings.FirstOrDefault(o => string.CompareOrdinal(reply, at, o, 0, o.Length) == 0) is not { } opening)
            {
                continue;
            }

            int start = at + opening.Length,
                end = reply.IndexOf('\n', start) is var line and >= 0 ? line : reply.Length;
            if (end > start)
            {
                int last = end - start >= 2 && char.IsSurrogatePair(reply[end - 2], reply[end - 1]) ? 2 : 1;
                return PythonText.Strip(reply[start..(end - last)]);
            }
        }

        return Invalid;
    }

    private static string Comparable(string text)
    {
        StringBuilder kept = new(text.Length);
        foreach (char c in FinalStop().Replace(text, ""))
        {
            if (c is not (',' or '\n' or '\\' or '"'))
            {
                kept.Append(c);
            }
        }

        return PythonText.Lower(kept.ToString());
    }

    private static string Answer(string text) =>
        PythonText.Lower(string.Join(' ', PythonText.Split(text)).Trim('*', '_', '`', '"', '\'', '.', ' ', '$'));

    [GeneratedRegex(@"\.$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FinalStop();
}
