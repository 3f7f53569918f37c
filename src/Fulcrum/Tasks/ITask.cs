using System.Text.Json.Nodes;
using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>A benchmark is items, a way to ask each of them, and a way to grade what came back.</summary>
public interface ITask
{
    /// <summary>The name of its answer file, without ending: <c>spider</c>, <c>mmlu</c>.</summary>
    string Name { get; }

    /// <summary>The accuracy of guessing, as a fraction; null where guessing is not a thing (free text).</summary>
    double? ChanceAccuracy { get; }

    /// <summary>The items in their fixed order; ids are unique and say where the item comes from (<c>dev/17</c>,
    /// <c>philosophy/test/3</c>).</summary>
    IReadOnlyList<Item> Items { get; }

    /// <summary>The members of a group, in the order of <see cref="Items"/>; empty for a task without
    /// members.</summary>
    IReadOnlyList<TaskMember> Members => [];

    /// <summary>Everything of this benchmark that can change a score (prompts, shots, semantics, versions), as sorted
    /// name-value pairs for the protocol hash.</summary>
    IReadOnlyDictionary<string, string> Protocol { get; }

    /// <summary>The question that the model gets for an item.</summary>
    Question Ask(Item item);

    /// <summary>The grade of a reply. Thread-safe: several items are graded at once.</summary>
    Grade Grade(Item item, Reply reply);

    /// <summary>The figures of the whole task, and of its members and groups, from the answers to all items.</summary>
    /// <param name="answers">In the order of <see cref="Items"/>.</param>
    TaskFigures Figures(IReadOnlyList<Answer> answers) => TaskFigures.OfScores(Name, answers);

    /// <summary>A reply that must be graded as right; null where the benchmark knows none.</summary>
    Reply? Gold(Item item) => null;

    /// <summary>What would give an item away if it stood in the training data: its question, with its options or its
    /// answer.</summary>
    string Content(Item item) => $"{item.Input}\n{item.Target}";
}

/// <summary>One item of a benchmark.</summary>
/// <param name="Id">Where the item comes from; unique within the benchmark.</param>
/// <param name="Cluster">Items that share a cluster are not independent (Spider's database, MMLU's subject).</param>
/// <param name="Group">What the report breaks the score down by (Spider's hardness, MMLU's category).</param>
/// <param name="Input">The question in words, for people who read the answers.</param>
/// <param name="Target">The gold answer as text: the gold SQL, the letter.</param>
/// <param name="Stem">The question that this item is one form of, where one question is asked in several forms; null:
/// it stands for itself.</param>
public sealed record Item(string Id, string Cluster, string Group, string Input, string Target, string? Stem = null);

/// <summary>A task inside a group.</summary>
/// <param name="Name">Names its answer file: <c>mmlu_philosophy</c>.</param>
/// <param name="Prefix">Its items' ids begin with it and a slash: <c>philosophy</c>.</param>
/// <param name="Items">The number of its items.</param>
public sealed record TaskMember(string Name, string Prefix, int Items);

/// <summary>What a model is asked.</summary>
public abstract record Question(Prompt Prompt)
{
    /// <summary>Which of these continuations is the most likely?</summary>
    public sealed record Choose(Prompt Prompt, IReadOnlyList<string> Continuations) : Question(Prompt);

    /// <summary>Write on, greedily unless <paramref name="Sampling"/> says otherwise, until an end token, a stop text
    /// or the limit.</summary>
    public sealed record Write(Prompt Prompt, int MaxNewTokens, IReadOnlyList<string> Stops, Sampling? Sampling = null)
        : Question(Prompt);

    /// <summary>How likely is each continuation after its own prompt? Encoded as pairs of texts.</summary>
    public sealed record Pairs(IReadOnlyList<(Prompt Prompt, string Continuation)> Requests)
        : Question(Requests[0].Prompt);

    /// <summary>How likely is a whole text, read in windows of the model's context?</summary>
    public sealed record Whole(string Text) : Question(new Prompt.Text(""));

    /// <summary>Write on, greedily, in lm-evaluation-harness' way: of a prompt that is too long the end is kept,
    /// special tokens are left out of the text, and white space stays.</summary>
    /// <param name="Copies">How often the greedy reply is repeated for the grader: the task's <c>repeats</c>.</param>
    public sealed record Continue(Prompt Prompt, int MaxNewTokens, IReadOnlyList<string> Stops, int Copies = 1)
        : Question(Prompt);
}

/// <summary>What came back, in the form of the <see cref="Question"/>.</summary>
public abstract record Reply
{
    /// <summary>The log-likelihood of every continuation of a <see cref="Question.Choose"/> or of
    /// <see cref="Question.Pairs"/>, in its order; of a <see cref="Question.Whole"/> text one.</summary>
    public sealed record Chosen(IReadOnlyList<ContinuationScore> Scores) : Reply;

    /// <summary>The text written after a <see cref="Question.Write"/>'s prompt, without end token and stop
    /// text.</summary>
    public sealed record Written(string Text, FinishReason Finish, int Tokens) : Reply;
}

/// <summary>The verdict on one reply. An item that cannot be graded is counted as unscored, never as wrong.</summary>
/// <param name="Score">From 0 (wrong) to 1 (right); null: not scorable.</param>
/// <param name="Prediction">What the reply was read as: the extracted SQL, the letter.</param>
/// <param name="Verdict">One stable word for the kind of outcome: <c>correct</c>, <c>wrong-result</c>,
/// <c>syntax-error</c>, <c>unparsable</c>, ...</param>
/// <param name="Reason">A sentence for people; null where the verdict says it all.</param>
/// <param name="Choice">The option that was chosen, by its place in the data.</param>
/// <param name="Measures">Further numbers about the reply, by name; what they mean stands in
/// <c>docs/method.md</c>.</param>
/// <param name="Threshold">The score from which the item counts as a success; null: grades are asked for without
/// one.</param>
/// <param name="Scores">Every metric of the task by name: one number, or the numbers of an item that a measure of the
/// whole corpus is computed from.</param>
/// <param name="Filtered">What each named filter made of the reply; null: the task has no filters.</param>
/// <param name="Rule">The name of the rule by which the reply was read; null where the task's kind says it.</param>
public sealed record Grade(
    double? Score,
    string Prediction,
    string Verdict,
    string? Reason = null,
    int? Choice = null,
    IReadOnlyDictionary<string, double>? Measures = null,
    double? Threshold = null,
    IReadOnlyDictionary<string, double[]>? Scores = null,
    JsonObject? Filtered = null,
    string? Rule = null
);
