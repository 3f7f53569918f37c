using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;
using Fulcrum.Tasks.Spider.Sql;
using Xunit;

namespace Fulcrum.Tool.Tests;

/// <summary>A study on a real Slurm cluster of three nodes on this machine, with a fault of each kind.</summary>
/// <remarks>Needs root and the packages of Slurm (bench/slurm-trial/cluster). The long form with trainings is
/// bench/slurm-trial/trial.</remarks>
public sealed class SlurmTests(Cluster cluster) : IClassFixture<Cluster>, IDisposable
{
    // More than the six processors of the cluster, so that some wait while others run.
    private const int Many = 8,
        Few = 4;
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-slurm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Candidates_end_as_on_one_machine_whatever_fails_meanwhile()
    {
        cluster.StartOrSkip();
        string study = Study(Many),
            local = Path.Combine(folder, "local"),
            run = Path.Combine(folder, "on slurm");
        Tool("run", study, "--output", local);

        Assert.Contains("submitted 5 jobs", Tool("run", study, "--output", run, "--on", "slurm", "--detach"));
        Assert.Contains("no job was submitted", Tool("run", study, "--output", run, "--on", "slurm", "--detach"));
        // A fault of each kind: a node dies, a task is requeued, the controller dies.
        string dead = WhenRunning().Nodes;
        cluster.Do("kill", dead);
        SlurmJob other = WhenRunning(dead);
        Assert.Equal(0, SlurmTools.Run("scontrol", "requeue", $"{other.Id}").ExitCode);
        cluster.Do("kill-controller");
        Assert.Contains("does not answer", Tool("status", run));
        cluster.Do("start");
        Tool("cancel", run);
        Assert.True(SpinWait.SpinUntil(NoneIsAlive, TimeSpan.FromSeconds(30)), "jobs were alive after cancel");
        string results = Path.Combine(folder, "results.xml");
        Tool("run", study, "--output", run, "--on", "slurm", "--junit", results);

        Assert.Contains("<testsuite", File.ReadAllText(results));
        Assert.Equal(
            File.ReadAllText(Path.Combine(local, "comparison.json")),
            File.ReadAllText(Path.Combine(run, "comparison.json"))
        );
        Assert.True(File.Exists(Path.Combine(run, "report.html")));
        Assert.Contains($"{Many} done", Tool("status", run));
    }

    [Fact]
    public void Candidates_that_are_selected_and_decided_together_end_as_on_one_machine()
    {
        cluster.StartOrSkip();
        string study = Study(Few, ("select", true), ("decide", true)),
            local = Path.Combine(folder, "local"),
            run = Path.Combine(folder, "run");
        Tool("run", study, "--output", local);

        Assert.Contains("submitted 6 jobs", Tool("run", study, "--output", run, "--on", "slurm", "--detach"));
        Assert.Contains("no job was submitted", Tool("run", study, "--output", run, "--on", "slurm", "--detach"));
        SlurmJob judging = When(j =>
            j.IsRunning && j.Script.EndsWith(ScriptOf(run, "judged"), StringComparison.Ordinal)
        );
        Assert.Equal(0, SlurmTools.Run("scontrol", "requeue", $"{judging.Id}").ExitCode);
        Tool("run", study, "--output", run, "--on", "slurm");

        Assert.Equal(
            File.ReadAllText(Path.Combine(local, "comparison.json")),
            File.ReadAllText(Path.Combine(run, "comparison.json"))
        );
        Assert.Contains("judged done", Tool("status", run));
        Assert.Contains("no job was submitted", Tool("run", study, "--output", run, "--on", "slurm"));
    }

    // The script is called after the job.
    private static string ScriptOf(string run, string stage) =>
        SlurmRecord.Read(new RunLayout(run))!.Jobs.Single(j => j.Stages.Contains(stage)).Name + ".sh";

    [Fact]
    public void What_the_cluster_cannot_give_is_refused_in_one_sentence()
    {
        cluster.StartOrSkip();
        string study = Study(Few);

        Assert.StartsWith("fulcrum: --partition: ", Fails("--partition", "none"));
        Assert.StartsWith("fulcrum: --gres: ", Fails("--gres", "gpu:1"));
        Assert.StartsWith("fulcrum: --time: 60 is more than", Fails("--partition", "urgent", "--time", "60"));
        Assert.StartsWith("fulcrum: --sbatch: --array", Fails("--sbatch", "--array=3"));
        Assert.DoesNotContain(SlurmTools.Queue()!, j => j.IsAlive);

        string Fails(params string[] options) =>
            Tool(2, ["run", study, "--output", Path.Combine(folder, "refused"), "--on", "slurm", .. options]);
    }

