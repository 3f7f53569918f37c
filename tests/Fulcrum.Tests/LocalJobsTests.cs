using System.Diagnostics;
using Fulcrum.Jobs;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Which candidates this process does itself, and what happens if one of them fails.</summary>
public sealed class LocalJobsTests
{
    private static readonly StageNode[] Open = [.. "abc".Select(c => StageNode.Of($"{c}"))];

    private static Study Sweep(int threads, string device = "cpu") =>
        new(
            new BasePlan("model", Threads: threads, Device: device),
            new Dictionary<string, Tasks.TaskPlan>(),
            Open.ToDictionary(n => n.Candidate!, _ => new CandidatePlan(Adapter: "elsewhere"))
        );

    // Starting a process fails, so what is done was done here.
    private static void Run(
        Action<StageNode> here,
        int threads = 1,
        string device = "cpu",
        CancellationToken cancellation = default
    )
    {
        using LocalJobs jobs = new(1, _ => 0, _ => throw new NotSupportedException("a process is started"));
        jobs.Warm(Sweep(threads, device), Open.Length);
        jobs.Run(Sweep(threads, device), Open, here, _ => { }, cancellation);
    }

    [Fact]
    public void First_job_is_this_process()
    {
        List<StageNode> done = [];

        Run(done.Add);

        Assert.Equal(Open, done);
    }

    // A process that does every stage at once.
    private static ProcessStartInfo Answering() =>
        Shell($"while read name; do echo '{Started}'; echo '{new JobLine(JobLineKind.Ready).Print()}'; done");

    private static ProcessStartInfo Shell(string script) => new("/bin/sh", ["-c", script]);

    private static string Started => JobLine.Of(new RunEvent.StageStarted("begun")).Print();

    [Fact]
    public void Other_processes_begin_with_the_open_candidates_and_with_no_others_while_this_one_has_other_work()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the processes begin later there");
        using CancellationTokenSource late = new(TimeSpan.FromMinutes(1));
        using Barrier both = new(2);
        using CountdownEvent begun = new(2);
        using LocalJobs jobs = new(
            4,
            _ => 0,
            _ =>
            {
                both.SignalAndWait(late.Token); // one process for each candidate
                return Answering();
            }
        );

