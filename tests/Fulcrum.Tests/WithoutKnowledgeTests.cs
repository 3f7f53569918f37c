using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>A base that scores no better than an answer without knowledge has nothing to forget.</summary>
public sealed class WithoutKnowledgeTests
{
    // 32 of 100 reference answers are B; the others are spread over A, C and D.
    private static string Target(int i) => i % 100 < 32 ? "B" : "ACD"[i % 3].ToString();

    [Theory]
    [InlineData(30, TaskJudgement.NoEvidence)]
    [InlineData(34, TaskJudgement.NoEvidence)]
    [InlineData(80, TaskJudgement.WithinMargin)]
    public void The_best_constant_answer_is_a_floor_above_the_chance_level(int percent, TaskJudgement judgement)
    {
        // Right in so many percent of all items, whatever the answer.
        Answer[] side = Side(
            1000,
            i =>
                i * 7 % 100 < percent ? Target(i)
                : Target(i) == "A" ? "C"
                : "A"
        );

        PairedResult result = PairedComparison.Of("general", side, side, new ComparisonSettings(Margin: 2));

        Assert.Equal(("B", 0.32), (result.WithoutKnowledge!.Answer, Math.Round(result.WithoutKnowledge.Score, 2)));
        Assert.Equal(judgement, Judgement.Of([result], [], 2).Findings[0].Judgement);
    }

    [Fact]
    public void The_advice_names_the_floor()
    {
        Answer[] side = Side(1000, _ => "B");
        PairedResult result = PairedComparison.Of("general", side, side, new ComparisonSettings(Margin: 2));
        CandidateComparison candidate = new("tuned", [result], Judgement.Of([result], [], 2));

        string advice = Advice.Of(candidate, Words.English);

        Assert.Contains("general: the base scores 32.0%, chance level 25.0%, and always answering 'B' 32.0%", advice);
    }

    [Fact]
    public void Replies_that_contain_the_answers_of_other_items_too_are_no_knowledge()
    {
        Answer[] Side(Func<int, string> reply) =>
            [
                .. Enumerable
                    .Range(0, 200)
                    .Select(i =>
                    {
                        string target = "ABCD"[i % 4].ToString();
                        return new Answer($"{i}", "", "", reply(i).Contains(target) ? 1 : 0, reply(i), target, "");
                    }),
            ];
        Answer[] lucky = Side(i => i % 20 == 0 ? "none" : "A BAD CAT"),
            knowing = Side(i => $"it is {"ABCD"[i % 4]}");

        PairedResult luck = PairedComparison.Of("g", lucky, lucky, new ComparisonSettings(Margin: 5)),
            knowledge = PairedComparison.Of("g", knowing, knowing, new ComparisonSettings(Margin: 5));

        Assert.Equal(TaskJudgement.NoEvidence, Judgement.Of([luck], [], 5).Findings[0].Judgement);
        Assert.Equal(TaskJudgement.WithinMargin, Judgement.Of([knowledge], [], 5).Findings[0].Judgement);
    }

    [Fact]
    public void Nothing_is_claimed_where_the_answers_do_not_show_how_they_were_graded()
    {
        Answer[] graded = [.. Side(100, Target).Select(a => a with { Score = 0.5 })],
            forms = [.. Side(100, Target).Select(a => a with { Stem = "another" })],
            other = [.. Side(100, Target).Select(a => a with { Prediction = "another form" })],
            without = [.. Side(100, Target).Select(a => a with { Target = "" })];

        Assert.All(
            new[] { graded, forms, other, without, [] },
            side => Assert.Null(WithoutKnowledge.Of(side, null, 0.05))
        );
    }

