using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

public sealed class GuardTests
{
    public static TheoryData<string> Names => [.. GuardNames.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_guard_stops_a_study_made_to_trip_it_and_lets_it_pass_when_overridden(string name)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        ScriptedStudy broken = new(name);

        GuardException refused = Assert.Throws<GuardException>(() => broken.Run(folder));
        Comparison passed = (broken with { Study = broken.Study with { OverrideGuards = [name] } }).Run(folder);

        Assert.Equal(3, refused.ExitCode);
        Assert.Contains($"guard {name}: ", refused.Message);
        Assert.Contains($"put \"{name}\" into the study's overrideGuards", refused.Message);
        Assert.Contains(passed.Guards!, g => g.Name == name && g.Status == GuardStatus.Overridden);
        Assert.DoesNotContain(passed.Guards!, g => g.Status == GuardStatus.Failed);
    }

    [Fact]
    public void A_sound_study_passes_every_guard()
    {
        Comparison got = new ScriptedStudy().Run(Directory.CreateTempSubdirectory().FullName);

        Assert.All(
            got.Guards!,
            g => Assert.True(g.Status is GuardStatus.Passed or GuardStatus.NotApplicable, g.Message)
        );
        Assert.Equal(GuardNames.All.Order(), got.Guards!.Select(g => g.Name).Distinct().Order());
    }

    [Fact]
    public void An_adapter_of_a_base_of_another_name_is_not_checked_and_stops_nothing()
    {
        Comparison got = new ScriptedStudy(GuardNames.AdapterBase).Run(Directory.CreateTempSubdirectory().FullName);

        GuardResult doubt = Assert.Single(got.Guards!, g => g.Name == GuardNames.AdapterBase);
        Assert.Equal(GuardStatus.NotChecked, doubt.Status);
        Assert.EndsWith("was trained for 'another'", doubt.Message);
    }

    [Theory]
    [InlineData("Qwen2-1.5B-Instruct", 1536, 28, 151_936, 52.4, 52.4)]
    [InlineData("qwen2.5-1.5b", 1536, 28, 151_936, 60.9, 60.9)]
    [InlineData("my-model", 1536, 28, 151_936, 52.4, 60.9)]
    [InlineData("Llama-3.2-3B-Instruct", 3072, 28, 128_256, 63.4, 63.4)]
    public void A_known_model_is_recognised_by_its_shape_and_name(
        string name,
        int hidden,
        int layers,
        int vocabulary,
        double low,
        double high
    )
    {
        string folder = Path.Combine(Directory.CreateTempSubdirectory().FullName, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(
            Path.Combine(folder, "config.json"),
            $$"""{"hidden_size":{{hidden}},"num_hidden_layers":{{layers}},"vocab_size":{{vocabulary}}}"""
        );

        Assert.Equal((low, high), KnownModels.Published(folder) is var (a, b, _) ? (a, b) : default);
    }

    [Fact]
    public void A_model_of_no_known_shape_has_no_published_score()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(
            Path.Combine(folder, "config.json"),
            """{"hidden_size":192,"num_hidden_layers":6,"vocab_size":4096}"""
        );

        Assert.Null(KnownModels.Published(folder));
    }

    /// <summary>Always answering A scores 22.9% on MMLU: a fact about the answers and no fault of the
    /// measurement.</summary>
    [Theory]
    [InlineData("A", true)]
    [InlineData("B", false)]
    public void A_constant_answer_is_not_below_chance_and_answers_against_the_truth_are(string first, bool holds)
    {
        Answer[] answers =
        [
            .. Enumerable
                .Range(0, 4000)
                .Select(i => (Target: i % 1000 < 229 ? "A" : "B", i))
                .Select(t =>
                    (
                        t.Target,
                        Prediction: first == "A" ? "A"
                        : t.Target == "A" ? "B"
                        : "A",
                        t.i
                    )
                )
                .Select(t => new Answer(
                    $"{t.i}",
                    "c",
                    "",
                    t.Target == t.Prediction ? 1 : 0,
                    t.Prediction,
                    t.Target,
                    ""
                )),
        ];

        Assert.Equal(holds, MeasurementGuards.BelowChance(answers, 0.25).P >= 0.001);
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(3, 3, true)]
    [InlineData(12, 0, false)]
    public void Changes_that_cancel_out_refuse_no_claim_and_changes_one_way_do(int up, int down, bool holds)
    {
        (string, double, double)[] scores =
        [
            .. Enumerable.Range(0, 256).Select(i => ($"{i % 8}", i < up ? 0.0 : 1, i >= up && i < up + down ? 0.0 : 1)),
        ];
        GuardLog log = new("compare");

        BatchingNoise.Check(log, new Difference(0.02, 0.01, 0.03, 0.005), BatchingNoise.Of("task", scores));

        Assert.Equal(holds ? GuardStatus.Passed : GuardStatus.Failed, log.Results.Single().Status);
    }

    [Theory]
    [InlineData(-0.2, 0.2, "so the guard passes. 16 items are too few to exclude a change as large")]
    [InlineData(-0.01, 0.01, "a change as large as the +2.0 points that the study claims is excluded")]
    [InlineData(0.001, 0.01, "the change has a direction, but it is smaller than the +2.0 points")]
    [InlineData(0.001, 0.03, "the change has a direction and may be as large as the +2.0 points")]
    public void The_noise_floor_says_what_its_bounds_mean_for_the_claim(double low, double high, string says)
    {
        GuardLog log = new("compare");

        BatchingNoise.Check(
            log,
            new Difference(0.02, 0.01, 0.03, 0.005),
            new BatchingNoise("own", 16, 1, (low + high) / 2, low, high)
        );

        Assert.Contains(says, log.Results.Single().Message);
    }

    [Fact]
    public void An_unknown_guard_in_a_study_is_named()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "study.json");
        File.WriteAllText(path, StudyFile.Print(new ScriptedStudy().Study with { OverrideGuards = ["gold-vs-gold"] }));

        Assert.Contains("gold-vs-gold", Assert.Throws<InputException>(() => StudyFile.Load(path)).Message);
    }
}
