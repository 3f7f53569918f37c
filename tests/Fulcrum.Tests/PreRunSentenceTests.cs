using System.Globalization;
using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What <c>prepare</c> says of a sample does not contradict itself, nor what the report says later.</summary>
public sealed class PreRunSentenceTests
{
    [Theory]
    [InlineData(40, 20, false)]
    [InlineData(40, 5, true)]
    [InlineData(334, 2, true)]
    [InlineData(334, 20, false)]
    [InlineData(20, 12, true)]
    [InlineData(20, 30, false)]
    public void A_sample_is_called_too_small_exactly_where_it_rarely_shows_that_nothing_was_lost(
        int items,
        double margin,
        bool small
    )
    {
        RunEvent[] said = Said(items, margin);
        TaskPower power = TaskPower.Before("general", [items], looking: margin);

        Assert.Equal(small, said.OfType<RunEvent.Warned>().Any(w => w.Text.Contains("too small to detect")));
        Assert.Equal(small, power.Chance < Power.Wanted);
        string share = string.Create(
            CultureInfo.InvariantCulture,
            $"{Math.Floor(power.Chance!.Value * 100):0}% of studies"
        );
        string[] texts =
        [
            .. said.OfType<RunEvent.Noted>().Select(n => n.Text),
            .. said.OfType<RunEvent.Warned>().Select(w => w.Text),
        ];
        Assert.Single(texts, t => t.Contains(power.Chance >= 0.99 ? "nearly every study" : share));
    }

    [Fact]
    public void The_power_of_the_verdict_is_reported_in_words() =>
        Assert.Contains(
            "Suppose the candidate loses nothing on the general task: 10% of the answers change, half of them for the "
                + "better. Then 93% of studies of this size can show that the loss is 6 points or less. The other 7% "
                + "end without a decision, however large the gain on the target is",
            Said(334, 6).OfType<RunEvent.Noted>().Last().Text
        );

    [Fact]
    public void The_report_repeats_the_figures_of_before_the_run()
    {
        int[] clusters = [.. Enumerable.Repeat(20, 20)];
        Answer[] Side(Func<int, double> score) =>
            [.. Enumerable.Range(0, 400).Select(i => new Answer($"{i}", $"{i / 20}", "", score(i), "", "", ""))];
        // Whole clusters change together, so the observed design effect is far above the assumed one.
        PairedResult seen = PairedComparison.Of(
            "own",
            Side(_ => 1),
            Side(i => i / 20 < 3 ? 0 : 1),
            new ComparisonSettings(Estimand: Estimand.Clusters)
        );

        TaskPower before = TaskPower.Before("own", clusters, Estimand.Clusters, looking: 2),
            after = TaskPower.After(seen, clusters, looking: 2);

        Assert.True(after.DesignEffect > 5);
        Assert.Equal(before.Expected, after.Expected);
        Assert.Equal(before.Chance, after.Chance);
        Assert.Contains("a design effect of 2 is assumed", PowerTable.Explanation(Words.English));
    }

    private static RunEvent[] Said(int items, double margin)
    {
        Study study = new ScriptedStudy().Study with
        {
            Margin = margin,
            Tasks = new Dictionary<string, TaskPlan>
            {
                ["target"] = new GenerationPlan("target", Role: TaskRole.Target),
                ["general"] = new GenerationPlan("general", Role: TaskRole.General),
            },
        };
        Corpus data = new([new Independent("target", 40), new Independent("general", items)], [], "");
        return [.. PreparationSummary.Of(study, data, new ExperimentSettings())];
    }

    private sealed class Independent(string name, int items) : ITask
    {
        public string Name => name;

        public double? ChanceAccuracy => null;

        public IReadOnlyList<Item> Items { get; } =
        [.. Enumerable.Range(0, items).Select(i => new Item($"{i}", "", "", "", ""))];

        public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string>();

        public Question Ask(Item item) => throw new NotSupportedException();

        public Grade Grade(Item item, Reply reply) => throw new NotSupportedException();
    }
}
