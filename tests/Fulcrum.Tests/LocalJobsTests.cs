using Fulcrum.Jobs;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Which candidates this process does itself, and what happens if one of them fails.</summary>
public sealed class LocalJobsTests
{
    private static readonly StageNode[] Open = [.. "abc".Select(c => StageNode.Of($"{c}"))];

    private static Study Sweep(int threads) =>
        new(
            new BasePlan("model", Threads: threads),
            new Dictionary<string, Tasks.TaskPlan>(),
            Open.ToDictionary(n => n.Candidate!, _ => new CandidatePlan(Adapter: "elsewhere"))
        );

    // Starting a process fails, so what is done was done here.
    private static void Run(
        Action<StageNode> here,
        int threads = 1,
        int gpus = 0,
        CancellationToken cancellation = default
    )
    {
        using LocalJobs jobs = new(1, _ => gpus, _ => throw new NotSupportedException("a process is started"));
        jobs.Warm(Sweep(threads), Open.Length);
        jobs.Run(Sweep(threads), Open, here, _ => { }, cancellation);
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
    [InlineData(1, 2)]
    [InlineData(4096, 0)]
    public void Gpus_and_threads_that_share_a_core_are_left_to_processes_of_their_own(int threads, int gpus) =>
        Assert.Throws<NotSupportedException>(() => Run(_ => Assert.Fail("done here"), threads, gpus));

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
