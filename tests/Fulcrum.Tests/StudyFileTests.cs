using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Xunit;

namespace Fulcrum.Tests;

public sealed class StudyFileTests
{
    private const string Good =
        """{"base":"m","tasks":{"mmlu":{"kind":"mmlu","data":"d"}},"candidates":{"a":{"train":{"epochs":3}}},"trainingData":{"data":"s"}}""";

    private const string Lines = """
        { "name": "x",
          "base": { "model": "m" },
          "tasks": { "mmlu": { "kind": "mmlu", "data": "d" } },
          "trainingData": { "data": "s" },
          "candidates": { "a": { "train": { "epochs": 3 } } } }
        """;

    [Fact]
    public void Defaults_are_filled_in_and_paths_are_relative_to_the_file()
    {
        Study study = StudyFile.Load(Written(Good));

        TrainPlan train = study.Candidates["a"].Train!;
        Assert.Equal((3, 8, 2e-4, 42), (train.Epochs, train.BatchSize, train.LearningRate, study.Seed));
        Assert.True(Path.IsPathRooted(study.Base.Model));
        Assert.Equal(StudyFile.Print(study), StudyFile.Print(StudyFile.Parse(StudyFile.Print(study), "printed")));
    }

    [Fact]
    public void A_printed_study_has_paths_relative_to_its_folder_and_reads_back_as_the_same()
    {
        string path = Written(Good),
            home = Path.GetDirectoryName(path)!;
        Study study = StudyFile.Load(path);
        string printed = StudyFile.Print(study, home);
        File.WriteAllText(path, printed);

        Assert.DoesNotContain(home, printed);
        Assert.Equal(StudyFile.Print(study), StudyFile.Print(StudyFile.Load(path)));
    }

    [Theory]
    [InlineData("\"base\":", "\"model\":", "it is called base now")]
    [InlineData("\"tasks\":", "\"benchmarks\":", "it is called tasks, an object")]
    [InlineData("\"data\":\"d\"", "\"folder\":\"d\"", "it is called data now")]
    [InlineData("\"data\":\"d\"", "\"data\":\"d\",\"shots\":5", "it is called fewshot now")]
    public void Key_of_the_first_edition_is_refused_with_its_new_name(string from, string to, string says) =>
        Assert.Contains(
            says,
            Assert.Throws<InputException>(() => StudyFile.Load(Written(Good.Replace(from, to)))).Message
        );

    [Theory]
    [InlineData("{\"train\":{\"epochs\":3}}", "{}", "candidates.a is none; wanted: exactly one of train, adapter")]
    [InlineData(
        "{\"train\":{\"epochs\":3}}",
        "{\"adapter\":\"x\",\"model\":\"y\"}",
        "candidates.a is adapter and model"
    )]
    [InlineData("{\"train\":{\"epochs\":3}}", "{\"model\":\"m\"}", "another folder than the base's")]
    [InlineData("{\"train\":{\"epochs\":3}}", "{\"replies\":{\"other\":\"f\"}}", "candidates.a.replies is other")]
    [InlineData("{\"train\":{\"epochs\":3}}", "{\"from\":\"b\"}", "candidates.a.from is b")]
    [InlineData("{\"train\":{\"epochs\":3}}", "{\"from\":\"b\"},\"b\":{\"from\":\"a\"}", "candidates.a.from is b")]
    [InlineData("\"a\":", "\"a/b\":", "the name of a candidate is a/b")]
    [InlineData("\"base\":\"m\"", "\"base\":{\"model\":\"m\",\"dtype\":\"int8\"}", "int8 is for measuring only")]
    public void A_candidate_that_cannot_be_is_one_sentence(string from, string to, string says) =>
        Assert.Contains(
            says,
            Assert.Throws<InputException>(() => StudyFile.Load(Written(Good.Replace(from, to)))).Message
        );

