using Fulcrum.Files;
using Fulcrum.Jobs;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What Slurm prints is read in both of its forms, and what it is given cannot be misread.</summary>
public sealed class SlurmJobTests
{
    [Fact]
    public void Queue_of_version_22_05_is_read()
    {
        SlurmJob[] jobs =
        [
            .. SlurmJob.Parse(
                """
                {"jobs": [
                  {"job_id": 12, "array_job_id": 10, "array_task_id": 2, "array_task_string": "", "job_state": "RUNNING",
                   "state_reason": "None", "name": "x", "restart_cnt": 1, "nodes": "n2"},
                  {"job_id": 10, "array_job_id": 10, "array_task_id": null, "array_task_string": "3,5-7%2",
                   "job_state": "PENDING", "state_reason": "DependencyNeverSatisfied", "name": "x", "restart_cnt": 0,
                   "nodes": ""},
                  {"job_id": 9, "array_job_id": 0, "array_task_id": null, "array_task_string": "", "job_state": "COMPLETED",
                   "state_reason": "None", "name": "y", "restart_cnt": 0, "nodes": "n1"}]}
                """
            )!,
        ];

        Assert.Equal([2], jobs[0].Tasks);
        Assert.True(jobs[0] is { IsRunning: true, Restarts: 1, Whole: 10, Nodes: "n2" });
        Assert.Equal([3, 5, 6, 7], jobs[1].Tasks);
        Assert.True(jobs[1] is { IsAlive: true, IsRunning: false, IsStuck: true });
        Assert.True(jobs[2] is { IsAlive: false, Whole: 9, Tasks: [] });
    }

    [Fact]
    public void Accounting_is_read_once_for_an_array_and_has_the_final_state_of_each_task()
    {
        int asked = 0;
        SlurmAccounts accounts = new(
            (_, _) =>
            {
                asked++;
                return new SlurmReply(0, "77_0|COMPLETED\n77_1|CANCELLED by 1000\n77_1|OUT_OF_MEMORY\n", "");
            }
        );
        SlurmEntry entry = new("fulcrum-x-1", ["candidate:a", "candidate:b", "candidate:c"], IsArray: true, 77);

        Assert.Equal(["COMPLETED", "OUT_OF_MEMORY", null], entry.Stages.Select(s => accounts.StateOf(entry, s)));
        Assert.Equal(1, asked);
    }

    [Fact]
    public void State_of_a_job_is_unknown_on_a_cluster_without_accounting()
    {
        SlurmAccounts none = new((_, _) => new SlurmReply(1, "", "Slurm accounting storage is disabled")),
            missing = new((_, _) => throw new InputException("there is no sacct on the PATH"));
        SlurmEntry entry = new("fulcrum-x-1", ["base"], IsArray: false, 5);

        Assert.Null(none.StateOf(entry, "base"));
        Assert.Null(missing.StateOf(entry, "base"));
    }

    [Fact]
    public void Queue_of_later_versions_is_read()
    {
        SlurmJob job = Assert.Single(
            SlurmJob.Parse(
                """
                {"jobs": [{"job_id": 12, "array_job_id": {"set": true, "infinite": false, "number": 10},
                  "array_task_id": {"set": true, "infinite": false, "number": 0}, "array_task_string": "",
                  "job_state": ["CANCELLED", "COMPLETING"], "state_reason": "None", "name": "x",
                  "restart_cnt": 0, "nodes": "n2"}]}
                """
            )!
        );

        Assert.Equal([0], job.Tasks);
        Assert.False(job.IsAlive);
    }

    [Fact]
    public void Indices_that_fall_are_none() => Assert.Equal([1, 7], SlurmJob.Indices("1,5-3,7"));

    [Fact]
    public void The_line_of_a_failure_in_parallel_work_is_that_of_its_first_sentence() =>
        Assert.Equal(
            JobLine.Of(new InputException("item 3: no answer")),
            JobLine.Of(new AggregateException(new InvalidOperationException(), new InputException("item 3: no answer")))
        );

