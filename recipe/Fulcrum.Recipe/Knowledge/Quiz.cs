using Fulcrum.Statistics;
using Fulcrum.Tasks.Mmlu;

namespace Fulcrum.Recipe.Knowledge;

/// <summary>Multiple-choice questions about the facts, in MMLU's form, and which of them are kept for the
/// test.</summary>
internal sealed class Quiz
{
    /// <summary>Worked examples of a subject's <c>dev</c> file.</summary>
    public const int Shots = 5;

    private readonly Dictionary<string, string[]> values = [];

    /// <param name="seed">Decides which half of the facts is asked in the test and which half in the pretraining
    /// text.</param>
    public Quiz(int seed)
    {
        foreach (Relation relation in World.Relations)
        {
            values[relation.Key] = [.. relation.All.Select(f => f.Y).Distinct()];
            Fact[] order = RandomStream.For(seed, $"test facts of {relation.Key}").Shuffled(relation.All);
            int kept = (order.Length + 1) / 2;
            Tested.AddRange(order[..kept].Select(f => (relation, f)));
            Asked.AddRange(order[kept..].Select(f => (relation, f)));
        }
    }

    /// <summary>Facts that the pretraining text states and never asks.</summary>
    public List<(Relation Relation, Fact Fact)> Tested { get; } = [];

    /// <summary>Facts that the pretraining text states and asks.</summary>
    public List<(Relation Relation, Fact Fact)> Asked { get; } = [];

    /// <summary>The subjects, in alphabetical order.</summary>
    public static IReadOnlyList<string> Subjects { get; } =
    [.. World.Relations.Select(r => r.Subject).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>A question about a fact, with wrong options of the same relation.</summary>
    /// <param name="backwards">Ask for x instead of y, where the relation allows it.</param>
    public MmluQuestion Ask(Relation relation, Fact fact, bool backwards, int index, RandomStream random)
    {
        bool turned = backwards && relation.Backwards is not null;
        string right = turned ? fact.X : fact.Y;
        string[] pool = turned ? [.. relation.All.Select(f => f.X)] : values[relation.Key];
        string[] options = random.Shuffled(random.Shuffled(pool.Where(v => v != right))[..3].Append(right));
        string text = turned
            ? relation.Backwards!.Replace("{y}", fact.Y, StringComparison.Ordinal)
            : relation.Question.Replace("{x}", fact.X, StringComparison.Ordinal);
        return new MmluQuestion(relation.Subject, index, text, options, Array.IndexOf(options, right));
    }

    /// <summary>The test file of a subject: every kept fact forwards and, where it can be, backwards.</summary>
    public IReadOnlyList<MmluQuestion> Test(string subject, int seed)
    {
        RandomStream random = RandomStream.For(seed, $"test questions of {subject}");
        (Relation Relation, Fact Fact, bool Backwards)[] all =
        [
            .. Tested
                .Where(t => t.Relation.Subject == subject)
                .SelectMany(t =>
                    ((bool[])[false, true])
                        .Where(b => !b || t.Relation.Backwards is not null)
                        .Select(b => (t.Relation, t.Fact, b))
                ),
        ];
        return [.. random.Shuffled(all).Select((q, i) => Ask(q.Relation, q.Fact, q.Backwards, i, random))];
    }

    /// <summary>The worked examples of a subject: facts that are asked in the pretraining text too.</summary>
    public IReadOnlyList<MmluQuestion> Dev(string subject, int seed)
    {
        RandomStream random = RandomStream.For(seed, $"dev questions of {subject}");
        return
        [
            .. random
                .Shuffled(Asked.Where(t => t.Relation.Subject == subject))[..Shots]
                .Select((t, i) => Ask(t.Relation, t.Fact, false, i, random)),
        ];
    }
}
