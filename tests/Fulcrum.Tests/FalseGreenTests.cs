using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What would let a measurement look sound that shows nothing.</summary>
public sealed class FalseGreenTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_answer_is_extracted_from_the_target_as_from_the_reply()
    {
        WritingTask task = Written("""{"prompt":"p","target":"8 * 9 = 72\n#### 72"}""", "#### (.*)");

        Assert.Equal("72", task.Items[0].Target);
        Assert.Equal(1, task.Grade(task.Items[0], Reply("So it is\n#### 72")).Score);
        Assert.Equal(1, task.Grade(task.Items[0], task.Gold(task.Items[0])!).Score);
        Assert.Equal(0, task.Grade(task.Items[0], Reply("#### 8")).Score);
    }

    [Fact]
    public void Targets_may_have_a_pattern_of_their_own_or_none()
    {
        WritingTask own = Written("""{"prompt":"p","target":"Answer: 72"}""", "#### (.*)", "Answer: (.*)"),
            bare = Written("""{"prompt":"p","target":"72"}""", "#### (.*)");

        Assert.Equal(("72", "72"), (own.Items[0].Target, bare.Items[0].Target));
        Assert.Contains("bare answers", bare.NoGold);
    }

    [Fact]
    public void Targets_of_which_only_some_hold_an_answer_are_refused()
    {
        string rows = """
            {"prompt":"p","target":"#### 72"}
            {"prompt":"q","target":"73"}
            """;

        string message = Assert.Throws<InputException>(() => Written(rows, "#### (.*)")).Message;

        Assert.Contains("rows.jsonl line 2", message);
        Assert.Contains("extractTarget", message);
    }

    [Fact]
    public void A_target_that_a_stop_text_cuts_off_fails_the_check_of_reference_answers()
    {
        WritingTask task = WritingTask.Open(
            new GenerationPlan("own", File("""{"prompt":"p","target":"one\ntwo"}"""), Stops: ["\n"]),
            1
        );

        Assert.Equal(GuardStatus.Failed, Gold(task).Status);
    }

    [Theory]
    [InlineData(null, "failed")]
    [InlineData("instructions have no single reply", "not-applicable")]
    public void A_task_without_reference_answers_stops_the_study_unless_it_says_why(string? why, string status) =>
        Assert.Equal(EnumNames.Parse<GuardStatus>(status, "status"), Gold(new WithoutGold(why)).Status);

    [Fact]
    public void The_share_of_unreadable_replies_is_guarded_for_every_written_task()
    {
        WritingTask task = Written("""{"prompt":"p","target":"#### 72"}""", "#### (.*)");
        Answer answer = new("rows/1", "", "", 0, "", "72", "unparsable");
        GuardLog log = new("base");

        MeasurementGuards.Check(log, task, new GenerationPlan("own"), [answer], "", before: true);

        Assert.Equal(GuardStatus.Failed, log.Results.Single(r => r.Name == GuardNames.UnparsableShare).Status);
    }

    [Fact]
    public void Forms_of_one_question_count_as_one_item()
    {
        Answer[] Forms(double flips) =>
            [
                .. Enumerable
                    .Range(0, 120)
                    .Select(i => new Answer(
                        i % 4 == 0 ? $"q{i / 4}" : $"q{i / 4}/rotation/{i % 4}",
                        "",
                        "",
                        i / 4 < flips ? 0 : 1,
                        "",
                        "",
                        "",
                        Stem: $"q{i / 4}"
                    )),
            ];

        PairedResult forms = PairedComparison.Of("own", Forms(0), Forms(6)),
            questions = PairedComparison.Of(
                "own",
                [.. Forms(0).Where(a => a.Id == a.Stem)],
                [.. Forms(6).Where(a => a.Id == a.Stem)]
            );

        Assert.Equal(30, forms.Items);
        Assert.Equal(questions.Difference, forms.Difference);
    }

    [Fact]
    public void Forms_of_one_question_do_not_add_up_against_the_chance_level()
    {
        ChoiceTask task = MultipleChoiceTask.Open(
            new MultipleChoicePlan(
                "own",
                File("""{"question":"?","options":["x","y","z","w"],"answer":"A"}"""),
                Rotations: 3
            ),
            1
        );
        GuardLog log = new("base");
        Answer[] wrong =
        [
            .. Enumerable
                .Range(0, 16)
                .SelectMany(q =>
                    Enumerable.Range(0, 4).Select(r => new Answer($"q{q}{r}", "", "", 0, "", "", "", Stem: $"q{q}0"))
                ),
        ];

        MeasurementGuards.Check(log, task, new MultipleChoicePlan("own"), wrong, "", before: true);

        Assert.Equal(GuardStatus.Passed, log.Results.Single(r => r.Name == GuardNames.BelowChance).Status);
    }

    [Theory]
    [InlineData("own>=150")]
    [InlineData("own<=-150")]
    [InlineData("own>=-2,own<=-5")]
    public void A_requirement_that_nothing_can_meet_is_refused(string text) =>
        Assert.Contains("own", Assert.Throws<InputException>(() => Requirements.Parse(text)).Message);

    [Fact]
    public void Spaces_in_a_requirement_do_not_matter() =>
        Assert.Equal(
            [("sql", true, 5), ("mmlu", true, -1)],
            Requirements.Parse(" sql >= +5 , mmlu>= -1 ").Bounds.Select(b => (b.Task, b.AtLeast, b.Points))
        );

    [Theory]
    [InlineData(24)]
    [InlineData(200)]
    [InlineData(5000)]
    public void No_detectable_difference_is_larger_than_the_share_of_answers_that_change(int items)
    {
        TaskPower power = TaskPower.Before("own", [items]);

        Assert.All(power.Expected, e => Assert.True(e.Points is null || e.Points <= e.Discordance));
        Assert.Contains(power.Expected, e => e.Points is not null);
    }

    [Fact]
    public void Items_without_a_cluster_are_not_called_a_cluster()
    {
        WritingTask task = Written("""{"prompt":"p","target":"#### 72"}""", "#### (.*)");
        Study study = new ScriptedStudy().Study with
        {
            Tasks = new Dictionary<string, TaskPlan> { ["own"] = new GenerationPlan("own") },
        };

        string line = PreparationSummary
            .Of(study, new Corpus([task], [], ""), new ExperimentSettings())
            .OfType<RunEvent.Noted>()
            .First()
            .Text;

        Assert.DoesNotContain("cluster", line);
    }

    private GuardResult Gold(ITask task)
    {
        GuardLog log = new("prepare");
        Study study = new ScriptedStudy().Study;
        PreparationGuards.Check(
            log,
            new Corpus([task], [], ""),
            PromptEncoding.OfServer,
            [],
            study with
            {
                Candidates = new Dictionary<string, CandidatePlan>(),
                Tasks = new Dictionary<string, TaskPlan> { ["own"] = new GenerationPlan("own") },
            }
        );
        return log.Results.Single(r => r.Name == GuardNames.GoldAgainstGold);
    }

    private WritingTask Written(string rows, string extract, string? target = null) =>
        WritingTask.Open(new GenerationPlan("own", File(rows), Extract: extract, ExtractTarget: target), 1);

    private static Reply.Written Reply(string text) => new(text, FinishReason.Stop, 1);

    private string File(string rows)
    {
        string path = Path.Combine(folder, "rows.jsonl");
        System.IO.File.WriteAllText(path, rows + "\n");
        return path;
    }

    private sealed class WithoutGold(string? why) : ITask
    {
        public string Name => "own";

        public double? ChanceAccuracy => null;

        public IReadOnlyList<Item> Items { get; } = [new Item("1", "", "", "say", "anything")];

        public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string>();

        public string? NoGold => why;

        public Question Ask(Item item) => new Question.Write(new Prompt.Text("say"), 1, []);

        public Grade Grade(Item item, Fulcrum.Tasks.Reply reply) => new(1, "", "correct");
    }
}