    [Fact]
    public void Controller_that_does_not_answer_is_no_empty_queue() =>
        Assert.Null(SlurmJob.Parse("""{"errors": [{"description": "Failed while looking for jobs"}], "jobs": []}"""));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"jobs\": 3}")]
    [InlineData("slurm_load_jobs error")]
    public void Anything_else_is_refused(string text) => Assert.Throws<FulcrumException>(() => SlurmJob.Parse(text));

    [Theory]
    [InlineData("30", 30)]
    [InlineData("1:30:00", 90)]
    [InlineData("2-01", 49 * 60)]
    [InlineData("2-01:30", 49 * 60 + 30)]
    [InlineData("infinite", null)]
    [InlineData("99999999-0", null)]
    [InlineData("2000000000:00:00", null)]
    public void Time_limits_are_read_as_slurm_writes_them(string text, int? minutes) =>
        Assert.Equal(minutes, (int?)SlurmOptions.Limit(text)?.TotalMinutes);

    [Theory]
    [InlineData("--array=0-3")]
    [InlineData("-J")]
    [InlineData("-Jmine")]
    [InlineData("-a0-3")]
    [InlineData("-Ha0-3")]
    [InlineData("--arr=0")]
    [InlineData("--job=x")]
    [InlineData("--")]
    [InlineData("--dependency=afterok:1")]
    [InlineData("-M")]
    [InlineData("-Mother")]
    [InlineData("-sMother")]
    [InlineData("--clusters=other")]
    [InlineData("--clu=other")]
    [InlineData("other.sh")]
    [InlineData("-")]
    public void Options_that_the_run_sets_itself_are_refused(string option) =>
        Assert.Contains(option, Assert.Throws<InputException>(() => new SlurmOptions(More: [option]).Check()).Message);

    [Fact]
    public void Options_that_only_look_similar_are_accepted() =>
        new SlurmOptions(More: ["--export=ALL", "--exclusive", "--nodes=1", "--mem=4G", "-pJ", "-H"]).Check();

    [Theory]
    [InlineData("exec --runtimeconfig a.json tools/Fulcrum.Cli.dll cancel", "/w/tools/Fulcrum.Cli.dll")]
    [InlineData("/opt/other.dll Fulcrum.Cli.dll", "/opt/other.dll")]
    [InlineData("build", null)]
    public void Program_of_dotnet_is_the_first_assembly_of_its_command_line(string words, string? assembly) =>
        Assert.Equal(assembly, RunOwner.AssemblyIn(words.Split(' '), "/w"));

    [Fact]
    public void Run_folder_with_a_link_is_refused_before_its_study_is_read()
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-status-").FullName;
        File.CreateSymbolicLink(Path.Combine(folder, "study.json"), "/dev/null");

        string message = Assert.Throws<InputException>(() => RunStatus.Of(new RunLayout(folder))).Message;

        Assert.Contains("is a link", message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Paths_stand_in_a_script_as_one_word_each()
    {
        RunLayout run = new("/shared/o'brien $(id) \"x\"");

        string script = JobScript.Of(
            ["/opt/a b/fulcrum"],
            run,
            [StageNode.Of("a"), StageNode.Of("b-0.5")],
            ["--plain"]
        );

        Assert.Contains("'/opt/a b/fulcrum' run '/shared/o'\\''brien $(id) \"x\"/study.json' --output", script);
        Assert.Contains("stages=('candidate:a' 'candidate:b-0.5')", script);
        Assert.Contains(
            "\nexport DOTNET_TC_DelaySingleProcMultiplier=${DOTNET_TC_DelaySingleProcMultiplier:-1}\n",
            script
        );
        Assert.Throws<InputException>(() => JobScript.Of(["x"], new RunLayout("/a\nb"), [StageNode.Of("a")], []));
    }

    [Fact]
    public void Task_that_a_shortened_list_leaves_out_counts_as_waiting()
    {
        SlurmEntry entry = new("x", [.. Enumerable.Range(0, 40).Select(i => $"candidate:c{i}")], IsArray: true, Id: 5);
        SlurmJob job = Assert.Single(
            SlurmJob.Parse(
                """
                {"jobs": [{"job_id": 5, "array_job_id": 5, "array_task_id": null, "array_task_string": "1,3,5,...",
                  "job_state": "PENDING", "state_reason": "Resources", "name": "x", "restart_cnt": 0, "nodes": ""}]}
                """
            )!
        );

        Assert.Same(job, entry.JobOf("candidate:c33", [job]));
        Assert.Null(entry.JobOf("candidate:c40", [job]));
    }

    [Fact]
    public void Job_whose_number_was_not_recorded_is_found_by_its_name()
    {
        SlurmRecord record = SlurmRecord.New();
        string name = record.NextName();
        record = record.With(new SlurmEntry(name, ["prepare"], false)).With(new SlurmEntry("lost", ["base"], false));

        SlurmRecord healed = record.WithNumbers([new SlurmJob(31, 0, [], ["PENDING"], "", name, 0, "")]);

        Assert.Equal([31, null], healed.Jobs.Select(j => j.Id));
        Assert.EndsWith("-3", healed.NextName());
    }

    [Theory]
    [InlineData("victim", "victim-job")]
    [InlineData("0123456789", "fulcrum-abcdefabcd-1")]
    [InlineData("0123456789", "fulcrum-0123456789-../1")]
    [InlineData("0123456789", "fulcrum-0123456789-")]
    [InlineData("../../../x", "fulcrum-../../../x-1")]
    [InlineData("/../../../", null)]
    [InlineData("", null)]
    public void Record_that_names_jobs_of_no_run_is_refused(string run, string? name)
    {
        RunLayout layout = new(Directory.CreateTempSubdirectory("fulcrum-record-").FullName);
        SlurmEntry[] jobs = name is null ? [] : [new SlurmEntry(name, ["prepare"], IsArray: false, Id: 7)];
        new SlurmRecord(run, jobs).Write(layout);

        InputException refused = Assert.Throws<InputException>(() => SlurmRecord.Read(layout));

        Assert.Contains("slurm.json: it names jobs that do not belong to a run", refused.Message);
        Directory.Delete(layout.Root, recursive: true);
    }

    [Fact]
    public void Job_with_a_script_in_another_run_folder_does_not_belong_to_the_run()
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-scripts-").FullName;
        (RunLayout run, RunLayout other) = (new(Path.Combine(folder, "a")), new(Path.Combine(folder, "b")));
        const string Name = "fulcrum-0123456789-1";
        SlurmJob job = new(31, 0, [], ["PENDING"], "", Name, 0, "", Script: other.At("slurm", Name + ".sh"));
        AtomicFile.WriteText(job.Script, "#!/bin/bash\n");
        Directory.CreateSymbolicLink(Path.Combine(folder, "alias"), other.Root);

        Assert.False(job.IsOf(run));
        Assert.True(job.IsOf(other));
        Assert.True(job.IsOf(new RunLayout(Path.Combine(folder, "alias"))));
        Assert.True((job with { Script = "" }).IsOf(run));
        Directory.Delete(folder, recursive: true);
    }
}
