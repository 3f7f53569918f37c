using Fulcrum.Jobs;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>A study whose stages other processes do, repeated after a change, a loss or an interruption.</summary>
public sealed class JobStudyTests : IDisposable
{
    private static readonly StageNode Tuned = StageNode.Of("tuned"),
        Measured = new(Stage.Base);
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-jobs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Answers => Path.Combine(folder, "candidates", "tuned", "sql.jsonl");

    [Fact]
    public void Candidate_of_another_plan_is_refused_by_local_jobs_and_by_a_submission()
    {
        ScriptedStudy study = new();
        study.RunInJobs(folder);
        ScriptedStudy other = Changed(study);
        string stored = File.ReadAllText(Path.Combine(folder, "study.json"));

        InputException submitted = Assert.Throws<InputException>(() => other.Submit(folder)),
            compared = Assert.Throws<InputException>(() => other.RunStage(folder, new StageNode(Stage.Compare)));
        bool prepared = new RunLayout(folder).Completed("prepare") is not null;
        string after = File.ReadAllText(Path.Combine(folder, "study.json"));
        InputException run = Assert.Throws<InputException>(() => other.RunInJobs(folder));

        Assert.All([submitted, compared, run], e => Assert.Contains("tuned was measured from another plan", e.Message));
        Assert.True(prepared, "a refused submission reopened the stage prepare");
        Assert.Equal(stored, after);
    }

    [Fact]
    public void Refused_submission_and_a_refused_run_leave_the_run_as_it_was()
    {
        ScriptedStudy study = new();
        study.Run(folder);
        string stored = File.ReadAllText(Path.Combine(folder, "study.json"));

        Assert.Throws<InputException>(() => Changed(study).Submit(folder));
        Assert.Equal(stored, File.ReadAllText(Path.Combine(folder, "study.json")));
        Assert.Throws<InputException>(() => Changed(study).Run(folder));
        Assert.Equal(stored, File.ReadAllText(Path.Combine(folder, "study.json")));

        Assert.Empty(study.Submit(folder).Doubtful);
        Assert.NotNull(new RunLayout(folder).Completed("compare"));
    }

    [Fact]
    public void Modified_answers_are_measured_again_by_local_jobs_and_complete_ones_are_not()
    {
        ScriptedStudy study = new();
        study.Run(folder);
        string whole = File.ReadAllText(Answers);
        File.WriteAllText(Answers, whole.Replace("answer 1", "answer 2", StringComparison.Ordinal));

        Assert.Equal(["tuned"], study.RunInJobs(folder));

        Assert.Equal(whole, File.ReadAllText(Answers));
        Assert.Empty(study.RunInJobs(folder));
        Assert.Single(study.Trained);
    }

    [Theory]
    [InlineData("candidates/tuned/sql.jsonl")]
    [InlineData("base/sql.jsonl")]
    public void Modified_answers_are_measured_again_by_a_job_of_the_cluster(string name)
    {
        ScriptedStudy study = new();
        study.Run(folder);
        string file = Path.Combine(folder, name),
            whole = File.ReadAllText(file);
        StageNode node = name.StartsWith("base", StringComparison.Ordinal) ? Measured : Tuned;
        File.AppendAllText(file, "{}\n");

        Assert.Equal([node], study.Submit(folder).Doubtful);
        Attempt.SetAside(folder, node);

        Assert.True(study.RunAttempt(folder, node, 5));
        Assert.Equal(whole, File.ReadAllText(file));
        Assert.Single(study.Trained);
        Assert.Empty(study.Submit(folder).Doubtful);
    }

    [Fact]
    public void Modified_adapter_is_made_again_by_a_job_of_the_cluster()
    {
        ScriptedStudy study = new();
        study.Run(folder);
        string file = Path.Combine(new RunLayout(folder).Adapter("tuned"), "adapter_model.safetensors"),
            whole = File.ReadAllText(file);
        File.WriteAllText(file, "0.5");

        Assert.Equal([Tuned], study.Submit(folder).Doubtful);
        Attempt.SetAside(folder, Tuned);

        Assert.True(study.RunAttempt(folder, Tuned, 5));
        Assert.Equal(whole, File.ReadAllText(file));
        Assert.Empty(study.Submit(folder).Doubtful);
    }

    [Fact]
    public void Damaged_comparison_is_written_again_by_a_job_of_the_cluster()
    {
        ScriptedStudy study = new();
        study.Run(folder);
        File.AppendAllText(Path.Combine(folder, "comparison.json"), " ");

        study.Submit(folder);

        Assert.Null(new RunLayout(folder).Completed("compare"));
    }

    [Fact]
    public void Study_that_changes_before_it_was_prepared_leaves_what_an_earlier_one_left_to_the_jobs()
    {
        ScriptedStudy study = new();
        study.Run(folder);
        File.Delete(Path.Combine(folder, "prepare.manifest.json"));

        Assert.Equal([Measured, Tuned], study.Submit(folder).Doubtful);
        Assert.Empty(study.Submit(folder).Doubtful);
    }

