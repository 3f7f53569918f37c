using Fulcrum.Data.Hub;
using Fulcrum.Files;
using Fulcrum.Tasks;

namespace Fulcrum.Studies;

/// <summary>Something that a study names on the hub.</summary>
/// <param name="Key">The key of the study that names it, as <c>base</c>.</param>
/// <param name="Content">Looked up, with the files that are missing.</param>
internal sealed record StudyNeed(string Key, HubContent Content);

/// <summary>Finds the models and data that a study names: an existing folder or file, or a name on the hub.</summary>
/// <remarks>All names are looked up before the first file is fetched, so that everything that is missing can be listed
/// with its size.</remarks>
/// <param name="hub">Looks names up.</param>
/// <param name="commits">The commits that an interrupted run took; null: none.</param>
/// <param name="say">Called with a sentence on the folder or the name on the hub that is used.</param>
internal sealed class StudySources(HubResolver hub, HubCommits? commits = null, Action<string>? say = null)
    : IDisposable
{
    private static readonly string[] DataFiles =
    [
        ".jsonl",
        ".ndjson",
        ".json",
        ".csv",
        ".tsv",
        ".parquet",
        ".gz",
        ".zip",
        ".yaml",
        ".yml",
        ".txt",
    ];

    private readonly HubCommits commits = commits ?? new HubCommits();
    private readonly List<StudyNeed> needs = [];

    /// <summary>What the study names on the hub, each name once.</summary>
    public IReadOnlyList<StudyNeed> Needs => needs;

    /// <summary>The commits that were taken, by the names that were asked for.</summary>
    public HubCommits Commits =>
        new(commits.Concat(needs.Select(n => HubCommits.Entry(n.Content.Asked, n.Content.Location.Commit!))));

    /// <summary>Returns the study with absolute paths; those of the hub exist after <see cref="Fetch"/>.</summary>
    /// <param name="study">as <see cref="StudyFile.ReadFile"/> returns it.</param>
    /// <param name="home">The folder to which paths are relative.</param>
    /// <exception cref="InputException">A name is neither a folder nor on the hub; names the key.</exception>
    /// <exception cref="FulcrumException">The hub cannot be reached.</exception>
    public Study Locate(Study study, string home)
    {
        Study located = study.Located(p => Path.GetFullPath(p, home)) with
        {
            Base = study.Base.Located(p => Model("base", p, home)),
            Tasks = study.Tasks.ToDictionary(t => t.Key, t => Task($"tasks.{t.Key}", t.Value, home)),
            Candidates = study.Candidates.ToDictionary(
                c => c.Key,
                c => Candidate($"candidates.{c.Key}", c.Value, home)
            ),
            TrainingData = study.TrainingData?.Located(p => Data("trainingData", p, home)),
        };
        return located with
        {
            HubNames = needs
                .GroupBy(n => n.Content.Location.Path)
                .ToDictionary(g => g.Key, g => g.First().Content.Location.Pinned),
        };
    }

    /// <summary>Returns the path of a model or an adapter.</summary>
    /// <param name="key">For messages.</param>
    /// <param name="weights">False if configuration and tokenizer are enough.</param>
    /// <exception cref="FulcrumException">As for <see cref="Locate"/>.</exception>
    public string Model(string key, string text, string home, bool weights = true) =>
        Place(key, HubKind.Model, text, home, r => hub.Find(r, new HubSelection(Weights: weights)));

    /// <summary>Returns the path of data: a file, a folder, or <c>FOLDER:CONFIG/SPLIT</c>.</summary>
    /// <param name="key">For messages.</param>
    /// <param name="wanted">The files of a whole data set that are needed; null: all.</param>
    /// <exception cref="FulcrumException">As for <see cref="Locate"/>.</exception>
    public string Data(string key, string text, string home, Func<string, bool>? wanted = null) =>
        Place(key, HubKind.Dataset, text, home, r => hub.FindData(r, wanted));

    /// <summary>Fetches everything that is missing.</summary>
    /// <exception cref="FulcrumException">The hub cannot be reached, or a download failed.</exception>
    public void Fetch() => needs.ForEach(n => n.Content.Fetch());

    /// <inheritdoc/>
    public void Dispose() => needs.ForEach(n => n.Content.Dispose());

    private TaskPlan Task(string key, TaskPlan plan, string home) =>
        plan.WithDatasets(home)
            .Located(text =>
            {
                string place = Data(key, text, home, plan.Needs);
                HubContent? content = needs.Select(n => n.Content).FirstOrDefault(c => c.Location.Path == place);
                if (content is not null)
                {
                    Checked(key, () => plan.CheckDataset(content.Paths, $"{content.Asked}"));
                }

                return place;
            });

    private static void Checked(string key, Action check)
    {
        try
        {
            check();
        }
        catch (InputException e)
        {
            throw new InputException($"{key}: {e.Message}", e);
        }
    }

    private CandidatePlan Candidate(string key, CandidatePlan plan, string home)
    {
        string? Named(string? text, bool weights = true) => text is null ? null : Model(key, text, home, weights);
        return plan.Located(p => Path.GetFullPath(p, home)) with
        {
            Adapter = Named(plan.Adapter),
            Model = Named(plan.Model),
            Gguf = Named(plan.Gguf),
            Tokenizer = Named(plan.Tokenizer, weights: false),
            TrainingData = plan.TrainingData?.Located(p => Data($"{key}.trainingData", p, home)),
        };
    }

    /// <summary>Whether a text names something on the hub: it has the form of a name, and there is no such file or
    /// folder.</summary>
    public static bool IsName(HubKind kind, string text, string home) =>
        MayBeName(kind, text) && !Exists(Path.GetFullPath(text, home));

    private string Place(string key, HubKind kind, string text, string home, Func<HubReference, HubContent> find)
    {
        string path = Path.GetFullPath(text, home);
        if (!MayBeName(kind, text))
        {
            return path;
        }

        if (Exists(path))
        {
            say?.Invoke($"{key}: the folder {path} is used; the hub is not asked for {text}");
            return path;
        }

        return Found(key, HubReference.Parse(kind, text), path, find);
    }

    private static bool MayBeName(HubKind kind, string text) =>
        text is not (['.' or '/', ..] or "")
        && (kind == HubKind.Model || !DataFiles.Any(e => text.EndsWith(e, StringComparison.OrdinalIgnoreCase)))
        && HubReference.LooksLikeName(kind, text);

    // FOLDER:CONFIG/SPLIT names a part of a data set in a folder.
    private static bool Exists(string path) =>
        File.Exists(path)
        || Directory.Exists(path)
        || (path.LastIndexOf(':') is var colon and > 1 && Directory.Exists(path[..colon]));

    private string Found(string key, HubReference asked, string path, Func<HubReference, HubContent> find)
    {
        if (needs.FirstOrDefault(n => n.Content.Asked == asked) is { } earlier)
        {
            return earlier.Content.Location.Path;
        }

        HubReference taken = commits.Of(asked) is { } commit ? asked.At(commit) : asked;
        try
        {
            HubContent content = find(taken);
            content.Asked = asked;
            needs.Add(new StudyNeed(key, content));
            if (!asked.IsCommit)
            {
                say?.Invoke($"{key}: {asked} is {content.Location.Pinned} of the hub");
            }

            return content.Location.Path;
        }
        catch (InputException e)
        {
            throw new InputException($"{key}: there is no file or folder {Printable.Message(path)}; {e.Message}", e);
        }
        catch (HubUnreachableException e)
        {
            throw new FulcrumException(
                $"{key}: there is no file or folder {Printable.Message(path)}, "
                    + $"and the hub was asked for it: {e.Message}",
                e
            );
        }
    }
}
