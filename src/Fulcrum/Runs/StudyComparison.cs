using Fulcrum.Guards;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>The comparison of a whole run, from the files in its folder; no model is needed.</summary>
public static class StudyComparison
{
    /// <summary>Compares before and after, and every further point of the run with before.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="points">The points that stand in it.</param>
    /// <exception cref="InputException">A file is missing or damaged; names it.</exception>
    public static Comparison Of(Study study, string folder, IReadOnlyList<PointPlan> points)
    {
        PointAnswers before = Read(study, folder, new PointPlan("before", "side", 0), "before"),
            after = Read(study, folder, new PointPlan("after", "side"), "after");
        BenchmarkComparison[] each =
        [
            .. study.Benchmarks.Select(b =>
                PairedComparison.Of(b.Name, before.Answers[b.Name], after.Answers[b.Name], SettingsOf(study, b.Name))
            ),
        ];
        IReadOnlyList<double> adjusted = Proportion.Holm([.. each.Select(b => b.Mcnemar.P)]);
        BenchmarkComparison[] benchmarks = [.. each.Select((b, i) => b with { AdjustedP = adjusted[i] })];
        PointAnswers[] further = [.. points.Select(p => Read(study, folder, p, Path.Combine("points", p.Name)))];
        return new Comparison(
            benchmarks,
            Judgement.Of(benchmarks, study.TaskNames, study.Margin),
            Guards(study, folder, benchmarks, points),
            Power:
            [
                .. benchmarks.Select(b => Power.After(b, study.TaskNames.Contains(b.Benchmark) ? null : study.Margin)),
            ],
            TradeOff: further.Length == 0
                ? null
                : TradeOffCurve.Of(
                    [before, after, .. further],
                    [.. study.Benchmarks.Select(b => b.Name)],
                    study.TaskNames,
                    study.Margin
                ),
            Seeds: study.Seeds is null or { Count: < 2 }
                ? null
                : Seeds(study, before, [after, .. further.Where(p => p.Kind == "seed")]),
            NeutralText: NeutralText.Read(Path.Combine(folder, "after", NeutralText.FileName))
        );
    }

    /// <summary>What the earlier stages saw, then what shows only when both sides are there; with the study's word on
    /// what failed.</summary>
    private static IReadOnlyList<GuardResult> Guards(
        Study study,
        string folder,
        IReadOnlyList<BenchmarkComparison> benchmarks,
        IReadOnlyList<PointPlan> points
    )
    {
        GuardLog log = new("compare");
        IReadOnlyList<BatchingNoise> noise = BatchingNoise.Read(Path.Combine(folder, "before", "noise.json"));
        foreach (BenchmarkComparison b in benchmarks)
        {
            SameProtocol(log, folder, b.Benchmark, points);
            if (noise.FirstOrDefault(n => n.Benchmark == b.Benchmark) is { } seen)
            {
                BatchingNoise.Check(log, b, seen);
            }
        }

        string[] stages = ["prepare", "before", "after"];
        return GuardLog.Overridden(
            [.. stages.SelectMany(s => GuardLog.Read(Path.Combine(folder, "guards", s + ".json"))), .. log.Results],
            study.OverrideGuards ?? []
        );
    }

    /// <summary>Points may differ from before in how the adapter is applied: that is what some of them are there
    /// for.</summary>
    private static void SameProtocol(GuardLog log, string folder, string benchmark, IReadOnlyList<PointPlan> points)
    {
        string Of(string place) => Path.Combine(folder, place, benchmark + ".protocol.json");
        string[] differing =
        [
            .. Protocol.Differences(Of("before"), Of("after")),
            .. points.SelectMany(p =>
                Protocol
                    .Differences(Of("after"), Of(Path.Combine("points", p.Name)), "serving")
                    .Select(d => $"{p.Name}, {d}")
            ),
        ];
        log.Report(
            GuardLog.SameProtocol,
            benchmark,
            differing.Length == 0,
            differing.Length == 0
                ? $"{benchmark} was measured alike on every side"
                : $"{benchmark} was measured differently before and after ({string.Join("; ", differing)})"
        );
    }

    private static PairedComparison.Settings SettingsOf(Study study, string benchmark) =>
        new(study.TaskNames.Contains(benchmark) ? null : study.Margin, study.Seed);

    private static SeedSpread[] Seeds(Study study, PointAnswers before, IReadOnlyList<PointAnswers> seeds) =>
        [
            .. study.Benchmarks.Select(b =>
                SeedVariance.Of(
                    b.Name,
                    [.. seeds.Select((s, i) => (study.TrainingSeeds[i], ScoredEverywhere(b.Name, before, s, seeds)))]
                )
            ),
        ];

    /// <summary>The differences of one seed over the items that every seed scored.</summary>
    private static IReadOnlyList<(string Cluster, double Value)> ScoredEverywhere(
        string benchmark,
        PointAnswers before,
        PointAnswers seed,
        IReadOnlyList<PointAnswers> seeds
    )
    {
        HashSet<string> unscored =
        [
            .. seeds.SelectMany(s => s.Answers[benchmark]).Where(a => a.Score is null).Select(a => a.Id),
        ];
        return PairedComparison.Differences(benchmark, Kept(before), Kept(seed));
        Answer[] Kept(PointAnswers point) => [.. point.Answers[benchmark].Where(a => !unscored.Contains(a.Id))];
    }

    private static PointAnswers Read(Study study, string folder, PointPlan plan, string place) =>
        new(
            plan.Name,
            plan.Kind,
            plan.Lambda,
            study.Benchmarks.ToDictionary(
                b => b.Name,
                b => AnswerFile.Read(Path.Combine(folder, place, b.Name + ".jsonl")),
                StringComparer.Ordinal
            ),
            plan.Step,
            plan.Form,
            plan.Seed
        );
}
