namespace Fulcrum.Tasks;

/// <summary>Questions that were asked in several forms, such as rotated options.</summary>
internal static class QuestionForms
{
    /// <summary>One answer per question: the mean score over its forms, unscored if a form is. The forms of a question
    /// are not independent of each other, so the question is the unit of every interval and test.</summary>
    public static IReadOnlyList<Answer> Joined(IReadOnlyList<Answer> answers) =>
        answers.All(a => a.Stem is null)
            ? answers
            : [.. answers.GroupBy(a => a.Stem ?? a.Id, StringComparer.Ordinal).Select(Question)];

    private static Answer Question(IGrouping<string, Answer> forms) =>
        forms.First() with
        {
            Id = forms.Key,
            Score = forms.Any(f => f.Score is null) ? null : forms.Average(f => f.Score!.Value),
        };
}
