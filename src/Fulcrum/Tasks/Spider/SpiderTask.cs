using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Grading.Sql;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Tasks.Spider;

/// <summary>Spider's dev examples, graded by executing what the model wrote.</summary>
internal sealed class SpiderTask : ITask
{
    private readonly SpiderPlan plan;
    private readonly SpiderFolder folder;
    private readonly SpiderPrompting prompts;
    private readonly Func<string, string, string, Grade> execute;
    private readonly Decoding decoding;
    private readonly Dictionary<string, SpiderExample> examples;

    private SpiderTask(
        SpiderPlan plan,
        SpiderFolder folder,
        int seed,
        Func<string, string, string, Grade> execute,
        Decoding decoding
    )
    {
        (this.plan, this.folder, this.execute, this.decoding) = (plan, folder, execute, decoding);
        prompts = new SpiderPrompting(plan, folder);
        IReadOnlyList<SpiderExample> dev = folder.Dev();
        IReadOnlyList<SpiderExample> sample =
            plan.Sample == SpiderSample.First
                ? [.. dev.Take(plan.Items ?? dev.Count)]
                : StratifiedSample.Of(dev, e => e.DbId, plan.Items, RandomStream.For(seed, $"items of {plan.Name}"));
        examples = sample.ToDictionary(e => $"dev/{e.Index}", StringComparer.Ordinal);
        Items =
        [
            .. sample.Select(e => new Item(
                $"dev/{e.Index}",
                e.DbId,
                e.Difficulty ?? SpiderHardness.Of(e.Parse),
                e.Question,
                e.Query
            )),
        ];
    }

    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <inheritdoc/>
    public double? ChanceAccuracy => null;

    /// <inheritdoc/>
    public IReadOnlyList<Item> Items { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Protocol =>
        new Dictionary<string, string>
        {
            ["semantics"] = EnumNames.Of(plan.Compared),
            ["time limit"] = $"{plan.TimeLimitSeconds} s",
            ["sqlite"] = Sqlite.Version,
            ["prompt"] = EnumNames.Of(plan.Prompt),
            ["reading"] = EnumNames.Of(plan.Reading),
            ["decoding"] = decoding.ToString(),
        };

    /// <summary>Opens the benchmark of a plan; the plan's folder is absolute.</summary>
    /// <param name="execute">Grades (database file, gold, prediction).</param>
    /// <param name="decoding">Greedy when null.</param>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static SpiderTask Open(
        SpiderPlan plan,
        int seed,
        Func<string, string, string, Grade> execute,
        Decoding? decoding = null
    ) => new(plan, SpiderFolder.Open(plan.Data, plan.Databases), seed, execute, decoding ?? Decoding.Greedy);

    /// <inheritdoc/>
    public Question Ask(Item item) =>
        new Question.Write(PromptOf(item), plan.MaxNewTokens, [], decoding.For(Name, item.Id));

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply)
    {
        string query =
            plan.Reading == SpiderReading.Query
                ? SqlExtraction.From(((Reply.Written)reply).Text)
                : BehindMarker(item, ((Reply.Written)reply).Text);
        Grade grade =
            query.Length == 0 && plan.Semantics != SqlSemantics.Notebook
                ? new Grade(0, "", "no-query", "the model wrote no query")
                : execute(folder.DatabaseFile(item.Cluster), item.Target, query) with
                {
                    Prediction = query,
                };
        return SqlSteps.With(grade) with { Threshold = plan.Threshold };
    }

    /// <inheritdoc/>
    public Reply Gold(Item item) => new Reply.Written(item.Target, FinishReason.Stop, 0);

    /// <inheritdoc/>
    public string? AlwaysReadable =>
        "a base that writes no query yet is no fault of the measurement, because training mends it";

    private Prompt PromptOf(Item item) => prompts.Of(examples[item.Id]);

    // Returns the text after the last marker. A plain-text prompt ends with a marker, so prompt and reply are joined
    // first. In a conversation only the reply counts.
    private string BehindMarker(Item item, string written) =>
        ((PromptOf(item) as Prompt.Text)?.Value + written).Split(RawSpiderPrompt.Marker)[^1].Trim();
}
