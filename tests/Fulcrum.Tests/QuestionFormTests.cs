using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The rotations of one question are not independent items, wherever they are counted.</summary>
public sealed class QuestionFormTests
{
    [Fact]
    public void The_standard_error_of_a_measured_task_is_that_of_its_questions()
    {
        MeasuredValue forms = TaskFigures.OfScores("own", Forms(i => i % 3 == 0 ? 0 : 1))["own"]["score"],
            questions = TaskFigures.OfScores("own", Questions(i => i % 3 == 0 ? 0 : 1))["own"]["score"];

        Assert.Equal(questions, forms);
        // 30 questions, two thirds right: sqrt(p (1 - p) / 29).
        Assert.Equal(Math.Sqrt(2.0 / 9 / 29), forms.StandardError!.Value, 1e-12);
    }

    [Fact]
    public void A_further_measure_is_compared_over_questions()
    {
        MeasureComparison Of(Func<Func<int, double>, Answer[]> side) =>
            MeasureStatistics.Of([.. side(_ => 1).Zip(side(i => i % 3 == 0 ? 0 : 1))]).Single(m => m.Name == "brier");

        MeasureComparison forms = Of(Forms),
            questions = Of(Questions);

        Assert.Equal(30, forms.Items);
        Assert.Equal(questions.Difference.Low, forms.Difference.Low, 1e-12);
    }

    [Fact]
    public void Macro_F1_leaves_out_whole_questions_at_a_time()
    {
        CorpusResult Of(Func<Func<int, double>, Answer[]> side) =>
            CorpusMeasures.Of(CorpusMeasure.MacroF1, [.. side(_ => 1).Zip(side(i => i % 3 == 0 ? 0 : 1))]);

        Assert.Equal(Of(Questions).StandardError, Of(Forms).StandardError, 1e-12);
    }

    [Fact]
    public void The_published_band_counts_each_question_once()
    {
        // One form of each question is right, so every other form would halve the score twice.
        Answer[] scored = [.. Forms(_ => 0).Select(a => a with { Score = a.Id == a.Stem ? 1 : 0 })];
        GuardLog log = new("base");

        MeasurementGuards.Check(
            log,
            new Chosen(),
            new Fulcrum.Tasks.Mmlu.MmluPlan(),
            scored,
            ModelOf("qwen2-0.5b"),
            before: true
        );

        Assert.StartsWith("100.0%", log.Results.Single(r => r.Name == GuardNames.PublishedBand).Message);
    }

    private static string ModelOf(string name)
    {
        string folder = Path.Combine(Directory.CreateTempSubdirectory().FullName, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(
            Path.Combine(folder, "config.json"),
            """{"hidden_size":896,"num_hidden_layers":24,"vocab_size":151936}"""
        );
        return folder;
    }

    private static Answer[] Questions(Func<int, double> score) => [.. Forms(score).Where(a => a.Id == a.Stem)];

    // Every form of a question has the same score and measure.
    private static Answer[] Forms(Func<int, double> score) =>
        [
            .. Enumerable
                .Range(0, 120)
                .Select(i => new Answer(
                    i % 4 == 0 ? $"q{i / 4}" : $"q{i / 4}/rotation/{i % 4}",
                    "",
                    "",
                    score(i / 4),
                    score(i / 4) == 1 ? "AB"[i / 4 % 2].ToString() : "AB"[(i / 4 + 1) % 2].ToString(),
                    "AB"[i / 4 % 2].ToString(),
                    "",
                    Stem: $"q{i / 4}",
                    Measures: new Dictionary<string, double> { ["brier"] = score(i / 4) }
                )),
        ];

    private sealed class Chosen : ITask
    {
        public string Name => "own";

        public double? ChanceAccuracy => null;

        public IReadOnlyList<Item> Items { get; } = [new Item("1", "", "", "q", "A")];

        public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string>();

        public Question Ask(Item item) => new Question.Choose(new Models.Prompt.Text("q"), ["A", "B"]);

        public Grade Grade(Item item, Reply reply) => new(1, "", "correct");

        public Reply? Gold(Item item) => null;
    }
}
