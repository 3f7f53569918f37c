using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Mmlu;

namespace Fulcrum.Studies;

/// <summary>Mixes general examples into those of the task, so that training forgets less (rehearsal; Robins 1995,
/// Connection Science 7:123).</summary>
internal static class Replay
{
    private const int MostDrawn = 10_000_000;

    /// <summary>Returns all examples of the task, with the replayed examples spread evenly among them.</summary>
    /// <param name="random">Draws from the source. A source that is too small is used several times.</param>
    /// <param name="note">Called with the layout of the source; null for none.</param>
    /// <exception cref="InputException">The source is missing, empty or malformed, and is named; or the share needs
    /// more examples than can be held.</exception>
    public static IReadOnlyList<TrainingText> Into(
        IReadOnlyList<TrainingText> task,
        ReplayPlan plan,
        RandomStream random,
        Action<string>? note = null
    )
    {
        ExampleFile? file = Directory.Exists(plan.Source) ? null : ExampleFile.Open(plan.Source, new ExampleColumns());
        if (file is not null)
        {
            note?.Invoke($"replay: {file.Rows.Count} rows, {file.Format.Description}");
        }

        TrainingText[] source = [.. file is null ? Questions(plan.Source) : Texts(file)];
        if (source.Length == 0)
        {
            throw new InputException($"replay: {plan.Source} holds no example");
        }

        double wanted = Math.Round(task.Count * plan.Share / (1 - plan.Share));
        string share = string.Create(CultureInfo.InvariantCulture, $"{plan.Share}, {wanted:#,0} general examples");
        Wanted.That(wanted <= MostDrawn, "", "replay.share", share, "at most 10,000,000 of them");
        int count = Math.Max(1, (int)wanted);
        List<TrainingText> drawn = [];
        for (int pass = 0; drawn.Count < count; pass++)
        {
            drawn.AddRange(
                random
                    .Shuffled(source)
                    .Take(count - drawn.Count)
                    .Select(e => pass == 0 ? e : e with { Id = $"{e.Id}/pass/{pass}" })
            );
        }

        return Spread(task, drawn);
    }

    private static List<TrainingText> Spread(IReadOnlyList<TrainingText> task, List<TrainingText> replayed)
    {
        List<TrainingText> mixed = [];
        int next = 0;
        for (int i = 0; i < task.Count; i++)
        {
            mixed.Add(task[i]);
            int due = (int)((long)(i + 1) * replayed.Count / task.Count);
            mixed.AddRange(replayed[next..due]);
            next = due;
        }

        return mixed;
    }

    /// <summary>Returns MMLU's worked examples, prompted as the task prompts its questions, without examples before
    /// them.</summary>
    private static IEnumerable<TrainingText> Questions(string source)
    {
        MmluFolder folder = MmluFolder.Open(source);
        return folder
            .Subjects.SelectMany(folder.Dev)
            .Select(q => new TrainingText(
                $"replay/{q.Subject}/dev/{q.Index}",
                q.Subject,
                new Prompt.Text(MmluPrompt.Of(q, [])),
                MmluPrompt.Letters[q.Answer]
            ));
    }

    private static IEnumerable<TrainingText> Texts(ExampleFile file) =>
        file
            .Rows.Select(row => file.TrainingOf(row, $"replay/{row.Number}", "replay"))
            .Select(t =>
                t is { Conversation: null, Ids: null, Completion: "" }
                    ? throw t.Error("the completion is empty, so there is nothing to train on")
                    : t
            );
}
