using Xunit;

namespace Fulcrum.Tests;

public sealed class StudyFileTests
{
    private const string Good = """{"name":"x","model":{"folder":"m"},"benchmarks":[{"kind":"mmlu","name":"mmlu","folder":"d"}],"trainingData":{"folder":"s"},"train":{"epochs":3}}""";

    [Fact]
    public void Defaults_are_filled_in_and_folders_are_relative_to_the_file()
    {
        Study study = StudyFile.Load(Written(Good));

        Assert.Equal((3, 8, 2e-4, 42), (study.Train.Epochs, study.Train.BatchSize, study.Train.LearningRate, study.Seed));
        Assert.True(Path.IsPathRooted(study.Model.Folder));
        Assert.Equal(StudyFile.Print(study), StudyFile.Print(StudyFile.Parse(StudyFile.Print(study), "printed")));
    }

    [Theory]
    [InlineData("\"model\":", "\"modle\":", "modle")]
    [InlineData("\"epochs\":3", "\"epochs\":0", "train.epochs")]
    [InlineData("\"epochs\":3", "\"epochs\":3,\"epochs\":4", "epochs")]
    [InlineData("\"epochs\":3", "\"schedule\":\"zigzag\"", "zigzag")]
    [InlineData("\"kind\":\"mmlu\"", "\"kind\":\"chess\"", "chess")]
    public void A_wrong_key_or_value_is_named(string from, string to, string says) =>
        Assert.Contains(says, Assert.Throws<InputException>(() => StudyFile.Load(Written(Good.Replace(from, to)))).Message);

    private static string Written(string text)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "study.json");
        File.WriteAllText(path, text);
        return path;
    }
}
