using System.Diagnostics;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Jobs;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What is asked of Slurm, whose commands are replaced by scripts that write down how they are
/// called.</summary>
public sealed class SubmissionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-submission-").FullName;
    private readonly string? path = Environment.GetEnvironmentVariable("PATH");

    public SubmissionTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the scripts need a shell");
        Script("squeue", $"cat '{Queue}' 2>/dev/null || echo '{{\"jobs\": []}}'");
        Script("sbatch", $"echo \"sbatch $*\" >>'{Calls}'; case $* in *--test-only*) ;; *) wc -l <'{Calls}';; esac");
        Script("scancel", $"echo \"scancel $*\" >>'{Calls}'");
        Script("sinfo", "true");
        Environment.SetEnvironmentVariable("PATH", $"{folder}:{path}");
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", path);
        Directory.Delete(folder, recursive: true);
    }

    private string Calls => Path.Combine(folder, "calls");

    private string Queue => Path.Combine(folder, "queue.json");

    private string Run => Path.Combine(folder, "run");

    private RunLayout Layout => new(Run);

    [Fact]
    public void Complete_run_submits_nothing_and_keeps_its_comparison()
    {
        ScriptedStudy study = Finished();

        Assert.Equal(0, Submit(study));

        Assert.NotNull(Layout.Completed("compare"));
        Assert.True(File.Exists(Layout.Answers("base", "sql")));
    }

    [Fact]
    public void Comparison_of_then_is_not_taken_for_that_of_the_new_jobs()
    {
        ScriptedStudy study = Finished();
        File.AppendAllText(Layout.Answers("candidates/tuned", "sql"), "{}\n");

        Assert.Equal(3, Submit(study));

        Assert.Equal(["candidate:tuned", "compare", "report"], SlurmRecord.Read(Layout)!.Jobs.Select(j => j.Stages[0]));
        Assert.Null(Layout.Completed("compare"));
        Assert.Null(Layout.Completed("report"));
        Assert.False(Directory.Exists(Layout.At("candidates", "tuned")));
        Assert.Single(Attempt.All(Run, StageNode.Of("tuned")));
    }

    [Fact]
    public void Submission_that_is_stopped_submits_no_further_job()
    {
        ScriptedStudy study = Finished();
        File.Delete(Layout.ManifestPath("base"));

        Assert.ThrowsAny<OperationCanceledException>(() => Submit(study, new CancellationToken(true)));

        Assert.All(File.ReadAllLines(Calls), c => Assert.Contains("--test-only", c));
    }

    [Fact]
    public void Process_that_may_be_submitting_is_stopped_before_the_jobs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/sleep"), "a program is copied under our name");
        SubmitWithJob();
        using Process owner = Owner(Layout.At(RunLock.FileName));
        // A process that has ended has no program any more, although its number exists until its parent asks for it.
        string lives = $"[ -e /proc/{owner.Id}/exe ]";
        Script("squeue", $"{lives} && echo 'owner lives' >>'{Calls}'; cat '{Queue}'");
        WriteOwner(RunOwner.Here with { Process = owner.Id, Started = owner.StartTime.ToUniversalTime() });

        IReadOnlyList<string> stopped = RunCancel.Stop(Layout, default);

        Assert.Equal([$"process {owner.Id} saved its work and ended", "cancelled 1 jobs of Slurm: 12"], stopped);
        Assert.DoesNotContain("owner lives", File.ReadAllLines(Calls));
    }

    [Fact]
    public void Job_refuses_a_link_that_was_planted_after_the_submission_and_copies_nothing()
    {
        string secret = Path.Combine(folder, "secret");
        Directory.CreateDirectory(secret);
        File.WriteAllText(Path.Combine(secret, "key"), "x");
        StageNode prepare = StageNode.Parse("prepare");
        Directory.CreateDirectory(Attempt.FolderOf(Run, prepare));
        File.CreateSymbolicLink(Path.Combine(Attempt.FolderOf(Run, prepare), "9-9"), secret);
        Attempt attempt = Attempt.Parse("10-0", prepare, Run);

        string refused = Assert
            .Throws<InputException>(() => AttemptedStage.Run(attempt, SyntheticRun.Study(), _ => { }))
            .Message;

        Assert.Contains("9-9 is a link, which a run folder must not contain", refused);
        Assert.False(Directory.Exists(attempt.Root));
        Assert.Throws<InputException>(() => RunLock.Join(Run));
    }

    [Fact]
    public void Process_of_another_run_is_left_alone_although_owner_json_names_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/sleep"), "a program is copied under our name");
        Finished();
        using Process other = Owner("/dev/null");
        WriteOwner(RunOwner.Here with { Process = other.Id, Started = other.StartTime.ToUniversalTime() });

        string refused = Assert.Throws<InputException>(() => RunCancel.Stop(Layout, default)).Message;

        Assert.Equal(
            $"owner.json names process {other.Id}, which does not hold this run, so it is left alone",
            refused
        );
        Assert.False(other.HasExited);
        other.Kill();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(int.MinValue)]
    public void Number_of_no_process_holds_nothing(int process)
    {
        Finished();
        WriteOwner(RunOwner.Here with { Process = process });

        Assert.Empty(RunCancel.Stop(Layout, default));
    }

    // A program of the tool's name that has a file open.
    private Process Owner(string open)
    {
        string tool = Path.Combine(folder, "fulcrum");
        File.Copy("/bin/sleep", tool);
        Process started = Process.Start("/bin/bash", ["-c", "exec 9<\"$1\"; exec \"$0\" 60", tool, open]);
        while (!started.HasExited && File.ResolveLinkTarget($"/proc/{started.Id}/exe", false)?.FullName != tool)
        {
            Thread.Yield();
        }

        return started;
    }

    [Fact]
    public void Jobs_are_cancelled_although_the_process_that_holds_the_run_is_on_another_machine()
    {
        SubmitWithJob();
        WriteOwner(RunOwner.Here with { Host = "elsewhere" });

        Assert.Contains("on elsewhere", Assert.Throws<InputException>(() => RunCancel.Stop(Layout, default)).Message);

        Assert.Contains("scancel 12", File.ReadAllLines(Calls));
        Assert.True(SlurmRecord.Read(Layout)!.Cancelled);
    }

    [Fact]
    public void Later_job_waits_for_the_number_that_the_queue_tells_and_not_for_the_recorded_one()
    {
        ScriptedStudy study = SubmitWithJob();
        SlurmRecord record = SlurmRecord.Read(Layout)!;
        (record with { Jobs = [.. record.Jobs.Select(j => j with { Id = 777 })] }).Write(Layout);
        File.WriteAllText(Calls, "");

        Submit(study);

        string[] calls = File.ReadAllLines(Calls);
        Assert.Contains(calls, c => c.Contains("--dependency=afterok:12", StringComparison.Ordinal));
        Assert.DoesNotContain(calls, c => c.Contains("777", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("RUNNING", "base failed: the disk is full. The other jobs continue", false)]
    [InlineData("RUNNING", "base failed: the disk is full. The other jobs continue", true)]
    [InlineData("PENDING", "no job of the run is running; Slurm gives the reason None", false)]
    public void Failures_and_what_jobs_wait_for_are_told_while_the_jobs_go_on(string state, string says, bool isAgain)
    {
        ScriptedStudy study = SubmitWithJob();
        SlurmRecord record = SlurmRecord.Read(Layout)!;
        StageNode node = new(Stage.Base);
        AtomicFile.WriteText(
            RunStatus.LatestAttempt(Layout, node).At(FailureFile.PathOf(node)),
            """{"message":"the disk is full.","time":"2026-01-01T00:00:00Z"}"""
        );
        // The job of the base has ended, or runs again; another one goes on.
        string alive = isAgain ? record.Jobs[0].Name : record.Jobs[1].Name;
        File.WriteAllText(Queue, File.ReadAllText(Queue).Replace(record.Jobs[0].Name, alive).Replace("RUNNING", state));
        List<string> told = [];

        Assert.ThrowsAny<OperationCanceledException>(() =>
            new SlurmWatch(Layout, study.Study, Stage.Report).Follow(
                e =>
                    told.AddRange(
                        e is RunEvent.Warned w ? [w.Text]
                        : e is RunEvent.Noted n ? [n.Text]
                        : []
                    ),
                new CancellationToken(true)
            )
        );

        Assert.Equal(!isAgain, told.Contains(says));
    }

    private ScriptedStudy SubmitWithJob()
    {
        ScriptedStudy study = Finished();
        File.Delete(Layout.ManifestPath("base"));
        Submit(study);
        string name = SlurmRecord.Read(Layout)!.Jobs[0].Name;
        File.WriteAllText(
            Queue,
            $$"""
            {"jobs": [{"job_id": 12, "array_job_id": 0, "array_task_id": null, "array_task_string": "",
              "job_state": "RUNNING", "state_reason": "None", "name": "{{name}}", "restart_cnt": 0, "nodes": "n2"}]}
            """
        );
        return study;
    }

    private void WriteOwner(RunOwner owner) =>
        File.WriteAllText(Layout.At("owner.json"), JsonSerializer.Serialize(owner, JsonLines.Output));

    private ScriptedStudy Finished()
    {
        ScriptedStudy study = new();
        study.Run(Run);
        File.WriteAllText(Layout.ManifestPath("report"), File.ReadAllText(Layout.ManifestPath("compare")));
        return study;
    }

    private int Submit(ScriptedStudy study, CancellationToken cancellation = default) =>
        new SlurmRun(Layout, study.Submit(Run), new SlurmOptions(), ["fulcrum"], []).Submit(Stage.Report, cancellation);

    private void Script(string name, string text)
    {
        string file = Path.Combine(folder, name);
        File.WriteAllText(file, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
        }
    }
}
