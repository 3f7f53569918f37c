using Fulcrum.Data;
using Fulcrum.Prompts;

namespace Fulcrum.Evaluation;

/// <summary>Spider's dev examples, graded by executing what the model wrote.</summary>
public sealed class SpiderBenchmark : IBenchmark
{
    private readonly SpiderPlan plan;
    private readonly SpiderFolder folder;
    private readonly Func<string, string, string, Grade> execute;
    private readonly Dictionary<string, SpiderExample> examples;

    private SpiderBenchmark(SpiderPlan plan, SpiderFolder folder, int seed, Func<string, string, string, Grade> execute)
    {
        (this.plan, this.folder, this.execute) = (plan, folder, execute);
        SpiderExample[] sample = [.. Stratified(folder.Dev(), plan.Items, RandomStream.For(seed, $"items of {plan.Name}"))];
        examples = sample.ToDictionary(e => $"dev/{e.Index}", StringComparer.Ordinal);
        Items = [.. sample.Select(e => new Item($"dev/{e.Index}", e.DbId, SpiderHardness.Of(e.Parse), e.Question, e.Query))];
    }

    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <inheritdoc/>
    public double? ChanceAccuracy => null;

    /// <inheritdoc/>
    public IReadOnlyList<Item> Items { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string>
    {
        ["semantics"] = plan.Semantics,
        ["time limit"] = $"{plan.TimeLimitSeconds} s",
        ["sqlite"] = Sqlite.Version,
    };

    /// <summary>Opens the benchmark of a plan; the plan's folder is absolute.</summary>
    /// <param name="execute">Grades (database file, gold, prediction).</param>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static SpiderBenchmark Open(SpiderPlan plan, int seed, Func<string, string, string, Grade> execute) => new(plan, SpiderFolder.Open(plan.Folder), seed, execute);

    /// <inheritdoc/>
    public Question Ask(Item item) => new Question.Write(SpiderPrompt.Of(folder.Schemas[item.Cluster], examples[item.Id].Question), plan.MaxNewTokens, []);

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply)
    {
        string query = SqlExtraction.From(((Reply.Written)reply).Text);
        return SqlSteps.With(query.Length == 0 ? new Grade(0, "", "no-query", "the model wrote no query") : execute(folder.DatabaseFile(item.Cluster), item.Target, query) with { Prediction = query });
    }

    /// <summary>Equal shares of every database as far as each has examples, in the order of the databases and of their examples.</summary>
    internal static IEnumerable<SpiderExample> Stratified(IReadOnlyList<SpiderExample> all, int? count, RandomStream random)
    {
        SpiderExample[][] databases = [.. all.GroupBy(e => e.DbId).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => random.Shuffled(g))];
        IEnumerable<SpiderExample> chosen = count is null || count >= all.Count ? all
            : Enumerable.Range(0, databases.Max(d => d.Length)).SelectMany(round => databases.Where(d => d.Length > round).Select(d => d[round])).Take(count.Value);
        return chosen.OrderBy(e => e.DbId, StringComparer.Ordinal).ThenBy(e => e.Index);
    }
}