    [Fact]
    public void Job_that_compares_needs_no_lock_and_local_jobs_refuse_replies_that_changed()
    {
        string study = Study(Few),
            run = Path.Combine(folder, "run"),
            replies = Path.Combine(folder, "replies-3.jsonl");
        Tool("run", study, "--output", run, "--jobs", "2");
        File.Delete(Path.Combine(run, "compare.manifest.json"));

        using (RunLock.Open(run))
        {
            Tool("run", Path.Combine(run, "study.json"), "--output", run, "--stage", "compare");
        }

        Assert.True(File.Exists(Path.Combine(run, "compare.manifest.json")));
        File.WriteAllText(replies, File.ReadAllText(replies).Replace("no", "yes", StringComparison.Ordinal));
        Assert.Contains(
            "the candidate c3 was measured from another plan",
            Tool(2, ["run", study, "--output", run, "--jobs", "2"])
        );
    }

    // A job is alive until its processes have ended.
    private static bool NoneIsAlive() =>
        SlurmTools.Queue()?.Any(j => j.IsAlive && j.Name.StartsWith("fulcrum", StringComparison.Ordinal)) == false;

    private static SlurmJob WhenRunning(string butNotOn = "") =>
        When(j => j is { IsRunning: true, Array: > 0 } && j.Nodes != butNotOn);

    private static SlurmJob When(Func<SlurmJob, bool> wanted)
    {
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(60))
        {
            SlurmJob? found = SlurmTools.Queue()?.FirstOrDefault(wanted);
            if (found is not null)
            {
                return found;
            }
        }

        throw new TimeoutException("no such job ran within a minute");
    }

    private string Study(int count, params (string Key, bool Value)[] more)
    {
        TinyStudy.WriteModel(Path.Combine(folder, "model"));
        string[] ids = [.. Enumerable.Range(0, 40).Select(i => $"q{i}")];
        Lines(
            "facts.jsonl",
            ids.Select(id => new JsonObject
            {
                ["id"] = id,
                ["question"] = $"{id}?",
                ["answer"] = id,
            })
        );
        JsonObject candidates = [];
        for (int c = 0; c < count; c++)
        {
            int every = c + 2;
            Lines(
                $"replies-{c}.jsonl",
                ids.Select((id, i) => new JsonObject { ["id"] = id, ["reply"] = i % every == 0 ? id : "no" })
            );
            candidates[$"c{c}"] = new JsonObject { ["replies"] = new JsonObject { ["facts"] = $"replies-{c}.jsonl" } };
        }

        JsonObject study = new()
        {
            ["name"] = "scripted",
            ["base"] = new JsonObject
            {
                ["model"] = "model",
                ["dtype"] = "f32",
                ["device"] = "cpu",
                ["threads"] = 1,
            },
            ["tasks"] = new JsonObject
            {
                ["facts"] = new JsonObject
                {
                    ["kind"] = "generation",
                    ["file"] = "facts.jsonl",
                    ["id"] = "id",
                    ["input"] = "question",
                    ["target"] = "answer",
                    ["maxNewTokens"] = 2,
                },
            },
            ["candidates"] = candidates,
            ["overrideGuards"] = new JsonArray("below-chance", "unparsable-share"),
            ["seed"] = 1,
        };
        more.ToList().ForEach(m => study[m.Key] = m.Value);
        string path = Path.Combine(folder, "study.json");
        File.WriteAllText(path, study.ToJsonString());
        return path;
    }

    private void Lines(string name, IEnumerable<JsonObject> lines) =>
        File.WriteAllLines(Path.Combine(folder, name), lines.Select(l => l.ToJsonString()));

    private static string Tool(params string[] arguments) => Tool(0, arguments);

    private static string Tool(int code, string[] arguments)
    {
        (int exit, string output, string error) = Cluster.Exec(SqlWorker.Program()!.File, arguments);
        Assert.True(exit == code, $"{string.Join(' ', arguments)}: {exit}\n{output}\n{error}");
        return code == 0 ? output + error : error;
    }
}
