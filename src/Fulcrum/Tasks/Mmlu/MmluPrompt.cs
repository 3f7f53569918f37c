using Fulcrum.Tasks.Choice;

namespace Fulcrum.Tasks.Mmlu;

/// <summary>MMLU's prompt, letter for letter that of lm-evaluation-harness.</summary>
internal static class MmluPrompt
{
    /// <summary>The continuations whose likelihoods decide.</summary>
    // A leading space belongs to the letter: after "Answer:" the model writes " A", which is another token than "A".
    public static readonly IReadOnlyList<string> Letters = [" A", " B", " C", " D"];

    /// <summary>What comes first where the options are listed.</summary>
    public static string Heading(string subject) =>
        $"The following are multiple choice questions (with answers) about {subject.Replace('_', ' ')}.\n\n";

    /// <summary>What comes first where the options are not shown.</summary>
    public static string ClozeHeading(string subject) =>
        $"The following are questions (with answers) about {subject.Replace('_', ' ')}.\n\n";

    /// <summary>The prompt of a question, after worked examples of its subject.</summary>
    public static string Of(MmluQuestion question, IEnumerable<MmluQuestion> examples) =>
        ChoicePrompt.Listed(
            Heading(question.Subject),
            examples.Select(e => (e.Question, e.Choices, e.Answer)),
            question.Question,
            question.Choices
        );
}
