using Fulcrum.Evaluation;
using Fulcrum.Statistics;

namespace Fulcrum;

/// <summary>The comparison of a whole run, from the files in its folder; no model is needed.</summary>
public static class StudyComparison
{
    /// <summary>Compares before and after, and every further point of the run with before.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="InputException">A file is missing or damaged; names it.</exception>
    public static Comparison Of(Study study, string folder, IReadOnlyList<PointPlan> points)
    {
        Dictionary<string, IReadOnlyList<Answer>> before = Answers(study, folder, "before"), after = Answers(study, folder, "after");
        BenchmarkComparison[] benchmarks = [.. study.Benchmarks.Select(b => PairedComparison.Of(b.Name, before[b.Name], after[b.Name]))];
        return new Comparison(benchmarks);
    }

    private static Dictionary<string, IReadOnlyList<Answer>> Answers(Study study, string folder, string side) =>
        study.Benchmarks.ToDictionary(b => b.Name, b => AnswerFile.Read(Path.Combine(folder, side, b.Name + ".jsonl")), StringComparer.Ordinal);
}
