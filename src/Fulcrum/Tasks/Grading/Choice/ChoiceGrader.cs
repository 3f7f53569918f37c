namespace Fulcrum.Tasks.Grading.Choice;

/// <summary>Grades the choice that a written reply makes.</summary>
internal static class ChoiceGrader
{
    /// <summary>Grades a reply: score <c>correct</c>, and <c>parsed</c>, whether an option could be read from
    /// it.</summary>
    /// <param name="options">The options as shown, at most 26.</param>
    /// <param name="answer">The place of the right one.</param>
    public static ReplyGrade Grade(string reply, IReadOnlyList<string> options, int answer)
    {
        (int? choice, ChoiceRule rule) = ChoiceExtraction.Find(reply, options);
        double score = ReplyGrade.Number(choice == answer);
        return new(
            score,
            choice is { } place ? LetterOf(place) : "",
            choice is null ? "unparsable" : ReplyGrade.VerdictOf(score),
            ReplyGrade.Named(("correct", score), ("parsed", ReplyGrade.Number(choice is not null))),
            ChoiceExtraction.NameOf(rule),
            choice is null ? "no option can be told from the reply" : null
        );
    }

    /// <summary>Returns the place of an answer given as a letter or as an option's text; null: it is neither.</summary>
    public static int? PlaceOf(string answer, IReadOnlyList<string> options)
    {
        string trimmed = answer.Trim();
        int text = Array.FindIndex([.. options], o => o.Trim() == trimmed);
        return trimmed.Length == 1 && trimmed[0] >= 'A' && trimmed[0] - 'A' < options.Count ? trimmed[0] - 'A'
            : text >= 0 ? text
            : null;
    }

    private static string LetterOf(int place) => ((char)('A' + place)).ToString();
}
