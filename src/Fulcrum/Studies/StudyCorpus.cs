using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Studies;

/// <summary>Opens the data that a study names.</summary>
public static class StudyCorpus
{
    /// <summary>Opens and samples everything. Queries are graded in a sandbox.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static Corpus Open(Study study, SqlSandbox sandbox) =>
        Open(study, (semantics, limits) => sandbox.Grader(EnumNames.Of(semantics), limits));

    /// <summary>Opens and samples everything.</summary>
    /// <param name="sqlGrader">Grades (database file, gold query, predicted query) under semantics and limits.</param>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    /// <param name="datasets">Returns the folder of a data set of the hub; null: no hub.</param>
    internal static Corpus Open(
        Study study,
        Func<SqlSemantics, SqlLimits, Func<string, string, string, Grade>> sqlGrader,
        Func<string, string>? datasets = null
    )
    {
        string? folder = study.Base.Spec.Source is ModelSource.Folder source ? source.Path : null;
        TaskOpening opening = new(study.Seed, folder, sqlGrader, datasets);
        IReadOnlyList<TaskPlan> plans = study.NamedTasks;
        ITask[] tasks = [.. plans.Select(plan => plan.Open(opening))];
        ITask[] before =
        [
            .. plans.Select((p, i) => p.ForBase() is var asked && asked == p ? tasks[i] : asked.Open(opening)),
        ];
        string[] paths = [.. plans.SelectMany(p => p.Paths()), .. new[] { study.NeutralText?.File }.OfType<string>()];
        ExampleFile? file = FileOf(study.TrainingData);
        TrainingSet training = SetOf(study, file);
        Dictionary<(TrainingDataPlan?, ReplayPlan?), TrainingSet> sets = [];
        return new Corpus(
            tasks,
            training.Texts,
            Corpus.DigestOf(paths),
            training.Digest,
            before,
            () => Corpus.DigestOf(paths),
            training.Layout
        )
        {
            OpenTraining = plan => OwnSet(study, plan, sets),
        };
    }

    private static TrainingSet OwnSet(
        Study study,
        CandidatePlan plan,
        Dictionary<(TrainingDataPlan?, ReplayPlan?), TrainingSet> opened
    )
    {
        Study own = study with
        {
            TrainingData = plan.TrainingData ?? study.TrainingData,
            Replay = plan.Replay ?? study.Replay,
        };
        if (!opened.TryGetValue((own.TrainingData, own.Replay), out TrainingSet? set))
        {
            set = SetOf(own, FileOf(own.TrainingData));
            opened.Add((own.TrainingData, own.Replay), set);
        }

        return set;
    }

    private static TrainingSet SetOf(Study study, ExampleFile? file)
    {
        IReadOnlyList<TrainingText> own = Training(study, file);
        List<string> layout = file is null ? [] : [$"training data: {file.Rows.Count} rows, {file.Format.Description}"];
        ReplayPlan? replay = study.Replay is { Share: > 0 } ? study.Replay : null;
        return new TrainingSet(
            replay is null ? own : Replay.Into(own, replay, RandomStream.For(study.Seed, "replay"), layout.Add),
            Corpus.DigestOf([.. study.TrainingData?.Paths() ?? [], .. new[] { replay?.Source }.OfType<string>()]),
            layout.Count == 0 ? null : string.Join(". ", layout)
        );
    }

    private static IReadOnlyList<TrainingText> Training(Study study, ExampleFile? file)
    {
        if (study.TrainingData is null)
        {
            return [];
        }

        RandomStream random = RandomStream.For(study.Seed, "training examples");
        if (file is not null)
        {
            return OwnTraining(study.TrainingData, file, random);
        }

        SpiderFolder folder = SpiderFolder.Open(study.TrainingData.Data!, study.TrainingData.Databases);
        SpiderPlan asked = study.NamedTasks.OfType<SpiderPlan>().FirstOrDefault() ?? new SpiderPlan();
        SpiderPrompting prompting = new(asked.ForTraining(), folder);
        return
        [
            .. StratifiedSample
                .Of(folder.Train(), e => e.DbId, study.TrainingData.Examples, random)
                .Select(e => new TrainingText($"train/{e.Index}", e.DbId, prompting.Of(e), e.Query.Trim())),
        ];
    }

    private static TrainingText[] OwnTraining(TrainingDataPlan plan, ExampleFile file, RandomStream random)
    {
        TrainingText[] all = [.. file.Rows.Select(row => file.TrainingOf(row, row.Id, row.Cluster(plan.Cluster)))];
        return all.FirstOrDefault(t => t is { Conversation: null, Ids: null, Completion: "" }) is { } empty
            ? throw empty.Error("the completion is empty, so there is nothing to train on")
            : [.. StratifiedSample.Of(all, e => e.Cluster, plan.Examples, random)];
    }

    private static ExampleFile? FileOf(TrainingDataPlan? plan) =>
        plan?.File is { } file
            ? ExampleFile.Open(
                file,
                new ExampleColumns(
                    plan.Input,
                    plan.Target,
                    plan.Template,
                    plan.System,
                    plan.Prompt == PromptForm.Chat,
                    plan.Cluster is { } cluster ? [cluster] : []
                )
            )
            : null;
}
