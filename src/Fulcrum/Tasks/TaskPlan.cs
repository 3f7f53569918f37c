using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Logs;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Tasks.Writing;

namespace Fulcrum.Tasks;

/// <summary>The role of a task in a study.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskRole>))]
public enum TaskRole
{
    /// <summary>The model is specialised for the task: a gain is expected.</summary>
    [JsonStringEnumMemberName("target")]
    Target,

    /// <summary>Any other task: a loss beyond the margin is not accepted.</summary>
    [JsonStringEnumMemberName("general")]
    General,
}

/// <summary>One task of a study: which items, how they are asked and how replies are graded.</summary>
/// <remarks>A kind of task is a folder. Its plan knows everything about itself: its checks, the files that it reads,
/// how it is opened, its nouns. This list is the only place outside of the folder that names the kind.</remarks>
/// <param name="Name">Names its answer file. In a study it is the key of the task.</param>
/// <param name="Role">Null: the first task of a study is the target, the others are general.</param>
/// <param name="Items">The number of items; null: all.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SpiderPlan), "spider")]
[JsonDerivedType(typeof(MmluPlan), "mmlu")]
[JsonDerivedType(typeof(MultipleChoicePlan), "multiple-choice")]
[JsonDerivedType(typeof(GenerationPlan), "generation")]
[JsonDerivedType(typeof(HarnessPlan), HarnessPlan.Kind)]
[JsonDerivedType(typeof(LogPlan), "logged")]
public abstract record TaskPlan(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string Name,
    TaskRole? Role,
    int? Items
)
{
    /// <summary>Checks every value.</summary>
    /// <param name="source">The study's file, for messages.</param>
    /// <exception cref="InputException">A value is outside its range; names task, key and value.</exception>
    public void Check(string source)
    {
        bool plain =
            Name.Length is > 0 and <= 64
            && Name is not ("." or "..")
            && Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        Wanted.That(plain, source, "the name of a task", Name, "1 to 64 letters, digits, -, _ and .");
        Wanted.That(Items is null or > 0, source, $"{Name}.items", Items, "1 or more, or null for all");
        CheckValues(source);
    }

    /// <summary>Checks the values of the kind.</summary>
    /// <inheritdoc cref="Check"/>
    protected abstract void CheckValues(string source);

    /// <summary>Returns the files and folders that the task reads. They belong to the digest of the data.</summary>
    public abstract IReadOnlyList<string> Paths();

    /// <summary>Returns the plan with its paths resolved.</summary>
    public abstract TaskPlan Located(Func<string, string> locate);

    /// <summary>Returns the plan with the names of the data sets on the hub that it reads without naming them
    /// itself.</summary>
    /// <param name="home">The folder to which the plan's paths are relative.</param>
    public virtual TaskPlan WithDatasets(string home) => this;

    /// <summary>Returns whether a file of the task's data set on the hub is needed.</summary>
    /// <param name="path">In the data set, segments divided by slashes.</param>
    public virtual bool Needs(string path) => true;

    /// <summary>Checks, before anything is fetched, that a data set on the hub has what the task reads.</summary>
    /// <param name="paths">The files of the data set, segments divided by slashes.</param>
    /// <param name="name">Of the data set, for the message.</param>
    /// <exception cref="InputException">Something is missing; says where to get it.</exception>
    public virtual void CheckDataset(IReadOnlyList<string> paths, string name) { }

    /// <summary>Checks that what the plan names exists, before any work begins.</summary>
    /// <param name="source">The study's file, for messages.</param>
    /// <exception cref="InputException">Something does not exist; names file, key and path.</exception>
    public virtual void RequireFiles(string source)
    {
        foreach (string path in Paths().Where(p => !File.Exists(p) && !Directory.Exists(p)))
        {
            throw new InputException($"{source}: tasks.{Name}: there is no file or folder {path}{Relative(source)}");
        }
    }

    /// <summary>Returns to what paths of a source are relative, for messages; empty where it is no file.</summary>
    internal static string Relative(string source) =>
        source.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? " (paths are relative to this file)" : "";

    /// <summary>Opens the task: reads and samples its items.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public abstract ITask Open(TaskOpening opening);

    /// <summary>Opens the task with its first items instead of drawn ones, of a group the first of each
    /// member.</summary>
    /// <param name="items">Null: all.</param>
    /// <exception cref="InputException">As for <see cref="Open"/>.</exception>
    public virtual ITask OpenFirst(TaskOpening opening, int? items)
    {
        ITask all = (this with { Items = null }).Open(opening);
        return items is { } count ? new PartOfTask(all, [.. all.Items.Take(count)]) : all;
    }

    /// <summary>Returns the plan as the base model is asked, if that differs.</summary>
    public virtual TaskPlan ForBase() => this;

    /// <summary>Returns the words for the clusters and groups of the task's items.</summary>
    public virtual TaskNouns Nouns() => TaskNouns.Plain;

    /// <summary>To what the task generalises; null: the default of the kind.</summary>
    public Estimand? Estimand { get; init; }

    /// <summary>Returns to what the task generalises: its own choice, otherwise the default of its kind; null: what the
    /// number of clusters allows.</summary>
    public Estimand? Generalises() => Estimand ?? DefaultEstimand();

    /// <summary>Returns to what tasks of the kind generalise; null: what the number of clusters allows.</summary>
    protected virtual Estimand? DefaultEstimand() => null;

    /// <summary>Returns whether a question counts as leaked only where a training example of the same cluster contains
    /// it: so where questions of different clusters share their wording.</summary>
    public virtual bool LeaksWithinCluster() => false;

    /// <summary>Returns whether scores of known models are published for these questions, asked in this form.</summary>
    public virtual bool HasPublishedScores() => false;

    /// <summary>Returns the chance level that is known without opening the task; null where none is.</summary>
    public virtual double? KnownChance() => null;

    /// <summary>Returns the score from which an item counts as gained or lost; 0: every rise and fall counts.</summary>
    public virtual double GainThreshold() => 0.5;

    /// <summary>Returns the ability that the task measures; null where it is not known.</summary>
    public virtual Ability? Ability() => null;

    /// <summary>Returns the answer-scoring method of multiple choice; null for other kinds.</summary>
    public virtual AnswerScoring? Scoring() => null;

    /// <summary>Whether worked examples come before each question, so that there can be fewer.</summary>
    internal virtual bool HasFewshot => false;

    /// <summary>Returns the plan with another number of worked examples; null: it has no such key.</summary>
    internal virtual TaskPlan? WithFewshot(int count) => null;

    /// <summary>Returns the plan with another limit of a reply, in tokens; null: it has no such key.</summary>
    internal virtual TaskPlan? WithMaxNewTokens(int count) => null;

    /// <summary>Returns the keys that are set and change nothing, each with the reason.</summary>
    internal virtual IEnumerable<(string Key, string Why)> UnusedKeys() => [];

    /// <summary>Returns a sentence for each key that is set and changes nothing.</summary>
    /// <param name="named">Names the keys.</param>
    internal IEnumerable<string> UnusedSettings(Func<string, string, string> named) =>
        UnusedKeys().Select(k => $"{Name}: {named(Name, k.Key)} is not used, because {k.Why}");

    /// <summary>Returns what to do so that single items are not asked; null where single items cannot be left
    /// out.</summary>
    /// <param name="named">Names a key.</param>
    internal virtual string? LeaveOut(Func<string, string> named) => null;

    /// <summary>Where the limit of a reply stands if it is no key of the plan; null: nowhere that a user can
    /// change.</summary>
    internal virtual string? ReplyLimitElsewhere => null;

    /// <summary>Returns a key that is equal for plans that ask the same questions in different ways; null where there
    /// is none.</summary>
    public virtual string? SameQuestions() => null;
}

