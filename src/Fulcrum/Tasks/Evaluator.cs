using System.Diagnostics;
using System.Text.RegularExpressions;
using Fulcrum.Models;
using Fulcrum.Observability;
using Fulcrum.Tasks.Grading;

namespace Fulcrum.Tasks;

/// <summary>Asks a model every item of a task and writes one answer per line. Base and candidates are measured by this
/// code only.</summary>
/// <remarks>
/// Items are processed in portions of fixed size and order, and the answers of a portion are written together. An
/// interrupted measurement resumes at the first missing portion, so its results and batches equal those of an
/// uninterrupted one.
/// </remarks>
internal sealed class Evaluator(ILanguageModel model, PromptEncoding encoding, int portion = Evaluator.Portion)
{
    /// <summary>Items of one portion: large enough to share prefixes, small enough that an interruption costs
    /// minutes.</summary>
    public const int Portion = 256;

    /// <summary>Checks that the model can answer every item of a task, before any is asked.</summary>
    /// <returns>How the model will be asked: names and values for the protocol.</returns>
    /// <exception cref="InputException">The model cannot answer; names the task.</exception>
    public IReadOnlyDictionary<string, string> Prepare(ITask task, CancellationToken cancellation = default)
    {
        QuestionRunner runner = new(model, encoding);
        IEnumerable<T> Requests<T>(Func<Question, IReadOnlyList<T>> of) =>
            task.Items.SelectMany(item => Named(item, () => of(task.Ask(item))));
        try
        {
            return model.Prepare(Requests(runner.ScoreRequests), Requests(runner.CompletionRequests), cancellation);
        }
        catch (FulcrumException e) when (e.ExitCode == 2)
        {
            throw new InputException($"task {task.Name}: {e.Message}", e);
        }
    }

    private Reply[] Replies(
        ITask task,
        Item[] items,
        Question[] questions,
        Action<int> answered,
        CancellationToken cancellation
    )
    {
        QuestionRunner runner = new(model, encoding);
        try
        {
            return runner.Run(questions, answered, cancellation);
        }
        catch (RequestException e)
        {
            throw e.At($"task {task.Name}: item {items[e.Request].Id}");
        }
        catch (InputException)
        {
            // Encoding the questions again finds the item at fault.
            for (int i = 0; i < items.Length; i++)
            {
                Question question = questions[i];
                _ = Named(items[i], () => runner.ScoreRequests(question));
                _ = Named(items[i], () => runner.CompletionRequests(question));
            }

            throw;
        }
    }

    private static T Named<T>(Item item, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (InputException e)
        {
            throw new InputException($"item {item.Id}: {e.Message}", e);
        }
    }

    /// <summary>Measures a task. The file gets its final name when it is complete. Valid answers from an earlier,
    /// interrupted measurement are kept.</summary>
    /// <param name="path">The answer file.</param>
    /// <param name="protocolHash">Is stored in every answer.</param>
    /// <param name="answered">Called with the number of answers so far.</param>
    public void Measure(
        ITask benchmark,
        string path,
        string protocolHash,
        Action<int>? answered = null,
        CancellationToken cancellation = default
    )
    {
        Extent whole = Extent.Whole(benchmark.Items.Count, portion);
        _ = Measure(benchmark, path, protocolHash, whole, answered, cancellation);
    }

    /// <summary>Measures the first items of a task.</summary>
    /// <returns>The number of answers that the file holds: at least those that were asked for.</returns>
    internal int Measure(
        ITask benchmark,
        string path,
        string protocolHash,
        Extent extent,
        Action<int>? answered = null,
        CancellationToken cancellation = default
    )
    {
        using Activity? span = Telemetry.Begin("measure", "fulcrum.benchmark", benchmark.Name);
        using GrowingAnswers file = new(path, benchmark.Items, protocolHash, extent.BatchEnds);
        answered?.Invoke(file.Done);
        while (file.Done < extent.Items)
        {
            int before = file.Done;
            Item[] items = [.. benchmark.Items.Take(extent.BatchEnds.First(e => e > before)).Skip(before)];
            file.Append(Answers(benchmark, items, protocolHash, n => answered?.Invoke(before + n), cancellation));
            Telemetry.Kept(benchmark.Name, items.Length);
        }

        if (extent.Last)
        {
            file.Complete();
        }

        return file.Done;
    }

