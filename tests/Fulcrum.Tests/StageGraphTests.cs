using Fulcrum.Jobs;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The stages of a study as a graph, and who does which of them.</summary>
public sealed class StageGraphTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-graph-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly Study Sweep = new(
        new BasePlan("model"),
        new Dictionary<string, Tasks.TaskPlan>(),
        new Dictionary<string, CandidatePlan>
        {
            ["a"] = new(Train: new TrainPlan()),
            ["a-lambda-0.5"] = new(From: "a", Lambda: 0.5),
            ["a-seed-2"] = new(From: "a", Seed: 2),
            ["given"] = new(Adapter: "elsewhere"),
            ["given-lambda-0.5"] = new(From: "given", Lambda: 0.5),
        }
    );

    [Fact]
    public void Derived_candidate_needs_the_files_of_a_parent_that_is_made()
    {
        StageGraph graph = StageGraph.Of(Sweep);

        Assert.Equal(["base", "candidate:a"], Needs("candidate:a-lambda-0.5"));
        Assert.Equal(["base"], Needs("candidate:a-seed-2"));
        Assert.Equal(["base"], Needs("candidate:given-lambda-0.5"));
        Assert.Equal(["prepare"], Needs("base"));
        Assert.Equal(6, graph.Needs[new StageNode(Stage.Compare)].Count);
        Assert.Equal([4, 1], graph.Levels().Select(l => l.Count));

        string[] Needs(string name) => [.. graph.Needs[StageNode.Parse(name)].Select(n => n.Name)];
    }

    [Fact]
    public void Candidate_that_is_trained_again_for_fewer_steps_is_made_by_the_run() =>
        Assert.True(new CandidatePlan(From: "a", MaxSteps: 5).IsMade);

    [Theory]
    [InlineData(0, null, "0")]
    [InlineData(3, "", "1")]
    [InlineData(1, "4,6", "6")]
    [InlineData(2, "GPU-a, GPU-b", "GPU-a")]
    public void Job_gets_a_gpu_of_those_that_this_process_may_use(int job, string? visible, string device) =>
        Assert.Equal(device, VisibleGpu.Of(job, 2, visible));

    [Theory]
    [InlineData("candidate:")]
    [InlineData("candidate:../x")]
    [InlineData("candidate:a/b")]
    [InlineData("candidates")]
    [InlineData("all")]
    [InlineData("base:2/2")]
    public void Name_of_no_stage_is_refused(string name) => Assert.Throws<InputException>(() => StageNode.Parse(name));

    [Fact]
    public void Queue_hands_a_derived_candidate_out_after_its_parent_and_not_if_the_parent_failed()
    {
        StageGraph graph = StageGraph.Of(Sweep);
        JobQueue queue = new(n => graph.Needs[n], graph.Candidates);
        StageNode[] first = [.. Enumerable.Range(0, 4).Select(_ => queue.Take(default)!)];

        queue.End(first[0], new FulcrumException("disk"));
        first[1..].ToList().ForEach(n => queue.End(n, null));

        Assert.Equal(["a", "a-seed-2", "given", "given-lambda-0.5"], first.Select(n => n.Candidate));
        Assert.Null(queue.Take(default));
        Assert.Equal("a-lambda-0.5", Assert.Single(queue.Waiting).Candidate);
        Assert.Equal("a", Assert.Single(queue.Failed).Node.Candidate);
    }

    [Fact]
    public void Jobs_get_disjoint_cores_of_equal_number()
    {
        int[] all = [0, 1, 2, 3, 8, 9, 10];

        Assert.Equal(
            [
                [0, 1, 2],
                [3, 8, 9],
            ],
            Enumerable.Range(0, 2).Select(j => Cores.Part(all, j, 2))
        );
        Assert.Equal([0], Cores.Part([0, 1], 2, 3));
    }

    [Fact]
    public void First_attempt_is_published_and_a_later_one_is_not()
    {
        StageNode node = StageNode.Of("a");
        Attempt stale = new(node, folder, 7, 0),
            next = new(node, folder, 7, 1);
        stale.Begin();
        Write(stale, "answers.jsonl", "half");
        next.Begin();
        Assert.Equal("half", Read(next, "answers.jsonl"));

        Write(stale, "answers.jsonl", "stale");
        Write(next, "answers.jsonl", "whole");
        Write(
            next,
            "measure.manifest.json",
            """{"stage":"candidates/a/measure","inputs":"","outputs":{},"seconds":1,"environment":{}}"""
        );
        next.Publish();
        string published = File.ReadAllText(Path.Combine(folder, "candidates", "a", "answers.jsonl"));
        // The earlier attempt's folder went with the publication; a copy that still runs writes a new one.
        Write(stale, "answers.jsonl", "stale");

        Assert.Equal("whole", published);
        Assert.Contains("another attempt", Assert.Throws<FulcrumException>(stale.Publish).Message);
        Assert.Equal("whole", File.ReadAllText(Path.Combine(folder, "candidates", "a", "answers.jsonl")));
    }

    [Fact]
    public void Attempt_reads_other_stages_from_the_run_and_its_own_from_its_folder()
    {
        RunLayout run = new(folder) { Attempt = new Attempt(StageNode.Of("a"), folder, 3, 2) };

        Assert.Equal(
            Path.Combine(folder, "attempts", "candidates", "a", "3-2", "candidates", "a", "adapter"),
            run.Adapter("a")
        );
        Assert.Equal(Path.Combine(folder, "candidates", "ab", "adapter"), run.Adapter("ab"));
        Assert.Equal(Path.Combine(folder, "base", "t.jsonl"), run.Answers("base", "t"));
    }

    [Fact]
    public void Failure_of_a_stage_is_recorded_until_it_is_done_again()
    {
        RunLayout run = new(folder);
        StageNode node = StageNode.Of("a");

        Assert.Throws<InputException>(() =>
            FailureFile.Record(run, node, () => throw new InputException("no such adapter"))
        );
        string? then = FailureFile.Read(run, node)?.Message;
        Assert.Throws<OperationCanceledException>(() =>
            FailureFile.Record(run, node, () => throw new OperationCanceledException())
        );

        Assert.Equal("no such adapter", then);
        Assert.Null(FailureFile.Read(run, node));
    }

    [Fact]
    public void Candidate_is_held_by_one_process_at_a_time()
    {
        Directory.CreateDirectory(folder);
        using RunLock first = RunLock.Join(folder),
            second = RunLock.Join(folder);

        using (first.HoldCandidate("a"))
        {
            Assert.Contains("held by another", Assert.Throws<InputException>(() => second.HoldCandidate("a")).Message);
            using IDisposable other = second.HoldCandidate("b");
        }

        second.HoldCandidate("a").Dispose();
    }

    private static void Write(Attempt attempt, string name, string text)
    {
        string path = Path.Combine(attempt.Root, "candidates", "a", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static string Read(Attempt attempt, string name) =>
        File.ReadAllText(Path.Combine(attempt.Root, "candidates", "a", name));
}
