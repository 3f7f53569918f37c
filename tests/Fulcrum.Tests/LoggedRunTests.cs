using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Logs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Logs of other programs as runs, and results in their form.</summary>
public sealed class LoggedRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-tests-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("lm-eval", "lm-eval/base", "lm-eval/tuned", "quiz/acc", "quiz.acc")]
    [InlineData("inspect", "inspect/base-sums.eval", "inspect/tuned-sums.eval", "sums", "sums")]
    public void Two_logs_become_a_run_with_comparison_verdict_and_report(
        string kind,
        string before,
        string after,
        string logged,
        string task
    )
    {
        RunLayout run = new(folder);
        Comparison found = LoggedRun.Write(run, Log(before), [("tuned", Log(after))], [logged], 3);
        JsonNode wanted = JsonNode.Parse(File.ReadAllText(SharedData.Of("golden", "logs", $"expected-{kind}.json")))![
            logged
        ]!;
        PairedResult result = Assert.Single(found.Candidates).Tasks.Single(t => t.Task == task);
        Assert.Equal(((int)wanted["gained"]!, (int)wanted["lost"]!), (result.Gained, result.Lost));
        Assert.Equal(TaskRole.Target, found.Candidates[0].Verdict.Findings.Single(f => f.Task == task).Role);
        Assert.Equal(3, found.Candidates[0].Verdict.Margin);
        ReportFiles.Write(folder);
        Assert.Contains(task, File.ReadAllText(run.At("report.md")));
        Assert.NotEmpty(AnswerFile.Read(run.Answers(RunLayout.Base, task)));
    }

    [Fact]
    public void A_target_that_no_log_has_is_named()
    {
        InputException wrong = Assert.Throws<InputException>(() =>
            LoggedRun.Write(new RunLayout(folder), Log("lm-eval/base"), [("tuned", Log("lm-eval/tuned"))], ["quizz"])
        );
        Assert.Contains("quizz", wrong.Message);
        Assert.Contains("quiz/acc", wrong.Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_margin_that_is_no_number_of_points_is_refused(double margin) =>
        Assert.StartsWith(
            "the margin is ",
            Assert
                .Throws<InputException>(() =>
                    LoggedRun.Write(
                        new RunLayout(folder),
                        Log("lm-eval/base"),
                        [("a", Log("lm-eval/tuned"))],
                        [],
                        margin
                    )
                )
                .Message
        );

    [Fact]
    public void Choices_of_a_log_keep_their_prompts_and_log_likelihoods()
    {
        LoggedAnswer first = OtherLogs.Read(Log("lm-eval/base")).Single(t => t.Name == "quiz/acc").Answers[0];
        Answer answer = first.ToAnswer();
        Assert.Equal(4, answer.Requests!.Count);
        Assert.Equal(" This type occurs in binary systems.", answer.Requests[0][1]);
        Assert.Equal(-89.317367, answer.LogLikelihoods![0], 4);
        Assert.Null(answer.Output);
    }

    [Fact]
    public void Results_in_the_form_of_another_program_read_as_the_answers_that_they_were_written_from()
    {
        Answer[] answers = [.. Enumerable.Range(0, 4).Select(Measured)];
        HarnessResults results = new();
        results.Add(new Alone(answers), answers, TaskFigures.OfScores("quiz", answers));
        string path = results.Write(folder, "model", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        Assert.Equal("results_2026-01-02T03-04-05.000000.json", Path.GetFileName(path));
        LoggedTask strict = OtherLogs.Read(folder).Single(t => t.Name == "quiz/exact_match/strict");
        Assert.Equal(
            answers.Select(a => a.Scores!["exact_match,strict"][0]),
            strict.Answers.Select(a => a.Score!.Value)
        );
        Assert.Equal(answers.Select(a => a.Output), strict.Answers.Select(a => a.Output));
    }

    private static Answer Measured(int i) =>
        new($"test/{i}", "quiz", "", i % 2, $"p{i}", $"t{i}", "", Input: $"q{i}", Output: $"reply {i}")
        {
            Requests =
            [
                [$"q{i}", ""],
            ],
            Scores = new Dictionary<string, double[]> { ["exact_match,strict"] = [i % 2], ["exact_match,loose"] = [1] },
        };

    private static string Log(string path) => SharedData.Of(["golden", "logs", .. path.Split('/')]);

    private sealed class Alone(IReadOnlyList<Answer> answers) : ITask
    {
        public string Name => "quiz";

        public double? ChanceAccuracy => null;

        public IReadOnlyList<Item> Items { get; } =
        [.. answers.Select(a => new Item(a.Id, a.Cluster, "", "", a.Target))];

        public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string>();

        public Question Ask(Item item) => throw new InvalidOperationException();

        public Grade Grade(Item item, Reply reply) => throw new InvalidOperationException();
    }
}
