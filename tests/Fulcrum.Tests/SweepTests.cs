using System.Text.Json;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Sweeps: <c>vary</c> and <c>sample</c> expand into named candidates.</summary>
public sealed class SweepTests
{
    private static readonly ScriptedStudy Plain = new();

    [Fact]
    public void Grid_expands_to_one_readable_name_for_each_combination()
    {
        Study got = Sweep.Expand(
            Swept("""{"train.learningRate":[1e-4,0.0003],"train.rank":[4,16],"replay.share":[0,0.2]}""")
        );

        Assert.Equal(
            [
                "tuned-lr1e-4-rank4-replay0",
                "tuned-lr1e-4-rank4-replay0.2",
                "tuned-lr1e-4-rank16-replay0",
                "tuned-lr1e-4-rank16-replay0.2",
                "tuned-lr3e-4-rank4-replay0",
                "tuned-lr3e-4-rank4-replay0.2",
                "tuned-lr3e-4-rank16-replay0",
                "tuned-lr3e-4-rank16-replay0.2",
            ],
            got.Candidates.Keys
        );
        CandidatePlan last = got.Candidates["tuned-lr3e-4-rank16-replay0"];
        Assert.Equal(
            (3e-4, 16, 3, 0),
            (last.Train!.LearningRate, last.Train.Rank, last.Train.Epochs, last.Replay!.Share)
        );
        Assert.Null(got.Candidates["tuned-lr3e-4-rank16-replay0.2"].Replay);
        Assert.Null(got.Vary);
        got.Check();
    }

    [Theory]
    [InlineData("""{"train.schedule":["cosine"],"train.dora":[true]}""", "tuned-schedule-cosine-dora-true")]
    [InlineData("""{"train.targetModules":[["q_proj","v_proj"]]}""", "tuned-modules-q_proj.v_proj")]
    [InlineData("""{"train.maxGradientNorm":[null]}""", "tuned-clip-none")]
    [InlineData("""{"trainingData.data":["../some where/spider/"]}""", "tuned-data-spider")]
    [InlineData("""{"trainingData.examples":[1000000]}""", "tuned-examples1e6")]
    public void Value_that_is_no_number_keeps_the_name_readable(string vary, string name)
    {
        Study got = Sweep.Expand(Swept(vary));

        Assert.Equal([name], got.Candidates.Keys);
        got.Check();
    }

    [Fact]
    public void Names_stay_unique_and_short()
    {
        string file = new('f', 90);
        Study got = Sweep.Expand(Swept($$"""{"trainingData.data":["a/x","b/x","c/{{file}}","d/{{file}}"]}"""));

        Assert.Equal(4, got.Candidates.Count);
        Assert.Equal("tuned-data-x", got.Candidates.Keys.First());
        Assert.All(got.Candidates.Keys, n => Assert.InRange(n.Length, 1, 64));
        got.Check();
    }

    [Theory]
    [InlineData("""{"train.lerningRate":[1]}""", "a key of vary is train.lerningRate; wanted: train.learningRate")]
    [InlineData("""{"rank":[1]}""", "a key of vary is rank; wanted: train.rank")]
    [InlineData("""{"margin":[1]}""", "a key of vary is margin; wanted: a key of train, replay or trainingData")]
    [InlineData("""{"train.rank":["eight"]}""", "vary.train.rank is \"eight\"; wanted: a whole number")]
    [InlineData("""{"train.rank":[2.5]}""", "vary.train.rank is 2.5; wanted: a whole number")]
    [InlineData("""{"train.targetModules":[[1]]}""", "vary.train.targetModules is [1]; wanted: a list of other values")]
    [InlineData("""{"train.rank":[0]}""", "candidates.tuned-rank0.train.rank is 0; wanted: 1 to 4,096")]
    [InlineData("""{"train.rank":[]}""", "vary.train.rank is []; wanted: at least one value")]
    [InlineData("{}", "vary is {}; wanted: at least one key")]
    [InlineData("""{"train.rank":[8,8.0]}""", "vary.train.rank is 8, twice; wanted: values that differ")]
    public void Sweep_that_cannot_be_is_one_sentence_with_key_and_value(string vary, string says) =>
        Assert.Contains(says, Assert.Throws<InputException>(() => Swept(vary).Check("study.json")).Message);

    [Fact]
    public void Sweep_without_a_training_or_with_too_many_combinations_is_refused()
    {
        string thirty = string.Join(',', Enumerable.Range(1, 40));
        Study many = Swept($$"""{"train.rank":[{{thirty}}],"train.epochs":[{{thirty}}]}"""),
            none =
                Swept("""{"train.rank":[4]}""") with
                {
                    Candidates = new Dictionary<string, CandidatePlan> { ["a"] = new(Adapter: "x") },
                },
            noSource = Swept("""{"replay.share":[0.2]}""") with { Replay = null };

        Assert.Contains("vary is a sweep of 1,600 combinations; wanted: at most 1,000", Refused(many));
        Assert.Contains("vary is a sweep of no training", Refused(none));
        Assert.Contains("vary.replay.source is null; wanted: given in the study or varied too", Refused(noSource));
    }

