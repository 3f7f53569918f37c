using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

public sealed class GuardTests
{
    public static TheoryData<string> Names => [.. GuardLog.Names];

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
        Assert.Contains(passed.Guards!, g => g.Name == name && g.Status == "overridden");
        Assert.DoesNotContain(passed.Guards!, g => g.Status == "failed");
    }

    [Fact]
    public void A_sound_study_passes_every_guard()
    {
        Comparison got = new ScriptedStudy().Run(Directory.CreateTempSubdirectory().FullName);

        Assert.All(got.Guards!, g => Assert.True(g.Status is "passed" or "not-applicable", g.Message));
        Assert.Equal(GuardLog.Names.Order(), got.Guards!.Select(g => g.Name).Distinct().Order());
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

    [Fact]
    public void An_unknown_guard_in_a_study_is_named()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "study.json");
        File.WriteAllText(path, StudyFile.Print(new ScriptedStudy().Study with { OverrideGuards = ["gold-vs-gold"] }));

        Assert.Contains("gold-vs-gold", Assert.Throws<InputException>(() => StudyFile.Load(path)).Message);
    }
}
