using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The whole product on the study that it carries, shortened.</summary>
public sealed class EmbeddedStudyTests
{
    [Fact]
    public void The_embedded_study_learns_SQL_and_writes_its_report()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        CandidateComparison comparison = Run(folder).Candidates.Single();
        PairedResult sql = comparison.Tasks.Single(b => b.Task == "spider"),
            knowledge = comparison.Tasks.Single(b => b.Task == "mmlu");
        Assert.True(sql.Before.Score < 0.05, $"SQL {sql.Before.Score:f3}");
        double[] losses = Losses(Path.Combine(folder, "candidates", "adapter", "adapter", "train.jsonl"));
        Assert.True(losses[^10..].Average() < 0.3 * losses[0], $"loss {losses[0]:f2} to {losses[^10..].Average():f2}");
        Assert.True(knowledge.Before.Low > 0.5, $"knowledge {knowledge.Before.Score:f3}");
        Assert.Contains("spider", File.ReadAllText(Path.Combine(folder, "report.html")));
        Directory.Delete(folder, recursive: true);
    }

    private static Comparison Run(string folder)
    {
        using RunLock run = RunLock.Open(folder);
        TorchEngine engine = new();
        return new Experiment(
            Short(),
            run,
            new Engines([engine], engine),
            s => StudyCorpus.Open(s, (semantics, limits) => new SqlGrader(EnumNames.Of(semantics), limits).Grade),
            new ExperimentSettings(WriteReport: (layout, words) => ReportFiles.Write(layout.Root, words))
        ).Run()!;
    }

    private static double[] Losses(string file) =>
        [.. File.ReadLines(file).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("loss").GetDouble())];

    // 52 small steps: the loss falls from 12 to about 3. What the whole study gains is in the README; with so few steps
    // the gain depends on the last bit of a sum. One thread, because other tests use the other core.
    private static Study Short()
    {
        Study study = StudyFile.Load(Path.Combine(AppContext.BaseDirectory, "studies", "embedded.json"));
        CandidatePlan adapter = study.Candidates["adapter"];
        return study with
        {
            Base = study.Base with { Threads = 1 },
            Tasks = new Dictionary<string, TaskPlan>
            {
                ["spider"] = (SpiderPlan)study.Tasks["spider"] with { Items = 40 },
                ["mmlu"] = (MmluPlan)study.Tasks["mmlu"] with { ItemsPerSubject = 8 },
            },
            Candidates = new Dictionary<string, CandidatePlan>
            {
                ["adapter"] = adapter with
                {
                    Train = adapter.Train! with { BatchSize = 4, LearningRate = 5e-3, WarmupSteps = 10 },
                },
            },
            TrainingData = study.TrainingData! with { Examples = 50 },
        };
    }
}
