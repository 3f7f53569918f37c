using System.Diagnostics;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What is done for each candidate takes no longer with more of them.</summary>
public sealed class ManyCandidatesTests
{
    [Fact]
    public void Study_of_twenty_thousand_lambdas_is_checked_within_seconds()
    {
        Study study = new ScriptedStudy().Study;
        Dictionary<string, CandidatePlan> candidates = new(study.Candidates);
        for (int i = 1; i < 20_000; i++)
        {
            candidates.Add($"tuned-lambda-{i}", new CandidatePlan(From: "tuned", Lambda: i / 20_000.0));
        }

        long start = Stopwatch.GetTimestamp();
        (study with { Candidates = candidates }).Check();

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 3);
    }

    [Fact]
    public void Error_of_an_unknown_parent_lists_some_of_thousands_of_candidates()
    {
        Study study = new ScriptedStudy().Study;
        Dictionary<string, CandidatePlan> candidates = new(study.Candidates)
        {
            ["part"] = new CandidatePlan(From: "tuned-7", Lambda: 0.5),
        };
        for (int i = 0; i < 1000; i++)
        {
            candidates.Add($"c{i}", new CandidatePlan(From: "tuned", Lambda: 0.5));
        }

        string refused = Assert.Throws<InputException>(() => (study with { Candidates = candidates }).Check()).Message;

        Assert.Equal(
            "candidates.part.from is tuned-7; wanted: another candidate: tuned, c0, c1, c2, c3, c4, c5, c6 and 993 more",
            refused
        );
    }

    [Fact]
    public void Equal_work_is_found_among_two_thousand_candidates_without_reading_them_all()
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-equal-").FullName;
        RunLayout run = new(folder);
        for (int i = 0; i < 2000; i++)
        {
            string stage = $"candidates/c{i}/obtain";
            Manifest manifest = new(stage, $"{i}", new Dictionary<RelativeName, string>(), 1, Nothing);
            Directory.CreateDirectory(run.At("candidates", $"c{i}", "adapter"));
            File.WriteAllText(
                run.ManifestPath(stage),
                JsonSerializer.Serialize(manifest, ManifestJson.Default.Manifest)
            );
        }

        new EqualWork(run, "c1999").Note("obtain", "1999");
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 2000; i++)
        {
            Assert.Null(new EqualWork(run, $"new-{i}").Adapter($"other {i}"));
        }

        Assert.Empty(new EqualWork(run, "new").Adapter("1999")!);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 3);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("../../other")]
    [InlineData("gone")]
    [InlineData("")]
    public void Hint_that_names_no_complete_candidate_is_nothing(string name)
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-equal-").FullName;
        RunLayout run = new(folder);
        AtomicFile.WriteText(run.At("equal", "obtain-1.txt"), name);

        Assert.Null(new EqualWork(run, "new").Adapter("1"));

        Directory.Delete(folder, recursive: true);
    }

    private static Dictionary<string, string> Nothing => [];
}