    [Fact]
    public void What_an_interrupted_run_of_this_machine_left_is_resumed_by_a_job_and_does_not_block_it()
    {
        ScriptedStudy study = new();
        Assert.Throws<OperationCanceledException>(() => study.Run(folder, StopAfterTraining));
        int trained = study.Trained.Count;
        string place = Path.Combine(folder, "candidates", "tuned");
        File.WriteAllText(
            Path.Combine(place, "failed.json"),
            """{"message":"no disk","time":"2026-01-01T00:00:00Z"}"""
        );
        using FileStream held = new(Path.Combine(place, "candidate.lock"), FileMode.OpenOrCreate);

        Attempt.SetAside(folder, Tuned);

        Assert.Null(RunStatus.FailureOf(new RunLayout(folder), Tuned));
        Assert.True(study.RunAttempt(folder, Tuned, 5));
        Assert.Equal(trained, study.Trained.Count);
        Assert.Empty(study.Submit(folder).Doubtful);
        Assert.Empty(Attempt.All(folder, Tuned));
    }

    [Fact]
    public void Attempt_replaces_a_folder_whose_manifest_is_missing()
    {
        ScriptedStudy study = new();
        study.Run(folder);
        File.Delete(Path.Combine(folder, "base.manifest.json"));
        File.AppendAllText(Path.Combine(folder, "base", "sql.jsonl"), "{\"half");

        Assert.True(study.RunAttempt(folder, Measured, 5));

        Assert.Empty(study.Submit(folder).Doubtful);
    }

    [Fact]
    public void Stage_that_compares_runs_while_another_process_submits()
    {
        ScriptedStudy study = new();
        study.Run(folder);
        File.Delete(Path.Combine(folder, "compare.manifest.json"));
        using RunLock submitting = RunLock.Open(folder);

        study.RunStage(folder, new StageNode(Stage.Compare));

        Assert.NotNull(new RunLayout(folder).Completed("compare"));
    }

    [Fact]
    public void Other_process_begins_with_a_candidate_after_the_checks_and_before_the_base_is_measured()
    {
        RunLayout run = new(folder),
            whole = new(Path.Combine(folder, "whole"));
        List<(bool Checked, bool Prepared, bool Base, bool Candidate)> seen = [];

        new ScriptedStudy().RunBeside(
            folder,
            () =>
                seen.Add(
                    (
                        File.Exists(run.Guards("prepare")),
                        run.Completed("prepare") is not null,
                        run.Completed("base") is not null,
                        run.Completed("candidates/tuned/measure") is not null
                    )
                )
        );
        new ScriptedStudy().Run(whole.Root);

        Assert.Equal([(true, false, false, false), (true, false, false, true)], seen);
        Assert.Equal(File.ReadAllText(whole.Comparison), File.ReadAllText(run.Comparison));
    }

    [Fact]
    public void Candidates_that_a_repeated_run_does_not_name_are_warned_of_once_and_kept()
    {
        ScriptedStudy study = new();
        ScriptedStudy two = study with
        {
            Study = study.Study with
            {
                Candidates = new Dictionary<string, CandidatePlan>
                {
                    ["tuned"] = study.Study.Candidates["tuned"],
                    ["tuned-epochs-1"] = new(Train: new TrainPlan(Epochs: 1, BatchSize: 4)),
                },
            },
        };
        two.Run(folder);
        List<string> submitted = [],
            told = [];
        void Tell(RunEvent e) =>
            told.AddRange(
                e switch
                {
                    RunEvent.Warned w when w.Text.Contains("not name") => [w.Text],
                    RunEvent.StageStarted s when s.Stage.StartsWith("candidates/", StringComparison.Ordinal) =>
                    [
                        s.Stage,
                    ],
                    _ => Array.Empty<string>(),
                }
            );

        study.Run(folder, Tell);
        int first = told.Count;
        study.Run(folder, Tell);
        two.Run(folder, Tell);
        study.Submit(folder, submitted.Add);

        Assert.Equal((1, 1), (first, told.Count));
        Assert.StartsWith(
            "the run folder holds candidates that this study does not name: tuned-epochs-1. ",
            Assert.Single(submitted)
        );
        Assert.Equal(submitted, told);
        Assert.NotNull(new RunLayout(folder).Completed("candidates/tuned-epochs-1/measure"));
    }

    private static void StopAfterTraining(RunEvent happened)
    {
        if (happened is RunEvent.StageStarted { Stage: "candidates/tuned/measure" })
        {
            throw new OperationCanceledException();
        }
    }

    private static ScriptedStudy Changed(ScriptedStudy study) =>
        study with
        {
            Study = study.Study with
            {
                Candidates = new Dictionary<string, CandidatePlan>
                {
                    ["tuned"] = new(Train: new TrainPlan(Epochs: 3, BatchSize: 8)),
                },
            },
        };
}
