using Fulcrum.Files;
using Fulcrum.Jobs;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Studies in which what is asked of a candidate depends on the answers of the others, as jobs of a
/// cluster.</summary>
public sealed class TogetherTests : IDisposable
{
    private static readonly Study Swept = new ScriptedStudy().Study with
    {
        Derive = new DerivePlan([0.5]),
        Candidates = Enumerable.Range(3, 3).ToDictionary(r => $"rank{r}", r => new CandidatePlan(Train: Training(r))),
    };

    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-together-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Local => Path.Combine(folder, "local");

    private string Jobs => Path.Combine(folder, "jobs");

    [Theory]
    [InlineData("decide")]
    [InlineData("select")]
    [InlineData("select and decide")]
    [InlineData("seek")]
    [InlineData("seek and decide")]
    public void Jobs_end_with_the_bytes_of_one_process_and_train_nothing_twice(string key)
    {
        ScriptedStudy study = Of(key);
        study.Run(Local);
        int trained = study.Trained.Count;

        IReadOnlyList<string> done = study.RunJobs(Jobs);

        Assert.Equal(Digest(Local), Digest(Jobs));
        Assert.Equal(2 * trained, study.Trained.Count);
        Assert.Equal(["judged", "compare"], done.TakeLast(2));
        Assert.Equal(File.ReadAllText(Path.Combine(Local, "study.json")), StudyOf(Jobs));
        Assert.Empty(study.RunJobs(Jobs));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Jobs, "attempts"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Each_kind_of_study_has_its_jobs()
    {
        Assert.Equal(
            ["prepare", "obtained:rank3", "obtained:rank4", "obtained:rank5"],
            Of("decide").RunJobs(Jobs).SkipLast(2)
        );
        StageGraph graph = StageGraph.Of(
            Swept with
            {
                Seek = new SeekPlan(Trainings: 3),
            },
            new SeekFile([], [new(0.5, 3), new(1, 2)], [])
        );
        Assert.Equal(
            [
                "prepare",
                "base",
                "round:1/1",
                "round:2/1",
                "round:3/1",
                "round:1/2",
                "round:2/2",
                "judged",
                "compare",
                "report",
            ],
            graph.Nodes.Select(n => n.Name)
        );
        Assert.Equal(["round:1/1", "round:2/1", "round:3/1"], graph.Needs[StageNode.OfRound(2, 1)].Select(n => n.Name));
        Assert.Equal([3, 2], graph.Levels().Select(l => l.Count));
        Assert.All(graph.Nodes, n => Assert.Equal(n, StageNode.Parse(n.Name)));
    }

    [Theory]
    [InlineData("select", "obtained:rank5")]
    [InlineData("select", "round:1/1")]
    [InlineData("select", "candidate:rank5")]
    [InlineData("decide", "tried:rank5")]
    [InlineData("decide", "round:1/1")]
    [InlineData("seek", "tried:rank5")]
    [InlineData("seek", "round:1/9")]
    [InlineData("seek", "round:99/1")]
    [InlineData("seek", "round:0/1")]
    public void A_stage_that_the_study_does_not_have_is_refused(string key, string node)
    {
        ScriptedStudy study = Of(key);
        study.Submit(Jobs);
        study.RunAttempt(Jobs, new StageNode(Stage.Prepare), 1);

        Assert.Contains(
            "--stage",
            Assert.Throws<InputException>(() => study.RunJob(Jobs, StageNode.Parse(node))).Message
        );
    }

    [Theory]
    [InlineData("select", "candidates/rank5/selection/sql.jsonl", "tried:rank5")]
    [InlineData("seek", "candidates/rank4/selection/sql.jsonl", "round:")]
    [InlineData("decide", "candidates/rank5/adapter/adapter_model.safetensors", "obtained:rank5")]
    public void Damaged_answers_and_adapters_are_made_again_and_what_follows_from_them(
        string key,
        string name,
        string again
    )
    {
        ScriptedStudy study = Of(key);
        study.RunJobs(Jobs);
        string digest = Digest(Jobs),
            file = Path.Combine(Jobs, name),
            text = File.ReadAllText(file);
        File.WriteAllText(file, "0.125");

        IReadOnlyList<string> done = study.RunJobs(Jobs);

        Assert.Contains(done, d => d.StartsWith(again, StringComparison.Ordinal));
        Assert.Contains("judged", done);
        Assert.Equal(text, File.ReadAllText(file));
        Assert.Equal(digest, Digest(Jobs));
    }

    [Fact]
    public void Candidate_that_is_added_later_is_tried_and_all_are_judged_again()
    {
        ScriptedStudy study = Of("select");
        ScriptedStudy fewer = study with
        {
            Study = study.Study with
            {
                Candidates = study.Study.Candidates.Where(c => c.Key != "rank4").ToDictionary(),
            },
        };
        fewer.RunJobs(Jobs);
        study.Run(Local);

        IReadOnlyList<string> done = study.RunJobs(Jobs);

        Assert.Equal(["prepare", "tried:rank4", "tried:rank4-lambda-0.5", "judged", "compare"], done);
        Assert.Equal(Digest(Local), Digest(Jobs));
    }

    [Fact]
    public void What_one_process_left_is_resumed_by_jobs()
    {
        ScriptedStudy study = Of("seek");
        int seen = 0;
        Assert.Throws<OperationCanceledException>(() =>
            study.Run(
                Jobs,
                e =>
                {
                    if (
                        e is RunEvent.StageStarted { Stage: var s }
                        && s.EndsWith("selection", StringComparison.Ordinal)
                        && ++seen == 4
                    )
                    {
                        throw new OperationCanceledException();
                    }
                }
            )
        );
        study.Run(Local);

        study.RunJobs(Jobs);

        Assert.Equal(Digest(Local), Digest(Jobs));
    }

    [Fact]
    public void Publication_that_was_interrupted_is_completed_by_the_next_attempt()
    {
        ScriptedStudy study = Of("select");
        study.RunJobs(Jobs);
        string digest = Digest(Jobs);
        File.Delete(Path.Combine(Jobs, "base.manifest.json"));
        File.Delete(Path.Combine(Jobs, "compare.manifest.json"));

        Assert.True(study.RunAttempt(Jobs, StageNode.Judged, 20));
        study.RunStage(Jobs, new StageNode(Stage.Compare));

        Assert.Equal(digest, Digest(Jobs));
    }

    [Fact]
    public void Attempt_that_judges_writes_answers_and_decisions_and_reads_the_rest_from_the_run()
    {
        RunLayout run = new(folder) { Attempt = new Attempt(StageNode.Judged, folder, 3, 2) };
        string own = Path.Combine(folder, "attempts", "judged", "3-2");

        Assert.Equal(Path.Combine(own, "base", "sql.jsonl"), run.Answers("base", "sql"));
        Assert.Equal(Path.Combine(own, "candidates", "a", "selection.jsonl"), run.Answers("candidates/a", "selection"));
        Assert.Equal(Path.Combine(own, "selection.json"), run.Selected);
        Assert.Equal(Path.Combine(folder, "candidates", "a", "adapter"), run.Adapter("a"));
        Assert.Equal(Path.Combine(folder, "base", "selection", "sql.jsonl"), run.Answers("base/selection", "sql"));
        Assert.Equal(Path.Combine(folder, "base", "selection.manifest.json"), run.ManifestPath("base/selection"));
        Assert.Equal(Path.Combine(folder, "prepare.manifest.json"), run.ManifestPath("prepare"));
    }

    [Fact]
    public void Record_of_an_external_training_is_that_of_the_obtaining_job()
    {
        Assert.False(JudgedFiles.Holds($"candidates/a/{ExternalTrainer.LogName}"));
        Assert.False(JudgedFiles.Holds($"candidates/a/{ExternalTrainer.RecordName}"));
        Assert.True(JudgedFiles.Holds("candidates/a/measure.manifest.json"));
        Assert.False(JudgedFiles.Holds("candidates/a/obtain.manifest.json"));
    }

    [Fact]
    public void Search_within_a_time_is_refused_in_one_sentence() =>
        Assert.Contains(
            "give seek.trainings instead",
            Assert.Throws<InputException>(() => Of("select", new SeekPlan(Budget: "1h")).Submit(Jobs)).Message
        );

    [Fact]
    public void Candidate_by_itself_does_not_belong_to_a_study_that_judges_together() =>
        Assert.Throws<InputException>(() => Of("select").RunStage(Prepared("select"), StageNode.Of("rank3")));

    [Fact]
    public void Status_shows_which_candidates_are_tried_and_which_were_judged()
    {
        ScriptedStudy study = Of("seek");
        study.RunJobs(Jobs);
        Fulcrum.Jobs.Slurm.SlurmRecord.New().Write(new RunLayout(Jobs));

        RunStatus status = RunStatus.Of(new RunLayout(Jobs), []);

        Assert.Equal(
            ["prepare", "base", "round 1", "round 2", "round 3", "judged", "compare", "report"],
            status.Stages.Select(s => s.Name)
        );
        Assert.All(status.Stages.SkipLast(1), s => Assert.Equal(StageState.Done, s.State));
        Assert.DoesNotContain(status.Candidates, c => c.State is StageState.Failed or StageState.Waiting);
    }

    private string Prepared(string key)
    {
        Of(key).RunJobs(Jobs);
        return Jobs;
    }

    private static ScriptedStudy Of(string key, SeekPlan? seek = null) =>
        new()
        {
            Strength = t => t.Rank == 4 ? 0.9 : t.Rank / 20.0,
            Study = Swept with
            {
                Decide = key.Contains("decide", StringComparison.Ordinal),
                Select = key.Contains("select", StringComparison.Ordinal) && seek is null,
                Seek = key.Contains("seek", StringComparison.Ordinal) ? new SeekPlan(Trainings: 2.8) : seek,
            },
        };

    private static TrainPlan Training(int rank) => new(Epochs: 3, BatchSize: 4, Rank: rank);

    private static string StudyOf(string run) => File.ReadAllText(Path.Combine(run, "study.json"));

    private static string Digest(string run) => Sha256.OfFile(Path.Combine(run, "comparison.json"));
}
