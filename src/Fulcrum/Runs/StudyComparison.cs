using Fulcrum.Comparisons;
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
        PairedResult[] each =
        [
            .. study.Benchmarks.Select(b =>
                PairedComparison.Of(b.Name, before.Answers[b.Name], after.Answers[b.Name], SettingsOf(study, b))
            ),
        ];
        IReadOnlyList<double> adjusted = Proportion.Holm([.. each.Select(b => b.P)]);
        PairedResult[] benchmarks = [.. each.Select((b, i) => b with { AdjustedP = adjusted[i] })];
        PointAnswers[] further = [.. points.Select(p => Read(study, folder, p, Path.Combine("points", p.Name)))];
        return new Comparison(
            benchmarks,
            Judgement.Of(benchmarks, study.TaskNames, study.Margin),
            Guards(study, folder, benchmarks, points),
            Power:
            [
                .. benchmarks.Select(b =>
                    TaskPower.After(
                        b,
                        ItemsOfClusters(before.Answers[b.Task]),
                        study.TaskNames.Contains(b.Task) ? null : study.Margin
                    )
                ),
            ],
            TradeOff: further.Length == 0
                ? null
                : TradeOffCurve.Of(
                    [before, after, .. further],
                    [.. study.Benchmarks.Select(b => b.Name)],
                    study.TaskNames,
                    study.Margin,
                    EstimandsOf(study)
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
        IReadOnlyList<PairedResult> benchmarks,
        IReadOnlyList<PointPlan> points
    )
    {
        GuardLog log = new("compare");
        IReadOnlyList<BatchingNoise> noise = BatchingNoise.Read(Path.Combine(folder, "before", "noise.json"));
        foreach (PairedResult b in benchmarks)
        {
            SameProtocol(log, folder, b.Task, points);
            if (noise.FirstOrDefault(n => n.Benchmark == b.Task) is { } seen)
            {
                BatchingNoise.Check(log, b.Difference, seen);
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

    private static ComparisonSettings SettingsOf(Study study, TaskPlan plan) =>
        new(
            study.TaskNames.Contains(plan.Name) ? null : study.Margin,
            study.Seed,
            plan.Estimand(),
            GroupOrder: plan.Nouns().GroupOrder
        );

    private static Dictionary<string, Estimand> EstimandsOf(Study study) =>
        study
            .Benchmarks.Where(b => b.Estimand() is not null)
            .ToDictionary(b => b.Name, b => b.Estimand()!.Value, StringComparer.Ordinal);

    private static int[] ItemsOfClusters(IReadOnlyList<Answer> answers) =>
        [.. answers.GroupBy(a => a.Cluster, StringComparer.Ordinal).Select(g => g.Count())];

    private static SeedsResult[] Seeds(Study study, PointAnswers before, IReadOnlyList<PointAnswers> seeds) =>
        [.. study.Benchmarks.Select(b => Seeds(study, b, before, seeds))];

    private static SeedsResult Seeds(Study study, TaskPlan plan, PointAnswers before, IReadOnlyList<PointAnswers> seeds)
    {
        CandidateFamily family = CandidateFamily.Of(
            plan.Name,
            before.Answers[plan.Name],
            [.. seeds.Select((s, i) => ($"{study.TrainingSeeds[i]}", s.Answers[plan.Name]))],
            plan.Estimand(),
            simultaneous: false,
            seeds: true
        );
        return new SeedsResult(
            plan.Name,
            family.Recipe,
            [.. family.Candidates.Select((c, i) => new SeedDifference(study.TrainingSeeds[i], c.Difference))]
        );
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
