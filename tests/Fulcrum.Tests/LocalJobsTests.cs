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

    [Fact]
    public void Candidates_that_were_open_at_the_beginning_are_done_and_no_others()
    {
        using LocalJobs jobs = new(4, _ => 0, _ => throw new NotSupportedException("a process is started"));
        jobs.Begin(Sweep(1), Open[..1], _ => { }, default);
        List<StageNode> done = [];

        jobs.Run(Sweep(1), Open, done.Add, _ => { }, default);

        Assert.Equal(Open[..1], done);
    }

    [Theory]
    [InlineData(1, "cuda")]
    [InlineData(1, "cuda:1")]
    [InlineData(4096, "cpu")]
    public void Gpus_and_threads_that_share_a_core_are_left_to_processes_of_their_own(int threads, string device) =>
        Assert.Throws<NotSupportedException>(() => Run(_ => Assert.Fail("done here"), threads, device));

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
