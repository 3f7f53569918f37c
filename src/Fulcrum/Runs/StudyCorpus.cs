using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Writing;

namespace Fulcrum.Runs;

/// <summary>Opens the data that a study names: one arm a benchmark kind.</summary>
public static class StudyCorpus
{
    /// <summary>Opens and samples everything.</summary>
    /// <param name="execute">For a benchmark's semantics and time limit, what grades (database file, gold,
    /// prediction).</param>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static Corpus Open(Study study, Func<SpiderPlan, Func<string, string, string, Grade>> execute)
    {
        IBenchmark[] benchmarks = [.. study.Benchmarks.Select(plan => Open(plan, study, execute))];
        IBenchmark[] before =
        [
            .. study.Benchmarks.Select(
                (plan, i) =>
                    plan is SpiderPlan { PromptBefore: { } prompt } spider
                        ? Open(spider with { Prompt = prompt }, study, execute)
                        : benchmarks[i]
            ),
        ];
        string[] paths =
        [
            .. study
                .Benchmarks.SelectMany(PathsOf)
                .Concat([
                    study.TrainingData.Folder,
                    study.TrainingData.File,
                    study.NeutralText?.File,
                    study.Replay?.Source,
                ])
                .OfType<string>(),
        ];
        IReadOnlyList<TrainingText> training = study.Replay is { } replay
            ? Replay.Into(Training(study), replay, RandomStream.For(study.Seed, "replay"))
            : Training(study);
        return new Corpus(benchmarks, training, Corpus.DigestOf(paths), before, () => Corpus.DigestOf(paths));
    }

    private static IBenchmark Open(
        BenchmarkPlan plan,
        Study study,
        Func<SpiderPlan, Func<string, string, string, Grade>> execute
    )
    {
        Decoding Decode(string name) => Decoding.Of(name, study.Model.Folder, study.Seed);
        return plan switch
        {
            SpiderPlan spider => SpiderBenchmark.Open(spider, study.Seed, execute(spider), Decode(spider.Decoding)),
            MmluPlan mmlu => MmluBenchmark.Open(mmlu, study.Seed, Decode(mmlu.Decoding)),
            MultipleChoicePlan choice => MultipleChoiceBenchmark.Open(choice, study.Seed, Decode(choice.Decoding)),
            GenerationPlan generation => GenerationBenchmark.Open(generation, study.Seed, Decode(generation.Decoding)),
            _ => throw new InputException($"the benchmark '{plan.Name}' is of an unknown kind"),
        };
    }

    private static IEnumerable<string?> PathsOf(BenchmarkPlan plan) =>
        plan switch
        {
            SpiderPlan spider => [spider.Folder],
            MmluPlan mmlu => [mmlu.Folder],
            MultipleChoicePlan choice => [choice.File, choice.ExamplesFile],
            GenerationPlan generation => [generation.File],
            _ => [],
        };

    private static IReadOnlyList<TrainingText> Training(Study study)
    {
        RandomStream random = RandomStream.For(study.Seed, "training examples");
        if (study.TrainingData.File is { } file)
        {
            return OwnTraining(study.TrainingData, file, random);
        }

        SpiderFolder folder = SpiderFolder.Open(study.TrainingData.Folder!);
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
