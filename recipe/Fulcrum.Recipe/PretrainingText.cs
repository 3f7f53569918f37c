using Fulcrum.Recipe.Knowledge;
using Fulcrum.Recipe.Tables;
using Fulcrum.Statistics;

namespace Fulcrum.Recipe;

/// <summary>The pretraining text: any step's documents follow from the seed and the step alone, so the text needs no
/// storing and a run can be taken up anywhere.</summary>
internal sealed class PretrainingText
{
    private const double SecondPhase = 0.24,
        ThirdPhase = 0.40,
        Passage = 0.03,
        FormsPhase = 0.2,
        KnowledgePhase = 0.45;
    private readonly int seed;
    private readonly KnowledgeText knowledge;
    private readonly TableText tables;

    /// <param name="forbidden">Questions and table lines of the dev split.</param>
    public PretrainingText(int seed, IReadOnlySet<string> forbidden)
    {
        this.seed = seed;
        knowledge = new KnowledgeText(new Quiz(seed), Vocabulary.Names);
        tables = new TableText(Words, forbidden);
    }

    /// <summary>The words of the exercises. Keywords of SQL are among them, as words: their tokens are known, no query
    /// is.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        .. Vocabulary.Names,
        .. Vocabulary.Values,
        "id",
        "number",
        "text",
        .. "SELECT FROM WHERE JOIN ON AS AND IN NOT ORDER GROUP BY DESC ASC LIMIT DISTINCT count avg max min sum T1 T2".Split(
            ' '
        ),
    ];

    /// <summary>The documents of a step, as many as asked for.</summary>
    /// <param name="progress">How much of the training is done, 0 to 1 in the first cycle (exercises come first, then
    /// knowledge and requests), 1 to 2 in the second (letters, then everything).</param>
    public IEnumerable<Text> Documents(int step, double progress)
    {
        RandomStream random = RandomStream.For(seed, $"pretraining text of step {step}");
        while (true)
        {
            yield return Draw(random, progress);
        }
    }

    private Text Draw(RandomStream random, double progress)
    {
        // Shares of the three phases: first matching alone (mixed with anything else it does not come), then letters,
        // then knowledge and requests.
        (Func<RandomStream, Text> Make, double[] Shares)[] kinds =
        [
            (tables.Repeats, [0.50, 0.08, 0.02]),
            (tables.Partners, [0.50, 0.30, 0.05]),
            (knowledge.Letters, [0, 0.50, 0.16]),
            (knowledge.Statements, [0, 0.08, 0.23]),
            (tables.Copies, [0, 0.02, 0.01]),
            (tables.Pairs, [0, 0.02, 0.01]),
            (tables.Reading, [0, 0, 0.03]),
            (tables.Answers, [0, 0, 0.18]),
            (knowledge.Questions, [0, 0, 0.28]),
            (knowledge.Talk, [0, 0, 0.03]),
        ];
        if (progress > 1)
        {
            return DrawAgain(random, progress - 1);
        }

        double phase =
            Math.Clamp((progress - SecondPhase) / Passage, 0, 1) + Math.Clamp((progress - ThirdPhase) / Passage, 0, 1);
        return Draw(random, kinds, phase);
    }

    /// <summary>The second cycle: which letter names what, from the easiest form on; then knowledge and requests
    /// again.</summary>
    private Text DrawAgain(RandomStream random, double progress)
    {
        (Func<RandomStream, Text> Make, double[] Shares)[] kinds =
        [
            (tables.Repeats, [0.02, 0.02, 0.02]),
            (tables.Partners, [0.05, 0.05, 0.04]),
            (knowledge.Bindings, [0.40, 0.15, 0.05]),
            (knowledge.Letters, [0.15, 0.30, 0.10]),
            (knowledge.Statements, [0.15, 0.15, 0.20]),
            (tables.Reading, [0.02, 0.02, 0.03]),
            (tables.Answers, [0.12, 0.12, 0.20]),
            (knowledge.Questions, [0.07, 0.17, 0.33]),
            (knowledge.Talk, [0.02, 0.02, 0.03]),
        ];
        return Draw(
            random,
            kinds,
            Math.Clamp((progress - FormsPhase) / Passage, 0, 1)
                + Math.Clamp((progress - KnowledgePhase) / Passage, 0, 1)
        );
    }

    private Text Draw(RandomStream random, (Func<RandomStream, Text> Make, double[] Shares)[] kinds, double phase)
    {
        double at = random.NextDouble();
        int before = Math.Min(1, (int)phase);
        foreach ((Func<RandomStream, Text> make, double[] shares) in kinds)
        {
            at -= shares[before] + (shares[before + 1] - shares[before]) * (phase - before);
            if (at < 0)
            {
                return make(random);
            }
        }

        return tables.Repeats(random);
    }
}
