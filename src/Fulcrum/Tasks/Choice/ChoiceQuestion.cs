using Fulcrum.Models;

namespace Fulcrum.Tasks.Choice;

/// <summary>One multiple-choice question, whatever it was read from.</summary>
/// <param name="Cluster">Also decides which worked examples and which heading it gets.</param>
/// <param name="Options">In the order of the data.</param>
/// <param name="Answer">The right option's place among them.</param>
/// <param name="AlsoRight">The places of other right options; null: none.</param>
/// <param name="Place">Its line or row in a custom file; null: it is from another source.</param>
internal sealed record ChoiceQuestion(
    string Id,
    string Cluster,
    string Group,
    string Text,
    IReadOnlyList<string> Options,
    int Answer,
    IReadOnlyList<int>? AlsoRight = null,
    string? Place = null
)
{
    /// <summary>The places of all right options.</summary>
    public IReadOnlyList<int> Right => [Answer, .. AlsoRight ?? []];
}

/// <summary>A question with its options in another order: the option at place i of the data is shown at place (i +
/// rotation) mod n.</summary>
internal sealed record ChoiceForm(ChoiceQuestion Question, int Rotation)
{
    /// <summary>The options as shown.</summary>
    public IReadOnlyList<string> Options { get; } =
    [
        .. Enumerable
            .Range(0, Question.Options.Count)
            .Select(shown => Question.Options[Original(Question, Rotation, shown)]),
    ];

    /// <summary>The right option's place as shown.</summary>
    public int Answer => (Question.Answer + Rotation) % Question.Options.Count;

    /// <summary>Whether an option as shown is right.</summary>
    public bool IsRight(int shown) =>
        Original(shown) is var option && (option == Question.Answer || (Question.AlsoRight ?? []).Contains(option));

    /// <summary>The letters of the right options as shown, the preferred one first.</summary>
    public string Letters =>
        string.Join(
            ", ",
            Enumerable
                .Range(0, Options.Count)
                .Where(IsRight)
                .OrderBy(i => i == Answer ? 0 : 1)
                .Select(ChoicePrompt.Letter)
        );

    /// <summary>Its id: the question's, with the rotation where there is one.</summary>
    public string Id => Rotation == 0 ? Question.Id : $"{RotationsOf(Question.Id)}{Rotation}";

    /// <summary>Whether an item is a question with its options in another order than in the data.</summary>
    /// <param name="stem">The id of the question; null: it is asked in one form only.</param>
    public static bool IsRotated(string id, string? stem) =>
        stem is not null && id.StartsWith(RotationsOf(stem), StringComparison.Ordinal);

    private static string RotationsOf(string question) => $"{question}/rotation/";

    /// <summary>The place in the data of an option as shown.</summary>
    public int Original(int shown) => Original(Question, Rotation, shown);

    private static int Original(ChoiceQuestion question, int rotation, int shown) =>
        (shown - rotation % question.Options.Count + question.Options.Count) % question.Options.Count;
}

/// <summary>How the questions of a task are asked and how replies are read.</summary>
/// <param name="Reading">The answer-scoring method.</param>
/// <param name="Rotations">Further forms of each question.</param>
/// <param name="MaxNewTokens">Of the readings that let the model write.</param>
/// <param name="Decoding">Of the same.</param>
/// <param name="Threshold">Goes into the grades.</param>
internal sealed record ChoiceSettings(
    AnswerScoring Reading,
    PromptForm Prompt,
    int Rotations,
    int MaxNewTokens,
    Decoding Decoding,
    double? Threshold = null
);
