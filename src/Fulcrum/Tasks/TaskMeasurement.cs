using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>Measures a task without a study: an answer file for the whole, one for each member, and the
/// figures.</summary>
/// <param name="folder">The folder of the answer files.</param>
internal sealed class TaskMeasurement(ILanguageModel model, PromptEncoding encoding, string folder)
{
    private readonly Evaluator evaluator = new(model, encoding);

    /// <summary>Checks that the model can answer every item, before any is asked.</summary>
    /// <exception cref="InputException">The model cannot answer; names the task.</exception>
    public void Prepare(ITask task, CancellationToken cancellation = default) => evaluator.Prepare(task, cancellation);

    /// <summary>Asks every item and writes <c>NAME.jsonl</c>, for a group also <c>MEMBER.jsonl</c>.</summary>
    /// <param name="completed">Called with the number of items so far.</param>
    /// <returns>The figures of the task, its members and its groups.</returns>
    /// <exception cref="InputException">An item cannot be asked or graded; names it.</exception>
    public TaskFigures Run(ITask task, Action<int>? completed = null, CancellationToken cancellation = default)
    {
        List<Answer> answers = [];
        foreach (Item[] items in task.Items.Chunk(Evaluator.Portion))
        {
            int before = answers.Count;
            answers.AddRange(evaluator.Answers(task, items, null, n => completed?.Invoke(before + n), cancellation));
        }

        int first = 0;
        foreach (TaskMember member in task.Members)
        {
            Write(
                member.Name,
                answers.Skip(first).Take(member.Items).Select(a => a with { Id = a.Id[(member.Prefix.Length + 1)..] })
            );
            first += member.Items;
        }

        Write(task.Name, answers);
        return task.Figures(answers);
    }

    /// <summary>Reads the answers back that <see cref="Run"/> wrote, in the order of the items.</summary>
    public IReadOnlyList<Answer> Answers(ITask task) => AnswerFile.Read(PathOf(task.Name));

    /// <summary>Returns figures as the JSON of <c>measure.json</c>.</summary>
    public static JsonObject ToJson(TaskFigures figures) =>
        new(
            figures.Select(f =>
                KeyValuePair.Create(
                    f.Key,
                    (JsonNode?)
                        new JsonObject(f.Value.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)ToJson(m.Value))))
                )
            )
        );

    private static JsonObject ToJson(MeasuredValue value) =>
        new()
        {
            ["value"] = double.IsFinite(value.Value) ? value.Value : null,
            ["standard_error"] = value.StandardError is { } e && double.IsFinite(e) ? e : null,
        };

    private void Write(string name, IEnumerable<Answer> answers) =>
        AtomicFile.WriteText(PathOf(name), AnswerFile.Print(answers));

    private string PathOf(string name) => Path.Combine(folder, name + ".jsonl");
}