        jobs.Begin(
            Sweep(1),
            Open[..2],
            e => _ = e is RunEvent.StageStarted { Stage: "begun" } && begun.Signal(),
            late.Token
        );
        begun.Wait(late.Token);
        jobs.Run(Sweep(1), Open, _ => Assert.Fail("no candidate is left"), _ => { }, late.Token);
    }

    [Fact]
    public void Process_that_does_not_end_is_named_and_stopped_when_the_run_fails()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the processes begin later there");

        string told = EndedWhileWorking("trap '' TERM", TimeSpan.FromMilliseconds(100), _ => { });

        Assert.Equal(
            "the run ends once its processes have saved their work (candidate:b). A process that needs longer than "
                + "0.1 s is stopped, and Ctrl+C stops it at once",
            told
        );
    }

    [Fact]
    public void Interrupted_run_waits_until_its_processes_have_saved()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the processes begin later there");
        string folder = Directory.CreateTempSubdirectory("fulcrum-local-").FullName,
            wanted = Path.Combine(folder, "wanted"),
            saved = Path.Combine(folder, "saved");

        string told = EndedWhileWorking(
            $"trap 'while [ ! -e {wanted} ]; do :; done; echo >{saved}; exit 0' TERM",
            TimeSpan.FromMinutes(1),
            interrupted => interrupted.Cancel(),
            // After a process that was stopped at once would have ended.
            () => Task.Delay(200).ContinueWith(_ => File.WriteAllText(wanted, ""), TaskScheduler.Default)
        );

        Assert.EndsWith("A process that needs longer than 1 min is stopped", told);
        Assert.True(File.Exists(saved));
        Directory.Delete(folder, recursive: true);
    }

    // Ends the jobs while a process works on a candidate. Returns what was told meanwhile.
    private static string EndedWhileWorking(
        string prepared,
        TimeSpan timeToSave,
        Action<CancellationTokenSource> before,
        Action? onTold = null
    )
    {
        using CancellationTokenSource stop = new(TimeSpan.FromMinutes(1));
        using ManualResetEventSlim begun = new();
        List<string> told = [];
        LocalJobs jobs = new(
            2,
            _ => 0,
            _ => Shell($"{prepared}; read name; echo '{Started}'; while :; do :; done"),
            timeToSave
        );
        void Tell(RunEvent happened)
        {
            if (happened is RunEvent.StageStarted { Stage: "begun" })
            {
                begun.Set();
            }

            if (happened is RunEvent.Noted noted)
            {
                told.Add(noted.Text);
                onTold?.Invoke();
            }
        }

        jobs.Begin(Sweep(1), Open[1..2], Tell, stop.Token);
        begun.Wait(stop.Token);
        before(stop);
        jobs.Dispose();
        return Assert.Single(told);
    }

    [Fact]
    public void Failure_is_told_while_others_go_on_and_not_at_the_end()
    {
        List<string> told = [];
        using LocalJobs jobs = new(1, _ => 0, _ => throw new NotSupportedException("a process is started"));

        Assert.Throws<InputException>(() =>
            jobs.Run(
                Sweep(1),
                Open,
                node => throw new InputException($"no adapter in {node.Candidate}."),
                e => told.AddRange(e is RunEvent.Warned { IsStatedElsewhere: true } w ? [w.Text] : []),
                default
            )
        );

        Assert.Equal(
            [
                "candidate:a failed: no adapter in a. The others continue",
                "candidate:b failed: no adapter in b. The others continue",
            ],
            told
        );
    }

    [Fact]
    public void Event_of_another_process_arrives_as_it_was_sent()
    {
        RunEvent[] sent =
        [
            new RunEvent.StageStarted("candidates/a/obtain"),
            new RunEvent.StageSkipped("candidates/a/obtain"),
            new RunEvent.StageEnded("candidates/a/obtain"),
            new RunEvent.Progressed("base", "sql", 3, 40, ProgressUnit.Texts),
            new RunEvent.Noted("a note"),
        ];

        Assert.Equal(sent, sent.Select(e => JobLine.Parse(JobLine.Of(e).Print())!.Event()));
    }

    [Theory]
    [InlineData(1, "cuda")]
    [InlineData(1, "cuda:1")]
    [InlineData(4096, "cpu")]
    public void Gpus_and_threads_that_share_a_core_are_left_to_processes_of_their_own(int threads, string device) =>
        Assert.EndsWith(
            "a process is started",
            Assert.Throws<FulcrumException>(() => Run(_ => Assert.Fail("done here"), threads, device)).Message
        );

    [Fact]
    public void Process_that_cannot_be_started_in_advance_stops_nothing()
    {
        using LocalJobs jobs = new(3, _ => 0, _ => throw new InputException("the tool is missing"));

        jobs.Warm(Sweep(1));

        Assert.Equal(3, jobs.Count);
    }

    [Fact]
    public void Candidate_whose_process_cannot_be_started_fails_and_those_that_need_it_are_not_waited_for()
    {
        using CancellationTokenSource late = new(TimeSpan.FromMinutes(1));
        using ManualResetEventSlim refused = new();
        Dictionary<string, CandidatePlan> trained = "ab".ToDictionary(
            c => $"{c}",
            _ => new CandidatePlan(Train: new TrainPlan())
        );
        "ab".ToList().ForEach(c => trained[$"{c}-half"] = new CandidatePlan(From: $"{c}", Lambda: 0.5));
        Study study = Sweep(1) with { Candidates = trained };
        List<string> done = [];
        using LocalJobs jobs = new(
            2,
            _ => 0,
            _ =>
            {
                refused.Set();
                throw new FulcrumException("no memory is left");
            }
        );

        // The first candidate here ends after the other one was taken.
        FulcrumException failure = Assert.Throws<FulcrumException>(() =>
            jobs.Run(
                study,
                [.. trained.Keys.Select(StageNode.Of)],
                node =>
                {
                    refused.Wait(late.Token);
                    done.Add(node.Candidate!);
                },
                _ => { },
                late.Token
            )
        );

        Assert.Matches("^candidate:[ab]: no memory is left$", failure.Message);
        Assert.Equal([$"{done[0]}", $"{done[0]}-half"], done);
    }

    [Fact]
    public void Warning_of_another_process_is_stored_with_no_stage_of_this_one()
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-local-").FullName;
        using (RunLock run = RunLock.Open(folder))
        {
            List<RunEvent> told = [];
            Stages stages = new(run, new Engines([]), new ExperimentSettings(told.Add));
            JobLine line = JobLine.Parse(JobLine.Of(new RunEvent.Warned("of b, in /secret/model")).Print())!;

            stages.Report(line.Event()!);
            stages.Run("candidates/a/measure", "", [], () => []);

            Assert.Contains("of b, in /secret/model", told.OfType<RunEvent.Warned>().Select(w => w.Text));
            Assert.Null(run.Layout.Completed("candidates/a/measure")!.Warnings);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Candidate_that_fails_here_is_named_and_does_not_stop_the_others()
    {
        List<StageNode> done = [];
        void Do(StageNode node)
        {
            if (node == Open[0])
            {
                throw new InputException("the adapter is empty");
            }

            done.Add(node);
        }

        InputException failure = Assert.Throws<InputException>(() => Run(Do));

        Assert.Equal("candidate:a: the adapter is empty", failure.Message);
        Assert.Equal(Open[1..], done);
    }

    [Fact]
    public void Cancelled_work_is_no_failure_and_no_other_candidate_begins()
    {
        using CancellationTokenSource cancelled = new();
        List<StageNode> done = [];
        void Do(StageNode node)
        {
            done.Add(node);
            cancelled.Cancel();
            cancelled.Token.ThrowIfCancellationRequested();
        }

        Assert.ThrowsAny<OperationCanceledException>(() => Run(Do, cancellation: cancelled.Token));

        Assert.Equal(Open[..1], done);
    }
}
