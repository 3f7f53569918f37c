using System.Text;

namespace Fulcrum.Tasks.Choice;

/// <summary>The text of a multiple-choice question after worked examples, with its options listed by letter or
/// without them.</summary>
internal static class ChoicePrompt
{
    /// <summary>The letter of an option.</summary>
    public static string Letter(int option) => ((char)('A' + option)).ToString();

    /// <summary>Options listed; the examples end in their letter. With MMLU's heading it is lm-evaluation-harness'
    /// prompt, letter for letter.</summary>
    public static string Listed(
        string heading,
        IEnumerable<(string Text, IReadOnlyList<string> Options, int Answer)> examples,
        string question,
        IReadOnlyList<string> options
    )
    {
        StringBuilder text = new(heading);
        foreach ((string example, IReadOnlyList<string> offered, int answer) in examples)
        {
            Append(text, example, offered).Append(' ').Append(Letter(answer)).Append("\n\n");
        }

        return Append(text, question, options).ToString();
    }

    /// <summary>Options not shown; the examples end in the text of the right one.</summary>
    public static string Cloze(
        string heading,
        IEnumerable<(string Text, IReadOnlyList<string> Options, int Answer)> examples,
        string question
    )
    {
        StringBuilder text = new(heading);
        foreach ((string example, IReadOnlyList<string> offered, int answer) in examples)
        {
            text.Append(example.Trim()).Append("\nAnswer: ").Append(offered[answer].Trim()).Append("\n\n");
        }

        return text.Append(question.Trim()).Append("\nAnswer:").ToString();
    }

    private static StringBuilder Append(StringBuilder text, string question, IReadOnlyList<string> options)
    {
        text.Append(question.Trim()).Append('\n');
        for (int i = 0; i < options.Count; i++)
        {
            text.Append(Letter(i)).Append(". ").Append(options[i]).Append('\n');
        }

        return text.Append("Answer:");
    }
}