/// <summary>What a task needs to be opened.</summary>
/// <param name="Seed">Of the sample of items.</param>
/// <param name="ModelFolder">The base's folder, for decoding by its <c>generation_config.json</c>; null: greedy
/// decoding only.</param>
/// <param name="SqlGrader">Grades (database file, gold, prediction) under semantics and limits.</param>
/// <param name="Datasets">Returns the folder of a data set of the hub; null: no hub.</param>
public sealed record TaskOpening(
    int Seed,
    string? ModelFolder,
    Func<SqlSemantics, SqlLimits, Func<string, string, string, Grade>> SqlGrader,
    Func<string, string>? Datasets = null
)
{
    /// <summary>Returns the folder of a data set of the hub.</summary>
    /// <exception cref="InputException">There is no hub, or no such data set.</exception>
    public string Hub(string id) =>
        Datasets?.Invoke(id)
        ?? throw new InputException($"there is no folder {id} with data, and no hub to fetch it from");

    /// <summary>Returns the decoding that a plan names.</summary>
    /// <exception cref="InputException">The base has no <c>generation_config.json</c>.</exception>
    internal Decoding Decode(DecodingKind kind) =>
        kind == DecodingKind.Greedy ? Decoding.Greedy
        : ModelFolder is { } folder ? new Decoding(GenerationConfig.Sampling(folder), Seed)
        : throw new InputException("decoding by generation_config.json needs a model folder");
}

/// <summary>Words for the clusters and groups of a task's items, in English and Portuguese.</summary>
/// <param name="GroupOrder">The order of the groups; groups that it does not name follow in alphabetical order.</param>
/// <param name="Score">What the whole score is called in the relative table.</param>
public sealed record TaskNouns(
    (string English, string Portuguese) Cluster,
    (string English, string Portuguese) Group,
    IReadOnlyList<string> GroupOrder,
    string Score = "overall"
)
{
    /// <summary>The words of a task that has none of its own.</summary>
    public static readonly TaskNouns Plain = new(("cluster", "agrupamento"), ("group", "grupo"), []);

    /// <summary>The plural of an English noun.</summary>
    internal static string Several(string noun) => noun.EndsWith('y') ? noun[..^1] + "ies" : noun + "s";
}
