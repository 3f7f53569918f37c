using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Xunit;

namespace Fulcrum.Tests;

public sealed class StudyFileTests
{
    private const string Good =
        """{"name":"x","model":{"folder":"m"},"benchmarks":[{"kind":"mmlu","name":"mmlu","folder":"d"}],"trainingData":{"folder":"s"},"train":{"epochs":3}}""";

    private const string Lines = """
        { "name": "x",
          "model": { "folder": "m" },
          "benchmarks": [ { "kind": "mmlu", "name": "mmlu", "folder": "d" } ],
          "trainingData": { "folder": "s" },
          "train": { "epochs": 3 } }
        """;

    [Fact]
    public void Defaults_are_filled_in_and_folders_are_relative_to_the_file()
    {
        Study study = StudyFile.Load(Written(Good));

        Assert.Equal(
            (3, 8, 2e-4, 42),
            (study.Train.Epochs, study.Train.BatchSize, study.Train.LearningRate, study.Seed)
        );
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
        Assert.Contains(
            says,
            Assert.Throws<InputException>(() => StudyFile.Load(Written(Good.Replace(from, to)))).Message
        );

    [Theory]
    [InlineData(
        "\"epochs\": 3",
        "\"epoch\": 3",
        "line 5: train.epoch: unknown key \"epoch\"; did you mean \"epochs\"?"
    )]
    [InlineData(
        "\"epochs\": 3",
        "\"Epochs\": 3",
        "line 5: train.Epochs: unknown key \"Epochs\"; did you mean \"epochs\"?"
    )]
    [InlineData(
        "\"folder\": \"m\"",
        "\"fodler\": \"m\"",
        "line 2: model.fodler: unknown key \"fodler\"; did you mean \"folder\"?"
    )]
    [InlineData(
        "\"folder\": \"m\"",
        "\"colour\": \"m\"",
        "line 2: model.colour: unknown key \"colour\"; known are device, dtype, folder, quantization, threads"
    )]
    [InlineData(
        "\"folder\": \"d\"",
        "\"folder\": \"d\", \"shot\": 5",
        "line 3: benchmarks[0].shot: unknown key \"shot\"; did you mean \"shots\"?"
    )]
    public void An_unknown_key_is_said_with_file_line_path_and_what_was_meant(string from, string to, string says) =>
        Says(from, to, says);

    [Theory]
    [InlineData(
        "\"model\": { \"folder\": \"m\" },",
        "",
        "line 1: model is missing: \"model\" belongs at the top level of the study"
    )]
    [InlineData("\"folder\": \"m\"", "", "line 2: model.folder is missing: \"folder\" belongs in model")]
    [InlineData("\"name\": \"mmlu\",", "", "line 3: benchmarks[0].name is missing: \"name\" belongs in benchmarks[0]")]
    [InlineData(
        "\"kind\": \"mmlu\",",
        "",
        "line 3: benchmarks[0].kind is missing: \"kind\" belongs in benchmarks[0]; the kinds are spider, mmlu, multiple-choice, generation"
    )]
    public void A_missing_key_is_said_with_where_it_belongs(string from, string to, string says) =>
        Says(from, to, says);

    [Theory]
    [InlineData(
        "\"epochs\": 3",
        "\"rank\": \"eight\"",
        "line 5: train.rank: wanted a whole number, found text \"eight\""
    )]
    [InlineData("\"epochs\": 3", "\"rank\": 2.5", "line 5: train.rank: wanted a whole number, found 2.5")]
    [InlineData("\"epochs\": 3", "\"rank\": null", "line 5: train.rank: wanted a whole number, found null")]
    [InlineData(
        "\"epochs\": 3",
        "\"maxTokens\": [1]",
        "line 5: train.maxTokens: wanted a whole number or null, found a list"
    )]
    [InlineData(
        "\"epochs\": 3",
        "\"targetModules\": [\"q_proj\", 7]",
        "line 5: train.targetModules[1]: wanted text, found 7"
    )]
    [InlineData("{ \"folder\": \"m\" }", "\"m\"", "line 2: model: wanted an object {...}, found text \"m\"")]
    [InlineData(
        "{ \"folder\": \"s\" }",
        "{ \"folder\": \"s\" }, \"loraConfigurations\": { \"wide\": { \"rank\": true } }",
        "line 4: loraConfigurations.wide.rank: wanted a whole number, found true"
    )]
    public void A_value_of_the_wrong_type_is_said_with_what_is_wanted(string from, string to, string says) =>
        Says(from, to, says);

    [Theory]
    [InlineData(
        "\"kind\": \"mmlu\"",
        "\"kind\": \"chess\"",
        "line 3: benchmarks[0].kind: \"chess\" is no kind of benchmark; the kinds are spider, mmlu, multiple-choice, generation"
    )]
    [InlineData(
        "\"epochs\": 3",
        "\"epochs\": 3, \"epochs\": 4",
        "line 5: train.epochs: the key \"epochs\" is there twice"
    )]
    [InlineData("\"epochs\": 3", "\"epochs\": 3 4", "line 5: not valid JSON: '4' is invalid after a value")]
    public void A_strange_kind_a_double_key_and_broken_JSON_are_said_with_their_line(
        string from,
        string to,
        string says
    ) => Says(from, to, says);

    [Theory]
    [InlineData("""{"epoch":1}""", "line 1: train.epoch: unknown key \"epoch\"; did you mean \"epochs\"?")]
    [InlineData("{\n\"rank\":\"8\"}", "line 2: train.rank: wanted a whole number, found text \"8\"")]
    [InlineData("", "is empty")]
    public void A_training_configuration_of_its_own_is_read_as_strictly(string text, string says) =>
        Assert.Contains(says, Assert.Throws<InputException>(() => StudyFile.LoadTrainPlan(Written(text))).Message);

    [Fact]
    public void The_kind_of_a_benchmark_may_stand_behind_its_other_keys() =>
        Assert.IsType<MmluPlan>(
            StudyFile
                .Load(
                    Written(Good.Replace("\"kind\":\"mmlu\",\"name\":\"mmlu\"", "\"name\":\"mmlu\",\"kind\":\"mmlu\""))
                )
                .Benchmarks[0]
        );

    [Theory]
    [InlineData("model", "model.folder: there is no folder ")]
    [InlineData("spider", "benchmarks[0].folder: there is no folder ")]
    [InlineData("spider/database", "benchmarks[0].folder: there is no folder 'database' with DB/DB.sqlite files in ")]
    [InlineData("mmlu", "benchmarks[1].folder: there is no folder ")]
    [InlineData("training", "trainingData.folder: there is no folder ")]
    public void A_folder_that_is_not_there_is_said_with_the_key_that_names_it(string missing, string says)
    {
        (Study study, string home) = Placed();
        Directory.Delete(Path.Combine(home, missing), recursive: true);

        Assert.StartsWith(
            $"my-study.json: {says}{Path.Combine(home, missing.Split('/')[0])}",
            Assert.Throws<InputException>(() => StudyPlaces.Check(study, "my-study.json")).Message
        );
    }

    [Fact]
    public void A_misspelt_subject_is_said_with_its_key_and_the_nearest_one()
    {
        (Study study, _) = Placed();
        Study misspelt = study with
        {
            Benchmarks =
            [
                study.Benchmarks[0],
                (MmluPlan)study.Benchmarks[1] with
                {
                    Subjects = ["virology", "philosopy"],
                },
            ],
        };

        StudyPlaces.Check(study, "my-study.json");

        string said = Assert.Throws<InputException>(() => StudyPlaces.Check(misspelt, "my-study.json")).Message;
        Assert.StartsWith("my-study.json: benchmarks[1].subjects[1]: there is no subject \"philosopy\"", said);
        Assert.EndsWith("the nearest is \"philosophy\"", said);
    }

    private static (Study Study, string Home) Placed()
    {
        string home = Directory.CreateTempSubdirectory().FullName;
        foreach (string folder in (string[])["model", "spider/database", "training", "mmlu/test"])
        {
            Directory.CreateDirectory(Path.Combine(home, folder));
        }

        File.WriteAllText(Path.Combine(home, "mmlu/test/philosophy_test.csv"), "");
        File.WriteAllText(Path.Combine(home, "mmlu/test/virology_test.csv"), "");
        string At(string folder) => Path.Combine(home, folder);
        return (
            new Study(
                "x",
                new ModelPlan(At("model")),
                [new SpiderPlan("spider", At("spider")), new MmluPlan("mmlu", At("mmlu"), Subjects: ["virology"])],
                new TrainingDataPlan(Data: At("training")),
                new TrainPlan()
            ),
            home
        );
    }

    private static void Says(string from, string to, string says)
    {
        string path = Written(Lines.Replace(from, to)),
            said = Assert.Throws<InputException>(() => StudyFile.Load(path)).Message;

        Assert.StartsWith($"{path} {says}", said);
        Assert.DoesNotContain("Fulcrum.", said);
    }

    private static string Written(string text)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "study.json");
        File.WriteAllText(path, text);
        return path;
    }
}