    /// <summary>Returns the answers to items that are asked together.</summary>
    internal IReadOnlyList<Answer> Answers(
        ITask benchmark,
        Item[] items,
        string? protocolHash,
        Action<int> answered,
        CancellationToken cancellation
    )
    {
        Question[] questions = [.. items.Select(benchmark.Ask)];
        Reply[] replies = Replies(benchmark, items, questions, answered, cancellation);
        Answer[] answers = new Answer[items.Length];
        Parallel.For(
            0,
            items.Length,
            i =>
                answers[i] = AnswerOf(benchmark, items[i], replies[i]) with
                {
                    Protocol = protocolHash,
                    Requests = RequestsOf(questions[i]),
                    Copies = questions[i] is Question.Continue { Copies: var copies } ? copies : 1,
                }
        );
        return answers;
    }

    // A reply on which a pattern exceeds its time limit is unscored, because it was not graded.
    private static Grade GradeOf(ITask task, Item item, Reply reply)
    {
        try
        {
            return task.Grade(item, reply);
        }
        catch (RegexMatchTimeoutException)
        {
            return new Grade(null, "", ReplyGrade.Unscored, ReplyGrade.TooSlow);
        }
    }

    /// <summary>Returns the graded answer to a reply that was given elsewhere.</summary>
    internal static Answer Graded(ITask task, Item item, Reply reply) =>
        AnswerOf(task, item, reply) with
        {
            Protocol = "",
            // Log-likelihoods that were given elsewhere do not say whether they are greedy.
            Greedy = null,
        };

    private string[][] RequestsOf(Question question) =>
        question switch
        {
            Question.Pairs pairs =>
            [
                .. pairs.Requests.Select(r => (string[])[encoding.Render(r.Prompt), r.Continuation]),
            ],
            Question.Choose choose when encoding.Render(choose.Prompt) is var prompt =>
            [
                .. choose.Continuations.Select(c => (string[])[prompt, c]),
            ],
            Question.Whole whole =>
            [
                ["", whole.Text],
            ],
            _ =>
            [
                [encoding.Render(question.Prompt), ""],
            ],
        };

    private static Answer AnswerOf(ITask task, Item item, Reply reply)
    {
        Grade grade = GradeOf(task, item, reply);
        return new Answer(
            item.Id,
            item.Cluster,
            item.Group,
            grade.Score,
            grade.Prediction,
            item.Target,
            grade.Verdict,
            grade.Reason,
            item.Input,
            (reply as Reply.Written)?.Text,
            (reply as Reply.Chosen)?.Scores.Select(s => s.LogLikelihood).ToArray(),
            (reply as Reply.Written)?.Tokens,
            null,
            item.Stem,
            grade.Choice,
            grade.Measures,
            grade.Threshold,
            grade.Threshold is { } least ? grade.Score >= least : null,
            (reply as Reply.Written)?.Finish switch
            {
                FinishReason.Stop => "stop",
                FinishReason.Length => "length",
                _ => null,
            },
            null,
            (reply as Reply.Chosen)?.Scores.Select(s => s.Greedy).ToArray(),
            grade.Scores,
            grade.Filtered,
            grade.Rule,
            Chance: task.ChanceAccuracy
        );
    }
}

/// <summary>How far a task is measured.</summary>
/// <param name="Items">The number of items that are asked at least, from the first on: the end of a batch.</param>
/// <param name="BatchEnds">After how many items each batch ends, rising to all items.</param>
/// <param name="Last">Whether no more items will be asked, so that the file gets its final name.</param>
internal sealed record Extent(int Items, IReadOnlyList<int> BatchEnds, bool Last)
{
    /// <summary>Returns the extent of all items, in batches of equal size.</summary>
    public static Extent Whole(int items, int batch = Evaluator.Portion) =>
        new(items, [.. Enumerable.Range(1, items / batch).Select(i => i * batch).Append(items).Distinct()], Last: true);
}
