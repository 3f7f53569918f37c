using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>The spread of a recipe over its training seeds.</summary>
internal static class RecipeComparison
{
    /// <summary>Returns the recipes that were trained with more than one seed: a candidate and those derived from it by
    /// a seed.</summary>
    public static RecipeSeeds[]? Of(Study study, PointAnswers before, PointAnswers[] points)
    {
        RecipeSeeds[] recipes =
        [
            .. study
                .Candidates.Where(c => c.Value.Train is not null)
                .Select(c => SeedsOf(study, before, points, c.Key, c.Value.Train!))
                .OfType<RecipeSeeds>(),
        ];
        return recipes.Length == 0 ? null : recipes;
    }

    private static RecipeSeeds? SeedsOf(
        Study study,
        PointAnswers before,
        PointAnswers[] points,
        string recipe,
        TrainPlan train
    )
    {
        (int Seed, PointAnswers Answers)[] seeds =
        [
            (train.Seed ?? study.Seed, points.First(p => p.Name == recipe)),
            .. points
                .Where(p => p.Seed is not null && study.Candidates[p.Name].From == recipe)
                .Select(p => (p.Seed!.Value, p)),
        ];
        return seeds.Length < 2
            ? null
            : new RecipeSeeds(recipe, [.. study.NamedTasks.Select(t => SeedsOf(t, before, seeds))]);
    }

    private static SeedsResult SeedsOf(TaskPlan task, PointAnswers before, (int Seed, PointAnswers Answers)[] seeds)
    {
        CandidateFamily family = CandidateFamily.Of(
            task.Name,
            before.Answers[task.Name],
            [.. seeds.Select(s => ($"{s.Seed}", s.Answers.Answers[task.Name]))],
            task.Generalises(),
            simultaneous: false,
            seeds: true
        );
        return new SeedsResult(
            task.Name,
            family.Recipe,
            [.. family.Candidates.Select((c, i) => new SeedDifference(seeds[i].Seed, c.Difference))]
        );
    }
}
