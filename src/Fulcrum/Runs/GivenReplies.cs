using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Grades replies of another system, by the same task and the same code as those of a model.</summary>
internal static class GivenReplies
{
    private const long LargestFile = 1 << 29;
    private static readonly HashSet<string> Fields = ["reply", "log_likelihoods"];

    /// <summary>Grades the replies of a candidate and writes its answer files.</summary>
    /// <param name="extents">By task, how far it is measured; null: completely.</param>
    /// <returns>The files written, relative to the run.</returns>
    /// <exception cref="InputException">An id is missing, unknown or repeated, or a reply has not the form of its
    /// question; names file and line.</exception>
    public static IReadOnlyList<string> Measure(
        CandidatePlan plan,
        RunLayout run,
        string place,
        Corpus data,
        IReadOnlyDictionary<string, Extent>? extents = null
    )
    {
        List<string> written = [];
        foreach ((string task, Answer[] answers) in Grade(plan, data))
        {
            int count = extents?[task].Items ?? answers.Length;
            AtomicFile.WriteText(run.Answers(place, task), AnswerFile.Print(answers[..count]));
            written.Add($"{place}/{task}.jsonl");
        }

        return written;
    }

    /// <summary>Grades the replies of a candidate, writes its answer files and warns of what is doubtful about
    /// them.</summary>
    /// <inheritdoc cref="Measure"/>
    public static IReadOnlyList<string> MeasureCandidate(
        Study study,
        string name,
        RunLayout run,
        Corpus data,
        IReadOnlyDictionary<string, Extent>? extents,
        Action<RunEvent> report
    )
    {
        IReadOnlyList<string> written = Measure(study.Candidates[name], run, RunLayout.Candidate(name), data, extents);
        AnswerWarnings.OfGiven(report, study, name, data, run);
        return written;
    }

    /// <summary>Grades the replies of a candidate.</summary>
    /// <returns>By task, the answers in the order of its items.</returns>
    /// <exception cref="InputException">As for <see cref="Measure"/>.</exception>
    public static IReadOnlyDictionary<string, Answer[]> Grade(CandidatePlan plan, Corpus data) =>
        data.Tasks.ToDictionary(t => t.Name, t => Grade(t, plan.Replies![t.Name]), StringComparer.Ordinal);

    private static Answer[] Grade(ITask task, string file)
    {
        Dictionary<string, Reply> replies = Read(file, task);
        Item? missing = task.Items.FirstOrDefault(i => !replies.ContainsKey(i.Id));
        if (missing is not null)
        {
            throw new InputException($"{file}: there is no reply to the item '{missing.Id}' of {task.Name}");
        }

        Answer[] answers = new Answer[task.Items.Count];
        Parallel.For(
            0,
            answers.Length,
            i => answers[i] = Evaluator.Graded(task, task.Items[i], replies[task.Items[i].Id])
        );
        return answers;
    }

    private static Dictionary<string, Reply> Read(string file, ITask task)
    {
        Dictionary<string, Item> items = task.AllItems.ToDictionary(i => i.Id, StringComparer.Ordinal);
        Dictionary<string, Reply> replies = new(StringComparer.Ordinal);
        foreach (JsonLine line in JsonLines.Read(file, Fields, LargestFile))
        {
            string id = line.Value["id"]?.ToString() ?? throw line.Error("there is no id");
            Item item = items.TryGetValue(id, out Item? known)
                ? known
                : throw line.Error($"{task.Name} has no item '{Printable.Short(id)}'");
            if (!replies.TryAdd(id, ReplyOf(line, task.Ask(item))))
            {
                throw line.Error($"the id '{Printable.Short(id)}' occurs a second time");
            }
        }

        return replies;
    }

    private static Reply ReplyOf(JsonLine line, Question question)
    {
        int? scored = question switch
        {
            Question.Choose choose => choose.Continuations.Count,
            Question.Pairs pairs => pairs.Requests.Count,
            Question.Whole => 1,
            _ => null,
        };
        if (scored is { } count)
        {
            double[] values = Numbers(line);
            return values.Length == count
                ? new Reply.Chosen([.. values.Select(v => new ContinuationScore(v, false, 0))])
                : throw line.Error($"{values.Length} log_likelihoods for {count} continuations");
        }

        return line.Value["reply"] is JsonValue reply && reply.TryGetValue(out string? text)
            ? new Reply.Written(text, FinishReason.Stop, 0)
            : throw line.Error("there is no text 'reply'");
    }

    private static double[] Numbers(JsonLine line)
    {
        if (line.Value["log_likelihoods"] is not JsonArray array)
        {
            throw line.Error("there is no list 'log_likelihoods'");
        }

        return
        [
            .. array.Select(n =>
                n is JsonValue v && v.TryGetValue(out double number) && !double.IsNaN(number)
                    ? number
                    : throw line.Error("'log_likelihoods' must hold numbers")
            ),
        ];
    }
}
