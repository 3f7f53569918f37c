using System.Text.Json.Nodes;
using Fulcrum.Jobs;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What the state of a candidate is read from.</summary>
public sealed class RunStatusTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-status-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Candidate_whose_process_has_ended_is_interrupted_however_recent_its_progress_is()
    {
        ScriptedStudy study = new();
        Assert.Throws<OperationCanceledException>(() =>
            study.Run(folder, e => StopIf(e is RunEvent.Progressed { Stage: "candidates/tuned/obtain" }))
        );
        string file = Path.Combine(folder, "candidates", "tuned", Heartbeat.FileName),
            written = File.ReadAllText(file);
        StageState State() => Assert.Single(RunStatus.Of(new RunLayout(folder), null).Candidates).State;

        // The process of this test still runs.
        Assert.Equal(StageState.Training, State());

        File.WriteAllText(file, Changed(written, "process", int.MaxValue));
        Assert.Equal(StageState.Interrupted, State());

        // Whether a process of another host runs is not known.
        File.WriteAllText(file, Changed(written, "host", "another"));
        Assert.Equal(StageState.Training, State());

        // A later process may have the number of an ended one.
        File.WriteAllText(file, Changed(written, "time", "2001-01-01T00:00:00Z"));
        Assert.Equal(StageState.Interrupted, State());
    }

    [Fact]
    public void Candidate_that_has_begun_and_has_no_progress_yet_is_not_waiting()
    {
        StageStatus? seen = null;

        new ScriptedStudy().Run(
            folder,
            e =>
                seen = e is RunEvent.StageStarted { Stage: "candidates/tuned/obtain" }
                    ? Assert.Single(RunStatus.Of(new RunLayout(folder), null).Candidates)
                    : seen
        );

        Assert.Equal((StageState.Training, 0), (seen?.State, seen?.Total));
        Assert.False(File.Exists(Path.Combine(folder, "candidates", "tuned", Heartbeat.FileName)));
    }

    [Fact]
    public void Base_that_was_interrupted_is_not_waiting_although_other_processes_save_their_work_after_it()
    {
        using (RunLock run = RunLock.Open(folder))
        {
            Stages stages = new(run, new Models.Engines([]), new ExperimentSettings());
            Assert.Throws<OperationCanceledException>(() =>
                stages.Run("base", "", [], () => throw new OperationCanceledException())
            );

            stages.Report(new RunEvent.Progressed("candidates/b/obtain", "loss", 3, 50, ProgressUnit.Steps));
            Assert.Equal("base", Pulse.Read(run.Layout)!.Stage);

            stages.Run("compare", "", [], () => []);
            stages.Report(new RunEvent.Progressed("candidates/c/obtain", "loss", 3, 50, ProgressUnit.Steps));
            Assert.Equal("candidates/c/obtain", Pulse.Read(run.Layout)!.Stage);
        }
    }

    [Theory]
    [InlineData("17 (sh) S 1 17", 'S')]
    [InlineData("17 (a) Z b) R 1 17", 'R')]
    [InlineData("17 (Fulcrum.Cli) Z 1 17", 'Z')]
    [InlineData("17 (cut) ", null)]
    [InlineData(null, null)]
    public void State_of_a_process_follows_its_name(string? stat, char? state) =>
        Assert.Equal(state, RunOwner.StateIn(stat));

    private static string Changed(string json, string key, JsonNode value)
    {
        JsonNode read = JsonNode.Parse(json)!;
        read[key] = value;
        return read.ToJsonString();
    }

    [Fact]
    public void Progress_of_several_processes_is_written_once_in_two_seconds_for_each_stage()
    {
        using RunLock run = RunLock.Open(folder);
        Heartbeat heartbeat = new(run);
        RunEvent.Progressed Of(string stage, int step) => new(stage, "loss", step, 50, ProgressUnit.Steps);

        int written = Enumerable
            .Range(0, 50)
            .Sum(i =>
                (heartbeat.Report(Of("candidates/a/obtain", i)) ? 1 : 0)
                + (heartbeat.Report(Of("candidates/b/obtain", i), isOfRun: false) ? 1 : 0)
            );

        Assert.InRange(written, 2, 10);
        Assert.Equal("candidates/a/obtain", Pulse.Read(run.Layout)!.Stage);
    }

    private static void StopIf(bool stops)
    {
        if (stops)
        {
            throw new OperationCanceledException();
        }
    }
}
