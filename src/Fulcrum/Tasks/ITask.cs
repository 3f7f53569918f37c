using System.Text.Json.Nodes;
using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>A task: its items, how each item is asked, and how replies are graded.</summary>
public interface ITask
{
    /// <summary>The name of the answer file without its extension: <c>spider</c>, <c>mmlu</c>.</summary>
    string Name { get; }

    /// <summary>The accuracy of guessing, as a fraction; null if the task cannot be guessed (free text).</summary>
    double? ChanceAccuracy { get; }

    /// <summary>The items in a fixed order. Ids are unique and state where an item comes from (<c>dev/17</c>,
    /// <c>philosophy/test/3</c>).</summary>
    IReadOnlyList<Item> Items { get; }

    /// <summary>The members of a group, in the order of <see cref="Items"/>; empty for a task without
    /// members.</summary>
    internal IReadOnlyList<TaskMember> Members => [];

    /// <summary>All items of the task, also those that a part of it leaves out.</summary>
    IReadOnlyList<Item> AllItems => Items;

    /// <summary>Every setting of this task that can change a score (prompts, examples, semantics, versions), as sorted
    /// name-value pairs for the protocol hash.</summary>
    IReadOnlyDictionary<string, string> Protocol { get; }

    /// <summary>Returns the question that the model is asked for an item.</summary>
    Question Ask(Item item);

    /// <summary>Grades a reply. Thread-safe: several items are graded in parallel.</summary>
    Grade Grade(Item item, Reply reply);

    /// <summary>The figures of the whole task, and of its members and groups, from the answers to all items.</summary>
    /// <param name="answers">In the order of <see cref="Items"/>.</param>
    TaskFigures Figures(IReadOnlyList<Answer> answers) => TaskFigures.OfScores(Name, answers);

    /// <summary>Returns a reply that must be graded as correct; null if none is known.</summary>
    Reply? Gold(Item item) => null;

    /// <summary>Why no item has a reply that must be graded as right; null: items have one, otherwise their grading
    /// cannot be checked and the study stops.</summary>
    string? NoGold => null;

    /// <summary>Why no reply of the base counts as one in which no answer can be read; null: replies can.</summary>
    internal string? AlwaysReadable => null;

    /// <summary>Returns what makes the task's scores doubtful, a sentence each.</summary>
    /// <param name="answers">Null: before any item was asked.</param>
    internal IEnumerable<string> Doubts(IReadOnlyList<Answer>? answers) => DoubtsOf(Items, answers);

    /// <summary>Returns the same of some of the items: a part of the task is judged by what it asks.</summary>
    /// <inheritdoc cref="Doubts"/>
    /// <param name="asked">The items that are asked: all, or some of <see cref="AllItems"/>.</param>
    internal IEnumerable<string> DoubtsOf(IReadOnlyList<Item> asked, IReadOnlyList<Answer>? answers) => [];

    /// <summary>How the task's file is read, in one line; null: there is nothing to say.</summary>
    string? Layout => null;

    /// <summary>Returns the text that leaks an item if the training data contain it: its question with its options or
    /// its answer.</summary>
    string Content(Item item) => $"{item.Input}\n{item.Target}";
}

/// <summary>One item of a task.</summary>
/// <param name="Id">Where the item comes from; unique within the task.</param>
/// <param name="Cluster">Items that share a cluster are not independent (Spider's database, MMLU's subject).</param>
/// <param name="Group">The group of the item in the report (Spider's hardness, MMLU's category).</param>
/// <param name="Input">The question as text, for readers of the answers.</param>
/// <param name="Target">The reference answer as text: the gold query, the letter.</param>
/// <param name="Stem">The id of the question if it is asked in several forms, of which this item is one; null: one form
/// only.</param>
public sealed record Item(string Id, string Cluster, string Group, string Input, string Target, string? Stem = null)
{
    /// <summary>Whether the item is joined with another row of its file, which asks the same question.</summary>
    internal bool IsJoined { get; init; }
}

/// <summary>A task inside a group.</summary>
/// <param name="Name">Names its answer file: <c>mmlu_philosophy</c>.</param>
/// <param name="Prefix">Its items' ids begin with it and a slash: <c>philosophy</c>.</param>
/// <param name="Items">The number of its items.</param>
internal sealed record TaskMember(string Name, string Prefix, int Items);

/// <summary>A question to a model.</summary>
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

/// <summary>A reply to a <see cref="Question"/>, in its form.</summary>
public abstract record Reply
{
    /// <summary>The log-likelihood of every continuation of a <see cref="Question.Choose"/> or of
    /// <see cref="Question.Pairs"/>, in its order; of a <see cref="Question.Whole"/> text one.</summary>
    public sealed record Chosen(IReadOnlyList<ContinuationScore> Scores) : Reply;

    /// <summary>The text written after a <see cref="Question.Write"/>'s prompt, without end token and stop
    /// text.</summary>
    public sealed record Written(string Text, FinishReason Finish, int Tokens) : Reply;
}

/// <summary>The grade of one reply. An item that cannot be graded counts as unscored, never as incorrect.</summary>
/// <param name="Score">From 0 (incorrect) to 1 (correct); null: unscored.</param>
/// <param name="Prediction">The answer that was extracted from the reply: the query, the letter.</param>
/// <param name="Verdict">The kind of outcome, as one stable word: <c>correct</c>, <c>wrong-result</c>,
/// <c>syntax-error</c>, <c>unparsable</c>, ...</param>
/// <param name="Reason">An explanation as a sentence; null if the verdict needs none.</param>
/// <param name="Choice">The index of the chosen option in the data.</param>
/// <param name="Measures">Additional measures of the reply, by name (<c>docs/method.md</c>).</param>
/// <param name="Threshold">The score from which the item counts as a success; null: no threshold.</param>
/// <param name="Scores">Every metric of the task by name: one number, or the numbers of an item that a measure of the
/// whole corpus is computed from.</param>
/// <param name="Filtered">The output of each named filter; null: the task has no filters.</param>
/// <param name="Rule">The name of the extraction rule; null if the kind of task determines it.</param>
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