    [Fact]
    public void One_of_several_right_answers_may_be_the_constant_one()
    {
        Answer[] side = [.. Side(300, Target).Select(a => a with { Target = $"{a.Target} | Z" })];

        WithoutKnowledge without = WithoutKnowledge.Of(side, null, 0.05)!;

        Assert.Equal(("Z", 1.0), (without.Answer, without.Score));
        Assert.True(without.Above.Low <= 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_floor_of_the_base_is_computed_once_for_all_candidates(bool decide)
    {
        Study study = new ScriptedStudy().Study;
        Dictionary<string, CandidatePlan> candidates = new(study.Candidates)
        {
            ["part"] = new CandidatePlan(From: "tuned", Lambda: 0.9),
        };
        string run = Directory.CreateTempSubdirectory().FullName;
        _ = new ScriptedStudy { Study = study with { Candidates = candidates, Decide = decide } }.Run(run);
        RunLayout layout = new(run);

        Comparison got = StudyComparison.Of(StudyFile.Load(layout.Study), layout);

        WithoutKnowledge?[] floors = [.. got.Candidates.Select(c => c.Tasks[1].WithoutKnowledge)];
        Assert.NotNull(floors[0]);
        Assert.Same(floors[0], floors[1]);
        Directory.Delete(run, recursive: true);
    }

    [Fact]
    public void No_candidate_is_the_best_within_the_margin_where_nothing_could_be_lost()
    {
        PointAnswers Point(string name, Func<int, string> general) =>
            new(
                name,
                name == "base" ? PointKind.Base : PointKind.Candidate,
                1,
                new Dictionary<string, IReadOnlyList<Answer>>
                {
                    ["own"] = Side(400, i => name == "base" ? "none" : Target(i)),
                    ["general"] = Side(400, general),
                }
            );
        TradeOff Of(Func<int, string> general) =>
            TradeOffCurve.Of(
                [Point("base", general), Point("one", general), Point("two", general)],
                ["own", "general"],
                ["own"],
                2
            );

        Assert.Null(Of(_ => "B").Best);
        Assert.Equal("one", Of(Target).Best);
    }

    [Fact]
    public void A_gain_to_the_score_of_a_constant_answer_is_told()
    {
        Answer[] nothing = Side(1000, _ => "none"),
            constant = Side(1000, _ => "B"),
            known = Side(1000, Target);

        string? said = Sentences.Lucky(PairedComparison.Of("own", nothing, constant), Words.English);

        Assert.Equal(
            "own: the score after (32.0%) is not shown to be better than that of always answering 'B' (32.0%), so the "
                + "gain may show no knowledge.",
            said
        );
        Assert.Null(Sentences.Lucky(PairedComparison.Of("own", nothing, known), Words.English));
        Assert.Null(Sentences.Lucky(PairedComparison.Of("own", constant, constant), Words.English));
    }

    [Fact]
    public void A_requirement_on_a_loss_that_could_not_happen_is_doubted()
    {
        Answer[] guessed = Side(1000, _ => "B"),
            known = Side(1000, Target);
        string[] Doubts(Answer[] side)
        {
            PairedResult result = PairedComparison.Of("general", side, side, new ComparisonSettings(Margin: 2));
            CandidateComparison candidate = new("tuned", [result], Judgement.Of([result], [], 2));
            return [.. Requirements.Parse("general>=-2").Doubts(new Comparison([candidate]))];
        }

        Assert.Contains("required general>=-2 is met, but it shows nothing", Assert.Single(Doubts(guessed)));
        Assert.Empty(Doubts(known));
    }

    [Fact]
    public void Among_many_tasks_those_without_evidence_are_counted()
    {
        Answer[] guessed = Side(1000, _ => "B");
        PairedResult without = PairedComparison.Of("g", guessed, guessed, new ComparisonSettings(Margin: 2));
        PairedResult[] all =
        [
            Results.Compared("sql", 0.05, 0.1),
            .. Enumerable.Range(0, 5).Select(i => without with { Task = $"g{i}" }),
        ];

        Assert.Contains(
            "0 shown to lie within the margin of 2, 5 without evidence",
            Sentences.Of(Judgement.Of(all, ["sql"], 2), Words.English)
        );
    }

    private static Answer[] Side(int items, Func<int, string> answer) =>
        [
            .. Enumerable
                .Range(0, items)
                .Select(i => new Answer(
                    $"{i}",
                    "",
                    "",
                    answer(i) == Target(i) ? 1 : 0,
                    answer(i),
                    Target(i),
                    "",
                    Chance: 0.25
                )),
        ];
}
