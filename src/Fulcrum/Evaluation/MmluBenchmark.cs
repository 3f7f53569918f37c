using Fulcrum.Data;
using Fulcrum.Prompts;

namespace Fulcrum.Evaluation;

/// <summary>MMLU by the log-likelihood of the four letters.</summary>
public sealed class MmluBenchmark : IBenchmark
{
    private readonly MmluPlan plan;
    private readonly Dictionary<string, MmluQuestion> questions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<MmluQuestion>> shots = new(StringComparer.Ordinal);

    private MmluBenchmark(MmluPlan plan, MmluFolder folder, int seed)
    {
        this.plan = plan;
        List<Item> items = [];
        foreach (string subject in plan.Subjects ?? folder.Subjects)
        {
            if (!folder.Subjects.Contains(subject))
            {
                throw new InputException($"{plan.Name}: there is no subject '{subject}' in {plan.Folder}");
            }

            shots[subject] = plan.Shots == 0 ? [] : ShotsOf(folder, subject);
            foreach (MmluQuestion question in Sample(folder.Test(subject), plan.ItemsPerSubject, RandomStream.For(seed, $"items of {plan.Name}/{subject}")))
            {
                string id = $"{subject}/test/{question.Index}";
                questions[id] = question;
                items.Add(new Item(id, subject, MmluCategories.Of(subject), question.Question, MmluPrompt.Letters[question.Answer].Trim()));
            }
        }

        Items = items;
    }

    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <inheritdoc/>
    public double? ChanceAccuracy => 0.25;

    /// <inheritdoc/>
    public IReadOnlyList<Item> Items { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string> { ["reading"] = "letter log-likelihood", ["shots"] = $"{plan.Shots}" };

    /// <summary>Opens the benchmark of a plan; the plan's folder is absolute.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static MmluBenchmark Open(MmluPlan plan, int seed) => new(plan, MmluFolder.Open(plan.Folder), seed);

    /// <inheritdoc/>
    public Question Ask(Item item) => new Question.Choose(new Prompt.Text(MmluPrompt.Of(questions[item.Id], shots[item.Cluster])), MmluPrompt.Letters);

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply)
    {
        IReadOnlyList<ContinuationScore> scores = ((Reply.Chosen)reply).Scores;
        int best = Enumerable.Range(0, scores.Count).MaxBy(i => scores[i].LogLikelihood);
        string letter = MmluPrompt.Letters[best].Trim();
        return letter == item.Target ? new Grade(1, letter, "correct") : new Grade(0, letter, "wrong");
    }

    private IReadOnlyList<MmluQuestion> ShotsOf(MmluFolder folder, string subject)
    {
        IReadOnlyList<MmluQuestion> dev = folder.Dev(subject);
        return dev.Count >= plan.Shots ? [.. dev.Take(plan.Shots)] : throw new InputException($"{plan.Name}: {subject} has {dev.Count} worked examples, fewer than {plan.Shots}");
    }

    private static IEnumerable<MmluQuestion> Sample(IReadOnlyList<MmluQuestion> all, int? count, RandomStream random) =>
        count is null || count >= all.Count ? all : random.Shuffled(all).Take(count.Value).OrderBy(q => q.Index);
}
