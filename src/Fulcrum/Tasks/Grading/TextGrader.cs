namespace Fulcrum.Tasks.Grading;

/// <summary>Grades a reply as a text.</summary>
internal static class TextGrader
{
    /// <summary>Grades a reply: scores <c>exact</c> (equal except for white space around), <c>normalised</c> (equal
    /// by SQuAD's normalisation) and <c>contains</c> (the target occurs in the reply). The item's score is
    /// <c>exact</c>.</summary>
    /// <param name="targets">Right answers; each score is the best over them.</param>
    public static ReplyGrade Grade(string reply, IReadOnlyList<string> targets)
    {
        string text = PythonText.Strip(reply);
        string normalised = Squad.Normalised(text);
        double exact = ReplyGrade.Number(targets.Any(t => PythonText.Strip(t) == text));
        return new(
            exact,
            text,
            ReplyGrade.VerdictOf(exact),
            ReplyGrade.Named(
                ("exact", exact),
                ("normalised", ReplyGrade.Number(targets.Any(t => Squad.Normalised(t) == normalised))),
                ("contains", ReplyGrade.Number(targets.Any(t => IsIn(PythonText.Strip(t), text))))
            ),
            "text"
        );
    }

    private static bool IsIn(string target, string text) =>
        target.Length > 0 && text.Contains(target, StringComparison.Ordinal);
}
