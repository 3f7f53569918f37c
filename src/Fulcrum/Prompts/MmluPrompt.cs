using System.Text;
using Fulcrum.Data;

namespace Fulcrum.Prompts;

/// <summary>MMLU's prompt, letter for letter that of lm-evaluation-harness.</summary>
public static class MmluPrompt
{
    /// <summary>The continuations whose likelihoods decide.</summary>
    // A leading space belongs to the letter: behind "Answer:" the model writes " A", which is another token than "A".
    public static readonly IReadOnlyList<string> Letters = [" A", " B", " C", " D"];

    /// <summary>The prompt of a question behind some worked examples of its subject.</summary>
    public static string Of(MmluQuestion question, IEnumerable<MmluQuestion> examples)
    {
        StringBuilder text = new($"The following are multiple choice questions (with answers) about {question.Subject.Replace('_', ' ')}.\n\n");
        foreach (MmluQuestion example in examples)
        {
            Append(text, example).Append(Letters[example.Answer]).Append("\n\n");
        }

        return Append(text, question).ToString();
    }

    private static StringBuilder Append(StringBuilder text, MmluQuestion question)
    {
        text.Append(question.Question.Trim()).Append('\n');
        for (int i = 0; i < question.Choices.Count; i++)
        {
            text.Append((char)('A' + i)).Append(". ").Append(question.Choices[i]).Append('\n');
        }

        return text.Append("Answer:");
    }
}
