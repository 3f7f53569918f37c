using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>What a report is made from: the files of a run folder, no model.</summary>
/// <param name="Shown">The candidate whose tables and figures are shown first.</param>
/// <param name="Items">The answers of the base and of every detailed candidate to every item, by task.</param>
/// <param name="Answers">The base's and the shown candidate's answer to every item, by task.</param>
/// <param name="Steps">The shown candidate's training log; empty where there is none.</param>
/// <param name="Stages">The manifests of the stages that are complete, in their order.</param>
/// <param name="TrainingData">How much of the training data reached the trainer; null: unknown.</param>
/// <param name="ProtocolDifferences">By task, the fields of the protocol that differ between the sides, except those of
/// engine and numeric form; null: none is known to.</param>
/// <param name="Model">The model's name and size; null: unknown.</param>
/// <param name="SearchSeconds">Seconds of all stages of a search; null: there was none.</param>
/// <param name="Detailed">The candidates whose tables and items the page holds; the others stand in the ranking and in
/// the other files.</param>
/// <param name="Whole">The candidates with the tasks that have no scores; the comparison has those with scores.</param>
internal sealed record RunReport(
    Study Study,
    Comparison Comparison,
    CandidateComparison Shown,
    IReadOnlyDictionary<string, IReadOnlyList<ItemAnswers>> Items,
    IReadOnlyDictionary<string, IReadOnlyList<(Answer Before, Answer After)>> Answers,
    IReadOnlyList<CandidateComparison> Detailed,
    IReadOnlyList<TrainingStep> Steps,
    IReadOnlyList<Manifest> Stages,
    Words Words,
    TrainingDataSummary? TrainingData = null,
    IReadOnlyDictionary<string, IReadOnlyList<string>>? ProtocolDifferences = null,
    ModelFacts? Model = null,
    IReadOnlyList<CandidateComparison>? Whole = null,
    double? SearchSeconds = null
)
{
    // A page with the tables and items of more candidates opens slowly: one of 200 had 7 MB.
    private const int MostDetailed = 40;

    /// <summary>Returns the tasks of whole texts, which have no scores, of a candidate.</summary>
    public IEnumerable<PairedResult> Texts(string candidate) =>
        (Whole ?? []).Where(c => c.Name == candidate).SelectMany(c => c.Tasks).Where(t => !t.HasScores);

    /// <summary>The warnings of the stages that all candidates share, as the run gave them.</summary>
    public IReadOnlyList<string> SharedWarnings =>
        WarningsAt(s => !s.StartsWith("candidates/", StringComparison.Ordinal));

    /// <summary>Returns the warnings of the stages of one candidate.</summary>
    public IReadOnlyList<string> WarningsOf(string candidate) =>
        WarningsAt(s => s.StartsWith($"{RunLayout.Candidate(candidate)}/", StringComparison.Ordinal));

    private string[] WarningsAt(Func<string, bool> stage) =>
        [.. Stages.Where(s => stage(s.Stage)).SelectMany(s => s.Warnings ?? []).Distinct()];

    /// <summary>The shown candidate's name in brackets, for a heading; empty if it is the only one.</summary>
    public string OfShown => Comparison.Candidates.Count > 1 ? $" ({Shown.Name})" : "";

    /// <summary>How the shown candidate was trained here; null: it was not.</summary>
    public TrainPlan? Train => Study.Candidates.GetValueOrDefault(Shown.Name)?.Train;

    /// <summary>The candidates in order, and what may be said of the best.</summary>
    public Ranking Ranking => Ranking.Of(Comparison);

    /// <summary>The seed of that training.</summary>
    public int TrainingSeed => Train?.Seed ?? Study.Seed;

    /// <summary>Reads a run folder whose comparison is complete.</summary>
    /// <exception cref="InputException">A file of the run is missing or damaged.</exception>
    public static RunReport Read(string runFolder, string language = "en")
    {
        try
        {
            return ReadFiles(runFolder, language);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            throw new InputException(
                $"{runFolder}: a file of the run is damaged ({e.Message.Split('\n')[0]}); "
                    + "the command that made the run makes it again",
                e
            );
        }
    }

    /// <summary>Looks for what a report is written from, before anything is written into the folder.</summary>
    /// <exception cref="InputException">It is not there; says what to do.</exception>
    public static void RequireComparison(string runFolder) => Require(Path.Combine(runFolder, "comparison.json"));

    private static void Require(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException(
                $"there is no {path}; a report is written from a run folder whose stage compare is complete"
            );
        }
    }

    private static RunReport ReadFiles(string runFolder, string language)
    {
        RunLayout run = new(Path.GetFullPath(runFolder));
        PlainFolder.Require(run.Root);
        Comparison whole = Compared(run.Comparison);
        Comparison compared = whole with
        {
            Candidates = [.. whole.Candidates.Select(c => c with { Tasks = [.. c.Tasks.Where(t => t.HasScores)] })],
        };
        RefuseStrangeNames(run, compared);
        // Paths stay relative to the run folder: a report that is sent around does not tell its user's folders.
        Study study = StudyFile.ReadFile(run.Study);
        study.Check(run.Study);
        RefuseOtherTasks(run, study, compared);

        IReadOnlyList<CandidateComparison> order = Ranking.Of(compared).Order;
        CandidateComparison shown = order[0];
        HashSet<string> best = [.. order.Take(MostDetailed).Select(c => c.Name)];
        CandidateComparison[] detailed = [.. compared.Candidates.Where(c => best.Contains(c.Name))];
        return new RunReport(
            study,
            compared,
            shown,
            shown.Tasks.ToDictionary(t => t.Task, t => ItemsOf(run, study, detailed, t.Task), StringComparer.Ordinal),
            new Dictionary<string, IReadOnlyList<(Answer, Answer)>>(),
            detailed,
            StepsOf(run, shown.Name),
            [.. StagesOf(compared).Select(run.Completed).OfType<Manifest>()],
            Words.Of(language),
            TrainingDataSummary.Read(run.Adapter(shown.Name)),
            shown.Tasks.ToDictionary(
                t => t.Task,
                t =>
                    (IReadOnlyList<string>)
                        [.. StudyComparison.ProtocolDifferences(study, run, shown.Name, t.Task).Select(d => d.Field)],
                StringComparer.Ordinal
            ),
            ModelFacts.Read(run.Root),
            whole.Candidates,
            SearchClock(run, compared)
        ).Showing(shown);
    }

    /// <summary>Returns the same report with the answers of another candidate. Its training log and data stay those of
    /// the first.</summary>
    internal RunReport Showing(CandidateComparison candidate)
    {
        int place = Detailed.Select(c => c.Name).ToList().IndexOf(candidate.Name);
        return this with
        {
            Shown = candidate,
            Answers = Items.ToDictionary(
                t => t.Key,
                t =>
                    (IReadOnlyList<(Answer, Answer)>)
                        [.. t.Value.Select(i => (i.Base, i.Candidates[place])).Where(p => p.Item2.Verdict != NotAsked)],
                StringComparer.Ordinal
            ),
        };
    }

    // In a study with early decision another candidate was asked the item, but not this one.
    private const string NotAsked = "not-asked";

    /// <summary>Reads the training log of a candidate; empty if the run did not train it.</summary>
    internal static TrainingStep[] StepsOf(RunLayout run, string candidate)
    {
        string log = Path.Combine(run.Adapter(candidate), "train.jsonl");
        return File.Exists(log)
            ?
            [
                .. BoundedFile
                    .ReadLines(log)
                    .Select((l, i) => StoredJson.Parse<TrainingStep>(l, $"{log} line {i + 1}", "a training step")),
            ]
            : [];
    }

    private static double? SearchClock(RunLayout run, Comparison compared) =>
        compared.Selection is { Search: not null } s
            ? new SeekClock(run).Seconds([
                .. s.Confirmed.Concat(s.Others.Select(o => o.Name)).Where(RelativeName.IsPlain),
            ])
            : null;

    private static void RefuseStrangeNames(RunLayout run, Comparison compared)
    {
        IEnumerable<string> names = compared
            .Candidates.Select(c => c.Name)
            .Concat(compared.Candidates.SelectMany(c => c.Tasks).Select(t => t.Task));
        if (names.FirstOrDefault(n => !RelativeName.IsPlain(n)) is { } strange)
        {
            throw new InputException($"{run.Comparison}: '{Printable.Short(strange)}' is not the name of a file");
        }
    }

    // Every candidate answers the same tasks of the study. Tables and pictures look the tasks of one candidate up in
    // another.
    private static void RefuseOtherTasks(RunLayout run, Study study, Comparison compared)
    {
        if (compared.Candidates.Count == 0)
        {
            throw new InputException($"{run.Comparison}: there is no candidate to report on");
        }

        string[] wanted = [.. compared.Candidates[0].Tasks.Select(t => t.Task)];
        HashSet<string> known = [.. study.NamedTasks.Select(t => t.Name)];
        CandidateComparison? other = compared.Candidates.FirstOrDefault(c =>
            !c.Tasks.Select(t => t.Task).Order().SequenceEqual(wanted.Order())
            || !c.Tasks.All(t => known.Contains(t.Task))
        );
        bool isOnce = wanted.Distinct().Count() == wanted.Length;
        bool areOnce = compared.Candidates.DistinctBy(c => c.Name).Count() == compared.Candidates.Count;
        if (other is not null || !isOnce || !areOnce)
        {
            string name = Printable.Short((other ?? compared.Candidates[0]).Name);
            throw new InputException(
                $"{run.Comparison}: candidate '{name}' has other tasks than the study, or a name stands twice; "
                    + "the command that made the run makes it again"
            );
        }
    }

    private static IEnumerable<string> StagesOf(Comparison compared) =>
        [
            "prepare",
            "looks",
            RunLayout.Base,
            .. compared.Candidates.SelectMany(c =>
                (string[])[$"{RunLayout.Candidate(c.Name)}/obtain", $"{RunLayout.Candidate(c.Name)}/measure"]
            ),
            "compare",
        ];

    private static IReadOnlyList<ItemAnswers> ItemsOf(
        RunLayout run,
        Study study,
        IReadOnlyList<CandidateComparison> candidates,
        string task
    )
    {
        (string Place, Dictionary<string, Answer> Answers)[] sides =
        [
            .. candidates
                .Select(c => RunLayout.Candidate(c.Name))
                .Select(p =>
                    (p, AnswerFile.Read(run.Answers(p, task)).ToDictionary(a => a.Id, StringComparer.Ordinal))
                ),
        ];
        return
        [
            .. AnswerFile
                .Read(run.Answers(RunLayout.Base, task))
                .Select(b => new ItemAnswers(
                    b,
                    [
                        .. sides.Select(s =>
                            s.Answers.TryGetValue(b.Id, out Answer? a) ? a
                            : study.Decide ? new Answer(b.Id, b.Cluster, b.Group, null, "", b.Target, NotAsked)
                            : throw new InputException($"{task}: the item '{b.Id}' is missing in {s.Place}")
                        ),
                    ]
                )),
        ];
    }

    private static Comparison Compared(string path)
    {
        try
        {
            Require(path);
            return ComparisonJson.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"cannot read {path}: {e.Message}; a report needs a run folder whose stage compare is complete",
                e
            );
        }
    }
}

/// <summary>The answers to one item.</summary>
/// <param name="Candidates">One answer per candidate, in the order of the comparison.</param>
internal sealed record ItemAnswers(Answer Base, IReadOnlyList<Answer> Candidates);
