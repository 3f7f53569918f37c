using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Tasks.Writing;

namespace Fulcrum.Studies;

/// <summary>Opens the data that a study names: one arm a benchmark kind.</summary>
public static class StudyCorpus
{
    /// <summary>Opens and samples everything. Queries are graded in a sandbox.</summary>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static Corpus Open(Study study, SqlSandbox sandbox) =>
        Open(study, (semantics, limits) => sandbox.Grader(EnumNames.Of(semantics), limits));

    /// <summary>Opens and samples everything.</summary>
    /// <param name="sqlGrader">Grades (database file, gold, prediction) under semantics and limits.</param>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    /// <param name="datasets">Returns the folder of a data set of the hub; null: no hub.</param>
    public static Corpus Open(
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
        IReadOnlyList<TrainingText> training = study.Replay is { } replay
            ? Replay.Into(Training(study), replay, RandomStream.For(study.Seed, "replay"))
            : Training(study);
        string trainingDigest = Corpus.DigestOf(
            new[] { study.TrainingData?.Data, study.TrainingData?.File, study.Replay?.Source }.OfType<string>()
        );
        return new Corpus(
            tasks,
            training,
            Corpus.DigestOf(paths),
            trainingDigest,
            before,
            () => Corpus.DigestOf(paths)
        );
    }

    private static IReadOnlyList<TrainingText> Training(Study study)
    {
        if (study.TrainingData is null)
        {
            return [];
        }

        RandomStream random = RandomStream.For(study.Seed, "training examples");
        if (study.TrainingData.File is { } file)
        {
            return OwnTraining(study.TrainingData, file, random);
        }

        SpiderFolder folder = SpiderFolder.Open(study.TrainingData.Data!);
        return
        [
            .. StratifiedSample
                .Of(folder.Train(), e => e.DbId, study.TrainingData.Examples, random)
                .Select(e => new TrainingText(
                    $"train/{e.Index}",
                    e.DbId,
                    SpiderPrompt.Of(folder.Schemas[e.DbId], e.Question),
                    e.Query.Trim()
                )),
        ];
    }

    private static TrainingText[] OwnTraining(TrainingDataPlan plan, string file, RandomStream random)
    {
        TrainingText[] all =
        [
            .. Table
                .Read(file)
                .Select(row => new TrainingText(
                    $"{Path.GetFileNameWithoutExtension(file)}/{row.Number}",
                    row.TextOrNull(plan.Cluster) ?? "",
                    OwnPrompt.Of(plan.Prompt, plan.System, row.Text(plan.Input)),
                    row.Text(plan.Target) is { Length: > 0 } target
                        ? target
                        : throw row.Error($"the column '{plan.Target}' is empty, so there is nothing to train on")
                )),
        ];
        return [.. StratifiedSample.Of(all, e => e.Cluster, plan.Examples, random)];
    }
}
