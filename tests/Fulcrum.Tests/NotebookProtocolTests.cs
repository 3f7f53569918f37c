using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;
using Xunit;

namespace Fulcrum.Tests;

public sealed class NotebookProtocolTests
{
    [Fact]
    public void An_example_is_truncated_and_its_prompt_trained_only_if_the_plan_says_so()
    {
        TrainingExample example = new("e", [1, 2, 3, 4, 5, 6], [false, false, false, false, true, true]);

        (IReadOnlyList<TrainingExample> same, TrainingDataSummary whole) = TrainingShape.Of(
            new TrainPlan(MaxTokens: 4),
            [example]
        );
        (IReadOnlyList<TrainingExample> cut, TrainingDataSummary less) = TrainingShape.Of(
            new TrainPlan(MaxTokens: 4, Truncate: true, Loss: LossTokens.All),
            [example, example with { Ids = [1, 2], Trained = [false, true] }]
        );

        Assert.Equal(example.Ids, same[0].Ids);
        Assert.Equal(example.Trained, same[0].Trained);
        Assert.Equal(new TrainingDataSummary(1, 6, 6, 0, 2, 2, 0, LossTokens.Completion), whole);
        Assert.Equal([1, 2, 3, 4], cut[0].Ids);
        Assert.Equal([false, true, true, true], cut[0].Trained);
        Assert.Equal(new TrainingDataSummary(2, 8, 6, 1, 3, 1, 1, LossTokens.All), less);
    }

    [Fact]
    public void The_estimate_tries_the_examples_as_the_training_gets_them()
    {
        ScriptedStudy whole = new(),
            cut =
                whole with
                {
                    Study = whole.Study with
                    {
                        Candidates = new Dictionary<string, CandidatePlan>
                        {
                            ["tuned"] = new(
                                Train: new TrainPlan(Epochs: 3, BatchSize: 4, MaxTokens: 6, Truncate: true)
                            ),
                        },
                        OverrideGuards = ["completion-tokens"],
                    },
                };
        List<string> told = [];

        cut.Run(
            Directory.CreateTempSubdirectory().FullName,
            p => told.AddRange(p is RunEvent.Noted noted ? [noted.Text] : [])
        );

        Assert.Contains(told, t => t.StartsWith("estimate: about", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("SELECT 1", "SELECT 1")]
    [InlineData(" SELECT 1\n\nTables:\nx: y\nQuestion: z?\nSQL: SELECT 2", "SELECT 2")]
    [InlineData("Sure! Here it is: SELECT 1", "Sure! Here it is: SELECT 1")]
    public void Query_of_the_raw_prompt_follows_the_last_marker(string reply, string query)
    {
        SpiderTask benchmark = Spider("raw3");
        Question.Write asked = (Question.Write)benchmark.Ask(benchmark.Items[0]);

        Assert.Equal(4, ((Prompt.Text)asked.Prompt).Value.Split(RawSpiderPrompt.Marker).Length - 1);
        Assert.Equal(
            query,
            benchmark.Grade(benchmark.Items[0], new Reply.Written(reply, FinishReason.Length, 9)).Prediction
        );
    }

    [Fact]
    public void Notebook_reads_the_reply_only_and_grades_have_the_threshold()
    {
        SpiderTask benchmark = Spider("chat");

        Grade grade = benchmark.Grade(benchmark.Items[0], new Reply.Written("SELECT 1", FinishReason.Stop, 3));

        Assert.Equal(("SELECT 1", 1.0), (grade.Prediction, grade.Threshold));
    }

    [Fact]
    public void The_first_items_of_the_file_are_a_sample_too()
    {
        Assert.Equal([.. Enumerable.Range(0, 5).Select(i => $"dev/{i}")], Spider("chat").Items.Select(i => i.Id));
    }

    [Fact]
    public void Each_item_has_its_own_draws_equal_for_base_and_candidate()
    {
        Decoding decoding = new(new Sampling(0.7, 20, 0.8, 1.1), 42);

        Assert.Equal(decoding.For("mmlu", "a"), decoding.For("mmlu", "a"));
        Assert.NotEqual(decoding.For("mmlu", "a")!.Seed, decoding.For("mmlu", "b")!.Seed);
        Assert.Null(Decoding.Greedy.For("mmlu", "a"));
    }

    [Theory]
    [InlineData(
        """{"do_sample":true,"temperature":0.7,"top_p":0.8,"top_k":20,"repetition_penalty":1.1}""",
        0.7,
        20,
        0.8,
        1.1
    )]
    [InlineData("""{"do_sample":true}""", 1, 50, 1, 1)]
    [InlineData("""{"repetition_penalty":1.2}""", 1, 1, 1, 1.2)]
    public void A_models_generation_configuration_is_read_with_the_defaults_of_transformers(
        string json,
        double temperature,
        int topK,
        double topP,
        double penalty
    ) => Assert.Equal(new Sampling(temperature, topK, topP, penalty), GenerationConfig.Sampling(Folder(json)));

    [Fact]
    public void A_configuration_that_does_not_sample_is_greedy() =>
        Assert.Null(GenerationConfig.Sampling(Folder("{}")));

    [Theory]
    [InlineData("""{"do_sample":true,"temperature":0}""", "temperature")]
    [InlineData("""{"do_sample":true,"top_p":"x"}""", "top_p")]
    public void A_value_out_of_range_is_named(string json, string says) =>
        Assert.Contains(says, Assert.Throws<InputException>(() => GenerationConfig.Sampling(Folder(json))).Message);

    [Fact]
    public void Divergence_on_neutral_text_is_a_mean_over_tokens_with_texts_as_clusters()
    {
        Comparisons.NeutralTextComparison got = NeutralText.Of([new("1", 10, 1, -20, -25), new("2", 30, 5, -60, -55)]);

        // Residuals 1 - 0.15 * 10 = -0.5 and 0.5: sqrt(0.5 * 2 / 1) / 40 = 0.025; Student's t on one degree of freedom
        // is 12.706.
        Assert.Equal((0.15, 0.025), (got.KullbackLeibler.Mean, Math.Round(got.KullbackLeibler.StandardError, 12)));
        Assert.Equal(0.15 - 12.7062 * 0.025, got.KullbackLeibler.Low, 4);
        Assert.Equal(0, got.LogLikelihood.Mean);
        Assert.Equal((Math.Exp(2), Math.Exp(2)), (got.PerplexityBefore, got.PerplexityAfter));
    }

    private static SpiderTask Spider(string prompt) =>
        SpiderTask.Open(
            new SpiderPlan(
                "spider",
                SharedData.Of("data", "spider"),
                Items: 5,
                Prompt: EnumNames.Parse<SpiderPromptForm>(prompt, "prompt"),
                Reading: SpiderReading.AfterMarker,
                Sample: SpiderSample.First,
                Threshold: 1
            ),
            42,
            (_, _, p) => new Grade(1, p, "correct")
        );

    private static string Folder(string json)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), json);
        return folder;
    }

    private static string Written(string more)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "study.json");
        File.WriteAllText(
            path,
            """{"name":"x","model":{"folder":"m"},"benchmarks":[{"kind":"mmlu","name":"mmlu","folder":"d"}],"trainingData":{"folder":"s"},"train":{"epochs":3}"""
                + more
                + "}"
        );
        return path;
    }
}
