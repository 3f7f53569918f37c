using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>Guards that check the data before anything is evaluated.</summary>
internal static class PreparationGuards
{
    /// <summary>Evaluates the reference answers, the completion tokens and the overlap.</summary>
    /// <param name="trainings">Every training with its data.</param>
    public static void Check(
        GuardLog log,
        Corpus data,
        PromptEncoding encoding,
        IReadOnlyList<GuardedTraining> trainings,
        Study study
    )
    {
        foreach (ITask benchmark in data.Tasks)
        {
            GoldAgainstGold(log, benchmark);
        }

        foreach (GuardedTraining training in trainings.DistinctBy(t => t.WhatGuardsSee))
        {
            CompletionTokens(log, training);
        }

        TrainingText[] texts = [.. Texts(data, study).Select(encoding.Readable)];
        string unknown = TrainedElsewhere(study);
        foreach ((ITask benchmark, TaskPlan plan) in data.Tasks.Zip(study.NamedTasks))
        {
            if (texts.Length == 0)
            {
                log.NotChecked(
                    GuardNames.TrainingOverlap,
                    benchmark.Name,
                    $"there are no training data to compare the items of {benchmark.Name} with. "
                        + "A study file can name them under trainingData"
                );
                continue;
            }

            Overlap(log, benchmark, texts, withinCluster: plan.LeaksWithinCluster(), unknown);
        }
    }

    // An adapter that was trained elsewhere may have been trained on other data than the study's.
    private static string TrainedElsewhere(Study study)
    {
        string[] elsewhere =
        [
            .. study
                .Candidates.Where(c =>
                    c.Value.Way
                        is CandidateWay.Adapter
                            or CandidateWay.Model
                            or CandidateWay.Gguf
                            or CandidateWay.Endpoint
                            or CandidateWay.Replies
                )
                .Select(c => c.Key),
        ];
        return elsewhere.Length == 0
            ? ""
            : $". Whether {string.Join(", ", elsewhere.Take(MostNamed))} "
                + $"{(elsewhere.Length > MostNamed ? $"and {elsewhere.Length - MostNamed} others " : "")}"
                + $"{(elsewhere.Length == 1 ? "was" : "were")} trained on these data cannot be checked";
    }

    private const int MostNamed = 4;

    /// <summary>Returns the examples of all trainings without repetition. Trainings may have different data.</summary>
    private static IEnumerable<TrainingText> Texts(Corpus data, Study study)
    {
        IReadOnlyList<TrainingText>[] sets =
        [
            .. study
                .Candidates.Values.Where(c => c.Way is CandidateWay.Train or CandidateWay.Command)
                .Select(c => data.TrainingOf(c).Texts)
                .DefaultIfEmpty(data.Training)
                .Distinct(),
        ];
        return sets.Length == 1
            ? sets[0]
            : sets.SelectMany(s => s)
                .DistinctBy(t =>
                    (
                        t.Id,
                        t.Completion,
                        t.Prompt is Prompt.Chat chat
                            ? string.Join('\0', chat.Messages.Select(m => m.Content))
                            : $"{t.Prompt}"
                    )
                );
    }

    /// <summary>Grades the reference answers. A reference answer that cannot be graded counts as unscored, not as
    /// incorrect.</summary>
    private static void GoldAgainstGold(GuardLog log, ITask benchmark)
    {
        Item[] items = [.. benchmark.Items.Where(i => benchmark.Gold(i) is not null)];
        if (items.Length == 0 && benchmark.NoGold is { } why)
        {
            log.NotApplicable(
                GuardNames.GoldAgainstGold,
                benchmark.Name,
                $"{benchmark.Name} has no reference reply that could be graded: {why}"
            );
            return;
        }

        if (items.Length == 0)
        {
            string none = $"{benchmark.Name} has no reference reply, so nothing shows that its grading can be met";
            log.Report(GuardNames.GoldAgainstGold, benchmark.Name, holds: false, none);
            return;
        }

        Grade[] grades = new Grade[items.Length];
        Parallel.For(0, items.Length, i => grades[i] = benchmark.Grade(items[i], benchmark.Gold(items[i])!));
        int[] wrong = [.. Enumerable.Range(0, items.Length).Where(i => grades[i].Score is not null and not 1)];
        int unscored = grades.Count(g => g.Score is null);
        string first =
            wrong.Length == 0
                ? ""
                : $"; the first is {items[wrong[0]].Id}: "
                    + $"{grades[wrong[0]].Verdict}{(grades[wrong[0]].Reason is { } reason ? $", {reason}" : "")}";
        log.Report(
            GuardNames.GoldAgainstGold,
            benchmark.Name,
            wrong.Length == 0 && unscored < items.Length,
            $"of {items.Length} reference answers of {benchmark.Name}, graded as replies, "
                + $"{wrong.Length} are incorrect and {unscored} cannot be scored{first}"
        );
    }