    [Fact]
    public void The_first_faults_of_a_study_are_named_together()
    {
        string path = Written(
            """
            { "bases": "m",
              "tasks": { "mmlu": { "kind": "mmlu", "data": "d", "shots": 5 } },
              "seed": "one",
              "candidates": { "a": { "train": { "epochs": [3] } } } }
            """
        );

        string message = Assert.Throws<InputException>(() => StudyFile.Load(path)).Message;

        Assert.StartsWith(
            $"{path} line 1: bases: unknown key \"bases\"; did you mean \"base\"? Also line 2: ",
            message
        );
        Assert.Contains("fewshot now. Also line 3: seed: wanted a whole number, found text \"one\". 1 other", message);
        Assert.DoesNotContain("missing", message);
    }

    [Theory]
    [InlineData("\"base\":", "\"bases\":", "bases")]
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
        "line 5: candidates.a.train.epoch: unknown key \"epoch\"; did you mean \"epochs\"?"
    )]
    [InlineData(
        "\"epochs\": 3",
        "\"Epochs\": 3",
        "line 5: candidates.a.train.Epochs: unknown key \"Epochs\"; did you mean \"epochs\"?"
    )]
    [InlineData(
        "\"model\": \"m\"",
        "\"modle\": \"m\"",
        "line 2: base.modle: unknown key \"modle\"; did you mean \"model\"?"
    )]
    [InlineData(
        "\"model\": \"m\"",
        "\"colour\": \"m\"",
        "line 2: base.colour: unknown key \"colour\"; known are device, dtype, links, model, quantization, threads"
    )]
    [InlineData(
        "\"data\": \"d\"",
        "\"data\": \"d\", \"fewshots\": 5",
        "line 3: tasks.mmlu.fewshots: unknown key \"fewshots\"; did you mean \"fewshot\"?"
    )]
    public void Unknown_key_is_refused_with_file_line_path_and_likely_key(string from, string to, string says) =>
        Says(from, to, says);

    [Theory]
    [InlineData(
        "\"base\": { \"model\": \"m\" },",
        "",
        "line 1: base is missing: \"base\" belongs at the top level of the study"
    )]
    [InlineData("\"model\": \"m\"", "", "line 2: base.model is missing: \"model\" belongs in base")]
    [InlineData(
        "\"kind\": \"mmlu\",",
        "",
        "line 3: tasks.mmlu.kind is missing: \"kind\" belongs in tasks.mmlu; the kinds are spider, mmlu, multiple-choice, generation"
    )]
    public void A_missing_key_is_reported_with_its_place(string from, string to, string says) => Says(from, to, says);

    [Theory]
    [InlineData(
        "\"epochs\": 3",
        "\"rank\": \"eight\"",
        "line 5: candidates.a.train.rank: wanted a whole number, found text \"eight\""
    )]
    [InlineData("\"epochs\": 3", "\"rank\": 2.5", "line 5: candidates.a.train.rank: wanted a whole number, found 2.5")]
    [InlineData(
        "\"epochs\": 3",
        "\"rank\": null",
        "line 5: candidates.a.train.rank: wanted a whole number, found null"
    )]
    [InlineData(
        "\"epochs\": 3",
        "\"maxTokens\": [1]",
        "line 5: candidates.a.train.maxTokens: wanted a whole number or null, found a list"
    )]
    [InlineData(
        "\"epochs\": 3",
        "\"targetModules\": [\"q_proj\", 7]",
        "line 5: candidates.a.train.targetModules[1]: wanted text, found 7"
    )]
    [InlineData("{ \"model\": \"m\" }", "7", "line 2: base: wanted an object {...}, found 7")]
    [InlineData(
        "\"epochs\": 3",
        "\"schedule\": \"zigzag\"",
        "line 5: candidates.a.train.schedule: wanted one of linear, cosine, constant, found text \"zigzag\""
    )]
    public void Wrong_type_is_refused_with_the_wanted_type(string from, string to, string says) => Says(from, to, says);

    [Theory]
    [InlineData(
        "\"kind\": \"mmlu\"",
        "\"kind\": \"chess\"",
        "line 3: tasks.mmlu.kind: \"chess\" is no kind of task; the kinds are spider, mmlu, multiple-choice, generation"
    )]
    [InlineData(
        "\"epochs\": 3",
        "\"epochs\": 3, \"epochs\": 4",
        "line 5: candidates.a.train.epochs: the key \"epochs\" occurs twice"
    )]
    [InlineData("\"epochs\": 3", "\"epochs\": 3 4", "line 5: not valid JSON: '4' is invalid after a value")]
    public void An_unknown_kind_a_repeated_key_and_malformed_JSON_are_reported_with_their_line(
        string from,
        string to,
        string says
    ) => Says(from, to, says);

    [Theory]
    [InlineData("""{"epoch":1}""", "line 1: train.epoch: unknown key \"epoch\"; did you mean \"epochs\"?")]
    [InlineData("{\n\"rank\":\"8\"}", "line 2: train.rank: wanted a whole number, found text \"8\"")]
    [InlineData("", "is empty")]
    public void Separate_training_configuration_is_read_strictly(string text, string says) =>
        Assert.Contains(says, Assert.Throws<InputException>(() => StudyFile.LoadTrainPlan(Written(text))).Message);

    [Fact]
    public void The_kind_of_a_task_may_stand_after_its_other_keys() =>
        Assert.IsType<MmluPlan>(
            StudyFile
                .Load(Written(Good.Replace("\"kind\":\"mmlu\",\"data\":\"d\"", "\"data\":\"d\",\"kind\":\"mmlu\"")))
                .Tasks["mmlu"]
        );

    [Theory]
    [InlineData("model", "base: there is no file or folder ")]
    [InlineData("spider", "tasks.spider: there is no file or folder ")]
    [InlineData("spider/database", "tasks.spider.data: there is no folder 'database' with DB/DB.sqlite files in ")]
    [InlineData("mmlu", "tasks.mmlu: there is no file or folder ")]
    [InlineData("training", "trainingData: there is no file or folder ")]
    public void A_folder_that_does_not_exist_is_named_with_its_key(string missing, string says)
    {
        (Study study, string home) = Placed();
        Directory.Delete(Path.Combine(home, missing), recursive: true);

        Assert.StartsWith(
            $"my-study.json: {says}{Path.Combine(home, missing.Split('/')[0])}",
            Assert.Throws<InputException>(() => StudyFile.RequireFiles(study, "my-study.json")).Message
        );
    }

    [Fact]
    public void A_misspelt_subject_is_named_with_its_key_and_the_nearest_one()
    {
        (Study study, _) = Placed();
        Study misspelt = study with
        {
            Tasks = new Dictionary<string, TaskPlan>
            {
                ["mmlu"] = (MmluPlan)study.Tasks["mmlu"] with { Subjects = ["virology", "philosopy"] },
            },
        };

        StudyFile.RequireFiles(study, "my-study.json");

        string said = Assert.Throws<InputException>(() => StudyFile.RequireFiles(misspelt, "my-study.json")).Message;
        Assert.StartsWith("my-study.json: tasks.mmlu.subjects: there is no subject \"philosopy\"", said);
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
                new BasePlan(At("model")),
                new Dictionary<string, TaskPlan>
                {
                    ["spider"] = new SpiderPlan(Data: At("spider")),
                    ["mmlu"] = new MmluPlan(Data: At("mmlu"), Subjects: ["virology"]),
                },
                new Dictionary<string, CandidatePlan> { ["a"] = new(Train: new TrainPlan()) },
                TrainingData: new TrainingDataPlan(Data: At("training"))
            ),
            home
        );
    }

    [Fact]
    public void A_study_of_thousands_of_faults_is_not_read_to_its_end()
    {
        string path = Written(
            Lines.Replace(
                "\"tasks\"",
                $"\"derive\": {{ \"seeds\": [{string.Concat(Enumerable.Repeat("[],", 5000))}] }}, \"tasks\""
            )
        );
        Assert.Matches(
            @"\. 9\d or more other faults",
            Assert.Throws<InputException>(() => StudyFile.Load(path)).Message
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
