using Fulcrum.Models;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>One turn of a prompt. It becomes part of a text, or a message.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Delimiter">The text after the turn if the prompt is one text.</param>
internal sealed record HarnessTurn(string Role, string Content, string Delimiter = "")
{
    /// <summary>Question, answer and the text between them.</summary>
    /// <param name="answer">Null for the question that is asked.</param>
    public static IEnumerable<HarnessTurn> Of(
        string question,
        string? answer,
        string? prefix,
        string targetDelimiter,
        string exampleDelimiter
    )
    {
        bool answered = !string.IsNullOrEmpty(answer),
            prefixed = !string.IsNullOrEmpty(prefix);
        bool joint = prefixed
            ? question.Length > 0 && !PythonText.IsSpace(question[^1]) && !PythonText.IsSpace(prefix![0])
            : answered;
        yield return new HarnessTurn("user", question, joint ? targetDelimiter : "");
        if (answered)
        {
            yield return new HarnessTurn("assistant", PythonText.Joined(prefix, answer, " "), exampleDelimiter);
        }
        else if (prefixed)
        {
            yield return new HarnessTurn("assistant", prefix!);
        }
    }

    /// <summary>All turns as one text.</summary>
    public static string Plain(IEnumerable<HarnessTurn> turns) =>
        string.Concat(turns.Select(t => t.Content + t.Delimiter));

    /// <summary>The turns as messages of a conversation.</summary>
    /// <param name="separate">True: each turn is a message. False: all turns except the system turn and the beginning
    /// of the reply form one user message.</param>
    public static IReadOnlyList<Message> Messages(IReadOnlyList<HarnessTurn> turns, bool separate)
    {
        if (separate)
        {
            return [.. turns.Select(t => new Message(t.Role, t.Content))];
        }

        HarnessTurn[] system = [.. turns.TakeWhile(t => t.Role == "system")],
            rest = [.. turns.Skip(system.Length)];
        HarnessTurn? begun = rest[^1].Role == "assistant" ? rest[^1] : null;
        HarnessTurn[] asked = begun is null ? rest : rest[..^1];
        string text = Plain(asked[..^1]) + asked[^1].Content;
        return
        [
            .. system.Select(t => new Message("system", t.Content)),
            new Message("user", text),
            .. begun is null ? [] : new[] { new Message("assistant", begun.Content) },
        ];
    }
}
