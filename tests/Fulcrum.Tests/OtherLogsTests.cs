using System.Text.Json.Nodes;
using Fulcrum.Tasks.Logs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Logs of lm-evaluation-harness and inspect_ai against counts made by hand.</summary>
public sealed class OtherLogsTests
{
    [Theory]
    [InlineData("lm-eval", "lm-eval/base", "lm-eval/tuned")]
    [InlineData("inspect", "inspect/base-letters.eval", "inspect/tuned-letters.eval")]
    [InlineData("inspect", "inspect/base-sums.eval", "inspect/tuned-sums.eval")]
    [InlineData("inspect", "inspect/base-sums.json", "inspect/tuned-sums.json")]
    public void Two_logs_hold_the_pairs_that_plain_counting_finds(string kind, string before, string after)
    {
        JsonObject expected = JsonNode
            .Parse(File.ReadAllText(SharedData.Of("golden", "logs", $"expected-{kind}.json")))!
            .AsObject();
        Dictionary<string, LoggedTask> second = OtherLogs.Read(Log(after)).ToDictionary(t => t.Name);
        LoggedTask[] first = [.. OtherLogs.Read(Log(before)).Where(t => expected.ContainsKey(t.Name))];
        Assert.NotEmpty(first);
        foreach (LoggedTask task in first)
        {
            JsonNode wanted = expected[task.Name]!;
            OtherLogs.CheckSame(task, second[task.Name]);
            Dictionary<string, double?> scores = second[task.Name].Answers.ToDictionary(a => a.Id, a => a.Score);
            Assert.Equal((int)wanted["items"]!, task.Answers.Count);
            Assert.Equal((double)wanted["before"]!, task.Answers.Average(a => a.Score)!.Value, 9);
            Assert.Equal((double)wanted["after"]!, scores.Values.Average()!.Value, 9);
            Assert.Equal((int)wanted["gained"]!, task.Answers.Count(a => scores[a.Id] > a.Score));
            Assert.Equal((int)wanted["lost"]!, task.Answers.Count(a => scores[a.Id] < a.Score));
            Assert.Equal(
                (int?)wanted["clusters"] ?? task.Answers.Select(a => a.Cluster).Distinct().Count(),
                task.Answers.Select(a => a.Cluster).Distinct().Count()
            );
        }
    }

    [Fact]
    public void A_log_without_its_samples_says_how_to_get_them()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "results_2026.json"), """{"configs": {"quiz": {}}}""");
        Assert.Contains("--log_samples", Assert.Throws<InputException>(() => OtherLogs.Read(folder)).Message);
    }

    [Fact]
    public void Where_only_some_items_of_a_log_name_a_cluster_each_other_one_is_its_own()
    {
        LoggedTask task = new("quiz", [Answered("theory/1", "theory"), Answered("q2", ""), Answered("q3", "")]);

        Assert.Equal(["theory", "q2", "q3"], task.ToAnswers().Select(a => a.Cluster));
        Assert.Equal(["", ""], (task with { Answers = [.. task.Answers.Skip(1)] }).ToAnswers().Select(a => a.Cluster));

        static LoggedAnswer Answered(string id, string cluster) => new(id, cluster, 1, "a", "a");
    }

    private static string Log(string path) => SharedData.Of(["golden", "logs", .. path.Split('/')]);
}
