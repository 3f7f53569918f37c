using Fulcrum.Data;
using Fulcrum.Evaluation;
using Fulcrum.Prompts;

namespace Fulcrum;

/// <summary>Opens the data that a study names: one arm a benchmark kind.</summary>
public static class StudyCorpus
{
    /// <summary>Opens and samples everything.</summary>
    /// <param name="execute">For a benchmark's semantics and time limit, what grades (database file, gold, prediction).</param>
    /// <exception cref="InputException">A file is missing or malformed.</exception>
    public static Corpus Open(Study study, Func<SpiderPlan, Func<string, string, string, Grade>> execute)
    {
        IBenchmark[] benchmarks = [.. study.Benchmarks.Select(plan => (IBenchmark)(plan switch
        {
            SpiderPlan spider => SpiderBenchmark.Open(spider, study.Seed, execute(spider)),
            MmluPlan mmlu => MmluBenchmark.Open(mmlu, study.Seed),
            _ => throw new InputException($"the benchmark '{plan.Name}' is of an unknown kind"),
        }))];
        IEnumerable<string> folders = study.Benchmarks.Select(b => b switch { SpiderPlan s => s.Folder, MmluPlan m => m.Folder, _ => "" }).Append(study.TrainingData.Folder);
        return new Corpus(benchmarks, Training(study), Corpus.DigestOf(folders));
    }

    private static TrainingText[] Training(Study study)
    {
        SpiderFolder folder = SpiderFolder.Open(study.TrainingData.Folder);
        RandomStream random = RandomStream.For(study.Seed, "training examples");
        return [.. SpiderBenchmark.Stratified(folder.Train(), study.TrainingData.Examples, random)
            .Select(e => new TrainingText($"train/{e.Index}", e.DbId, SpiderPrompt.Of(folder.Schemas[e.DbId], e.Question), e.Query.Trim()))];
    }
}
