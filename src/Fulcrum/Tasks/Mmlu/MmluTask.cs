using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Choice;

namespace Fulcrum.Tasks.Mmlu;

/// <summary>MMLU's questions as a multiple-choice benchmark.</summary>
internal static class MmluTask
{
    /// <summary>Opens the benchmark of a plan; the plan's folder is absolute.</summary>
    /// <param name="decoding">Of the readings that let the model write; greedy when null.</param>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static ChoiceTask Open(MmluPlan plan, int seed, Decoding? decoding = null)
    {
        MmluFolder folder = MmluFolder.Open(plan.Data);
        ChoiceSettings settings = new(
            plan.Reading,
            plan.Prompt,
            plan.Rotations,
            plan.MaxNewTokens,
            decoding ?? Decoding.Greedy,
            plan.Threshold
        );
        Dictionary<string, IReadOnlyList<ChoiceQuestion>> shots = new(StringComparer.Ordinal);
        List<ChoiceQuestion> questions = [];
        foreach (string subject in plan.Subjects ?? folder.Subjects)
        {
            if (!folder.Subjects.Contains(subject))
            {
                throw new InputException($"{plan.Name}: there is no subject '{subject}' in {plan.Data}");
            }

            shots[subject] = plan.Fewshot == 0 ? [] : ShotsOf(plan, folder, subject);
            questions.AddRange(
                Sample(folder.Test(subject), plan.ItemsPerSubject, RandomStream.For(seed, $"items of mmlu/{subject}"))
                    .Select(q => QuestionOf(q, "test"))
            );
        }

        IReadOnlyList<ChoiceQuestion> chosen = StratifiedSample.Of(
            questions,
            q => q.Cluster,
            plan.Items,
            RandomStream.For(seed, $"items of {plan.Name}")
        );
        string Heading(ChoiceQuestion q) =>
            settings.Reading.ShowsOptions() ? MmluPrompt.Heading(q.Cluster) : MmluPrompt.ClozeHeading(q.Cluster);
        return new ChoiceTask(plan.Name, settings, chosen, Heading, q => shots[q.Cluster], plan.Fewshot);
    }

    private static ChoiceQuestion QuestionOf(MmluQuestion q, string split) =>
        new($"{q.Subject}/{split}/{q.Index}", q.Subject, MmluCategories.Of(q.Subject), q.Question, q.Choices, q.Answer);

    private static ChoiceQuestion[] ShotsOf(MmluPlan plan, MmluFolder folder, string subject)
    {
        IReadOnlyList<MmluQuestion> dev = folder.Dev(subject);
        return dev.Count >= plan.Fewshot
            ? [.. dev.Take(plan.Fewshot).Select(q => QuestionOf(q, "dev"))]
            : throw new InputException(
                $"{plan.Name}: {subject} has {dev.Count} worked examples, fewer than {plan.Fewshot}"
            );
    }

    private static IEnumerable<MmluQuestion> Sample(IReadOnlyList<MmluQuestion> all, int? count, RandomStream random) =>
        count is null || count >= all.Count ? all : random.Shuffled(all).Take(count.Value).OrderBy(q => q.Index);
}
