using System.Text.Json;
using Fulcrum.Cli;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tests;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary><c>--vary KEY=A,B</c> of the command line.</summary>
public sealed class SweepOptionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Values_are_numbers_lists_and_texts_and_take_the_place_of_the_studys_own()
    {
        Study study = StudyFile.ReadFile(TinyStudy.Write(folder)) with
        {
            Vary = new Dictionary<string, IReadOnlyList<JsonElement>>
            {
                ["train.rank"] = [JsonSerializer.SerializeToElement(2)],
                ["train.epochs"] = [JsonSerializer.SerializeToElement(1)],
            },
        };

        Study got = Sweep.Expand(
            SweepOption.Apply(
                study,
                ["train.rank=4,16", "train.schedule=linear, cosine", "train.targetModules=[\"q_proj\",\"v_proj\"]"]
            )
        );

        Assert.Equal("tuned-rank4-epochs1-schedule-linear-modules-q_proj.v_proj", got.Candidates.Keys.First());
        Assert.Equal([4, 4, 16, 16], got.Candidates.Values.Select(c => c.Train!.Rank));
        Assert.Equal(Schedule.Cosine, got.Candidates.Values.Last().Train!.Schedule);
    }

    [Theory]
    [InlineData("train.rank", "wanted KEY=VALUES")]
    [InlineData("=4", "wanted KEY=VALUES")]
    [InlineData("train.rnk=4", "a key of vary is train.rnk; wanted: train.rank, probably")]
    [InlineData("train.rank=four", "vary.train.rank is \"four\"; wanted: a whole number")]
    [InlineData("train.rank=", "vary.train.rank is []; wanted: at least one value")]
    public void Option_that_cannot_be_is_one_sentence(string text, string says)
    {
        Study study = StudyFile.ReadFile(TinyStudy.Write(folder));

        InputException e = Assert.Throws<InputException>(() => Sweep.Expand(SweepOption.Apply(study, [text])));
        Assert.Contains(says, e.Message);
    }

    [Fact]
    public void Key_that_is_given_twice_is_refused() =>
        Assert.Contains(
            "train.rank is given twice",
            Assert
                .Throws<InputException>(() =>
                    SweepOption.Apply(StudyFile.ReadFile(TinyStudy.Write(folder)), ["train.rank=4", "train.rank=8"])
                )
                .Message
        );
}