    private static void CompletionTokens(GuardLog log, GuardedTraining training)
    {
        (TrainPlan plan, _, IReadOnlyList<TrainingExample> examples) = training;
        int? most = plan.MaxTokens;
        int[] trained =
        [
            .. TrainingShape
                .Of(plan, examples)
                .Examples.Zip(examples, (cut, given) => given.Trained.Take(cut.Ids.Length).Count(t => t)),
        ];
        int empty = Array.FindIndex([.. training.Texts], IsEmpty),
            none = empty >= 0 ? empty : Array.FindIndex(trained, t => t == 0);
        int cut = most is { } limit && !plan.Truncate ? Array.FindIndex([.. examples], e => e.Ids.Length > limit) : -1;
        int left = trained.Count(t => t == 0);
        string seen =
            trained.Length == 0
                ? "there are no training examples"
                : $"{trained.Length} training examples have {trained.Min()} to {trained.Max()} trained tokens";
        string what =
            none >= 0
                ? $"the training example {examples[none].Id} has nothing to be trained on: its completion is "
                    + $"{(empty >= 0 ? "empty" : $"cut off, as those of {left} of {trained.Length} examples")}"
            : cut >= 0
                ? $"the training example {examples[cut].Id} has {examples[cut].Ids.Length} tokens, more than "
                    + $"maxTokens {most}, so its completion would be cut"
            : seen;
        log.Report(GuardNames.CompletionTokens, null, trained.Length > 0 && none < 0 && cut < 0, what);
    }

    private static bool IsEmpty(TrainingText text) =>
        text is { Conversation: null, Ids: null } && string.IsNullOrWhiteSpace(text.Completion);

    private static void Overlap(
        GuardLog log,
        ITask benchmark,
        IReadOnlyList<TrainingText> training,
        bool withinCluster,
        string unknown
    )
    {
        Overlap[] found = [.. TrainingOverlap.Find(benchmark, training, withinCluster)];
        string first =
            found.Length == 0
                ? ""
                : $"; the first is {found[0].Item}, which is "
                    + (found[0].Exact ? "the same as " : $"{found[0].Share * 100:0}% contained in ")
                    + found[0].Example;
        log.Report(
            GuardNames.TrainingOverlap,
            benchmark.Name,
            found.Length <= TrainingOverlap.MostItems * benchmark.Items.Count,
            $"{found.Count(f => f.Exact)} of {benchmark.Items.Count} items of {benchmark.Name} stand in the "
                + $"training data and {found.Count(f => !f.Exact)} nearly do{first}"
                + unknown
        );
    }
}

/// <summary>One training with its data.</summary>
/// <param name="Examples">The texts as tokens, in their order.</param>
internal sealed record GuardedTraining(
    TrainPlan Plan,
    IReadOnlyList<TrainingText> Texts,
    IReadOnlyList<TrainingExample> Examples
)
{
    /// <summary>The properties of the training that guards check. Many trainings of a sweep have the same, so they are
    /// checked once.</summary>
    public (IReadOnlyList<TrainingText>, int?, bool, LossTokens) WhatGuardsSee =>
        (Texts, Plan.MaxTokens, Plan.Truncate, Plan.Loss);
}