    [Fact]
    public void Sample_is_repeatable_and_a_larger_count_keeps_the_earlier_draws()
    {
        static Study Sampled(int count, int seed = 1) =>
            Plain.Study with
            {
                Seed = seed,
                Sample = Parsed<Dictionary<string, JsonElement>>(
                    $$"""
                    {"train.learningRate":{"log":[1e-5,1e-3]},"train.rank":[4,8,16],"train.warmupSteps":{"integers":[0,9]},
                     "train.dropout":{"linear":[0,0.2]},"count":{{count}}}
                    """
                ),
            };

        IReadOnlyDictionary<string, CandidatePlan> eight = Sweep.Expand(Sampled(8)).Candidates,
            again = Sweep.Expand(Sampled(8)).Candidates,
            more = Sweep.Expand(Sampled(12)).Candidates,
            other = Sweep.Expand(Sampled(8, seed: 2)).Candidates;

        Assert.Equal(eight.Keys, again.Keys);
        Assert.Equal(eight.Keys, more.Keys.Take(8));
        Assert.Empty(eight.Keys.Intersect(other.Keys));
        Assert.All(
            eight.Values,
            c =>
            {
                Assert.InRange(c.Train!.LearningRate, 1e-5, 1e-3);
                Assert.InRange(c.Train.WarmupSteps, 0, 9);
                Assert.InRange(c.Train.Dropout, 0, 0.2);
                Assert.Contains(c.Train.Rank, (int[])[4, 8, 16]);
            }
        );
    }

    [Theory]
    [InlineData("""{"train.rank":[4]}""", "sample.count is null; wanted: 1 to 1,000")]
    [InlineData("""{"count":3}""", "sample is only a count")]
    [InlineData("""{"train.rank":[4,8],"count":3}""", "sample.count is 3; wanted: at most 2")]
    [InlineData("""{"train.learningRate":{"log":[0,1]},"count":3}""", "a lower bound above 0")]
    [InlineData("""{"train.learningRate":{"log":[2,1]},"count":3}""", "[LOW, HIGH] with LOW below HIGH")]
    [InlineData("""{"train.learningRate":{"cube":[1,2]},"count":3}""", "sample.train.learningRate is {")]
    [InlineData("""{"train.schedule":{"log":[1,2]},"count":3}""", "the key is no number")]
    [InlineData("""{"train.rank":{"linear":[1.5,4]},"count":3}""", "whole numbers")]
    [InlineData(
        """{"train.warmupSteps":{"integers":[3000000000,9000000000]},"count":3}""",
        "sample.train.warmupSteps is "
    )]
    public void Sample_that_cannot_be_is_one_sentence_with_key_and_value(string sample, string says)
    {
        Study study = Plain.Study with { Sample = Parsed<Dictionary<string, JsonElement>>(sample) };

        Assert.Contains(says, Refused(study));
    }

    [Fact]
    public void Equal_trainings_are_not_repeated_and_a_value_that_is_added_later_trains_only_itself()
    {
        string folder = Folder();
        ScriptedStudy first = Named("""{"train.rank":[4,8]}"""),
            more = Named("""{"train.rank":[4,8,16]}"""),
            otherName = Named("""{"train.rank":[8],"train.epochs":[3]}""");

        string[] before = Candidates(first.Run(folder));
        string[] after = Candidates(more.Run(folder));
        string digest = Sha256.OfFile(Path.Combine(folder, "candidates/tuned-rank8/sql.jsonl"));
        string[] renamed = Candidates(otherName.Run(folder));

        Assert.Equal(["tuned-rank4", "tuned-rank8"], before);
        Assert.Equal(["tuned-rank4", "tuned-rank8", "tuned-rank16"], after);
        Assert.Equal([16], more.Trained.Select(t => t.Plan.Rank));
        Assert.Equal(["tuned-rank8-epochs3"], renamed);
        Assert.Empty(otherName.Trained);
        Assert.Equal(digest, Sha256.OfFile(Path.Combine(folder, "candidates/tuned-rank8-epochs3/sql.jsonl")));
    }

    [Fact]
    public void Sweep_derives_parts_of_every_combination_and_trains_on_its_own_number_of_examples()
    {
        ScriptedStudy study = Named("""{"trainingData.examples":[8,24]}""");
        study = study with { Study = study.Study with { Derive = new DerivePlan([0.5], Checkpoints: true) } };
        string folder = Folder();

        string[] names = Candidates(study.Run(folder));

        Assert.Equal([8, 24], study.Trained.Select(t => t.Examples));
        Assert.Contains("tuned-examples8-lambda-0.5", names);
        Assert.Contains("tuned-examples8-step-2-lambda-0.5", names);
        Assert.Contains("tuned-examples24-step-6-lambda-0.5", names);
        Study written = StudyFile.Load(Path.Combine(folder, "study.json"));
        Assert.Null(written.Vary);
        Assert.Equal(names, written.Candidates.Keys);
    }

    private static ScriptedStudy Named(string vary) => new() { Study = Swept(vary) };

    private static Study Swept(string vary) =>
        Plain.Study with
        {
            Replay = new ReplayPlan(0.2, Path.GetFullPath("none")),
            Vary = Parsed<Dictionary<string, JsonElement[]>>(vary)
                .ToDictionary(v => v.Key, v => (IReadOnlyList<JsonElement>)v.Value),
        };

    private static string Refused(Study study) =>
        Assert.Throws<InputException>(() => study.Check("study.json")).Message;

    private static T Parsed<T>(string text) => JsonSerializer.Deserialize<T>(text)!;

    private static string[] Candidates(Comparisons.Comparison got) => [.. got.Candidates.Select(c => c.Name)];

    private static string Folder() => Directory.CreateTempSubdirectory().FullName;
}
