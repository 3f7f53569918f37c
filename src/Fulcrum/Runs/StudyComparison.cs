using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;

namespace Fulcrum.Runs;

/// <summary>The comparison of a whole run, from the files in its folder; no model is needed.</summary>
internal static class StudyComparison
{
    // Every two of more candidates would be too many rows for a reader.
    private const int MostPaired = 16;

    /// <summary>Compares every candidate with the base, and the candidates with each other.</summary>
    /// <exception cref="InputException">A file is missing or damaged; names it.</exception>
    public static Comparison Of(Study study, RunLayout run)
    {
        SelectionResult? selection = study.Selects ? SelectionRun.Read(run) : null;
        Study compared = selection is null
            ? study
            : study with
            {
                Candidates = selection.Confirmed.ToDictionary(n => n, n => study.Candidates[n]),
            };
        return OfAll(compared, run) with { Selection = selection };
    }

    private static Comparison OfAll(Study study, RunLayout run)
    {
        ComparedAnswers answers = new();
        PointAnswers before = PlaceAnswers.Read(study, run, "base", RunLayout.Base, null, answers);
        IEnumerable<PointAnswers> places = study.Candidates.Select(c =>
            PlaceAnswers.Read(study, run, c.Key, RunLayout.Candidate(c.Key), c.Value, answers)
        );
        if (study.Decide)
        {
            return OfDecided(study, run, before, [.. places]);
        }

        Dictionary<string, Lazy<WithoutKnowledge?>> floors = FloorsOf(study, before);
        // The answers of one candidate at a time are in memory. What follows needs scores only.
        (CandidateComparison Comparison, PointAnswers Scores)[] each =
        [
            .. places.Select(p => (Candidate(study, run, before, p, null, floors), answers.ScoresOf(p))),
        ];
        CandidateComparison[] candidates = [.. each.Select(e => e.Comparison)];
        PointAnswers[] points = [.. each.Select(e => e.Scores)];
        bool several = points.Length > 1;
        Study scored = WithScores(study, candidates);
        return new Comparison(
            candidates,
            Guards(study, run, candidates),
            several ? Families(scored, before, points) : null,
            several && points.Length <= MostPaired ? Pairs(scored, points) : null
        )
        {
            TradeOff = several
                ? TradeOffCurve.Of(
                    [before, .. points],
                    [.. scored.Tasks.Keys],
                    scored.Targets,
                    study.Margin,
                    EstimandsOf(scored)
                )
                : null,
            Seeds = RecipeComparison.Of(scored, before, points),
            Ladders = ServingLadders.Of(study, (first, second) => Compared(scored, points, first, second)),
        };
    }

    private static Comparison OfDecided(Study study, RunLayout run, PointAnswers before, PointAnswers[] points)
    {
        EarlyStudy early = new(study, LooksFile.Read(run), before);
        CandidateComparison[] decided = [.. points.Select(p => Candidate(study, run, before, p, early))];
        return new Comparison(
            decided,
            Guards(study, run, decided),
            points.Length > 1 ? [.. WithScores(study, decided).NamedTasks.Select(t => early.Family(t, points))] : null
        );
    }

    // Whole texts have no scores: they are compared by a measure of the corpus, without a margin.
    private static Study WithScores(Study study, CandidateComparison[] candidates) =>
        study with
        {
            Tasks = study
                .Tasks.Where(t => candidates.All(c => c.Tasks.First(r => r.Task == t.Key).HasScores))
                .ToDictionary(StringComparer.Ordinal),
        };

    /// <summary>Returns what ends a task of a study with early decision.</summary>
    internal static EarlyRule RuleOf(Study study, TaskPlan plan) =>
        new(study.Targets.Contains(plan.Name) ? 0 : -study.Margin / 100, study.Tasks.Count, plan.Generalises());

    private static CandidateComparison Candidate(
        Study study,
        RunLayout run,
        PointAnswers before,
        PointAnswers point,
        EarlyStudy? early,
        IReadOnlyDictionary<string, Lazy<WithoutKnowledge?>>? floors = null
    )
    {
        PairedResult[] each =
        [
            .. study.NamedTasks.Select(t =>
                early?.Compare(t, point, SettingsOf(study, t))
                ?? PairedComparison.Of(
                    t.Name,
                    before.Answers[t.Name],
                    point.Answers[t.Name],
                    SettingsOf(study, t) with
                    {
                        Floor = floors?[t.Name],
                    }
                )
            ),
        ];
        PairedResult[] scored = [.. each.Where(t => t.HasScores)];
        IReadOnlyList<double> adjusted = Proportion.Holm([.. scored.Select(t => t.P)]);
        PairedResult[] tasks =
        [
            .. each.Select(t => t.HasScores ? t with { AdjustedP = adjusted[Array.IndexOf(scored, t)] } : t),
        ];
        TaskPower[] power =
        [
            .. tasks.Select(t =>
                TaskPower.After(
                    t,
                    ItemsOfClusters(QuestionForms.Joined(before.Answers[t.Task])),
                    study.Targets.Contains(t.Task) ? null : study.Margin
                )
            ),
        ];
        string neutral = run.At("candidates", point.Name, NeutralText.FileName);
        return new CandidateComparison(point.Name, tasks, Judgement.Of(tasks, study.Targets, study.Margin))
        {
            Power = power,
            NeutralText = NeutralText.Read(neutral),
            Profile = Profile(study, tasks),
        };
    }

    private static IReadOnlyList<AbilityRow>? Profile(Study study, PairedResult[] results) =>
        AbilityProfile.Of(
            results,
            study
                .NamedTasks.Where(t => t.Ability() is not null && !study.Targets.Contains(t.Name))
                .ToDictionary(t => t.Name, t => t.Ability()!.Value, StringComparer.Ordinal),
            study.General is { Preset: var preset } && Presets.Mean(preset) is { } mean
                ? (EnumNames.Of(preset), mean)
                : null,
            study.Margin
        );

    /// <summary>What the earlier stages saw, then what shows only when both sides exist; with the study's word on what
    /// failed.</summary>
    private static IReadOnlyList<GuardResult> Guards(
        Study study,
        RunLayout run,
        IReadOnlyList<CandidateComparison> candidates
    )
    {
        GuardLog log = new("compare");
        IReadOnlyList<BatchingNoise> noise = BatchingNoise.Read(run.At(RunLayout.Base, "noise.json"));
        foreach (TaskPlan task in study.NamedTasks)
        {
            SameProtocol.Check(log, study, run, task.Name);
        }

        foreach (PairedResult result in candidates.SelectMany(c => c.Tasks))
        {
            if (noise.FirstOrDefault(n => n.Benchmark == result.Task) is { } seen)
            {
                BatchingNoise.Check(log, result.Difference, seen);
            }
        }

        string[] stages =
        [
            "prepare",
            RunLayout.Base,
            .. study.Candidates.Keys.Select(n => $"{RunLayout.Candidate(n)}/measure"),
        ];
        return GuardLog.Overridden(
            [.. stages.SelectMany(s => GuardLog.Read(run.Guards(s))), .. log.Results],
            study.OverrideGuards ?? []
        );
    }

    /// <summary>Returns the fields in which a candidate was asked otherwise than the base. The model and the form in
    /// which it computes are not among them, because a candidate may differ in these.</summary>
    public static IReadOnlyList<ProtocolDifference> ProtocolDifferences(
        Study study,
        RunLayout run,
        string candidate,
        string task
    )
    {
        bool mayServeOtherwise =
            study.Candidates.GetValueOrDefault(candidate) is null or { Form: null } or { From: not null };
        return
        [
            .. Protocol
                .Differences(run.Protocol(RunLayout.Base, task), run.Protocol(RunLayout.Candidate(candidate), task))
                .Where(d => !d.IsOfForm || (d.Field == "serving" && !mayServeOtherwise)),
        ];
    }

    private static ComparisonSettings SettingsOf(Study study, TaskPlan plan) =>
        new(
            study.Targets.Contains(plan.Name) ? null : study.Margin,
            study.Seed,
            plan.Generalises(),
            plan.GainThreshold(),
            GroupOrder: plan.Nouns().GroupOrder
        );

    // Computed once for all candidates: of many items it takes many searches in texts.
    private static Dictionary<string, Lazy<WithoutKnowledge?>> FloorsOf(Study study, PointAnswers before) =>
        study.NamedTasks.ToDictionary(
            t => t.Name,
            t => new Lazy<WithoutKnowledge?>(() =>
                WithoutKnowledge.Of(before.Answers[t.Name], t.Generalises(), ComparisonSettings.Usual)
            ),
            StringComparer.Ordinal
        );

    private static Dictionary<string, Estimand> EstimandsOf(Study study) =>
        study
            .NamedTasks.Where(t => t.Generalises() is not null)
            .ToDictionary(t => t.Name, t => t.Generalises()!.Value, StringComparer.Ordinal);

    private static int[] ItemsOfClusters(IReadOnlyList<Answer> answers) =>
        [.. answers.GroupBy(a => a.Cluster, StringComparer.Ordinal).Select(g => g.Count())];

    private static CandidateFamily[] Families(Study study, PointAnswers before, PointAnswers[] points) =>
        [
            .. study.NamedTasks.Select(t =>
                CandidateFamily.Of(
                    t.Name,
                    before.Answers[t.Name],
                    [.. points.Select(p => (p.Name, p.Answers[t.Name]))],
                    t.Generalises(),
                    simultaneous: true,
                    seed: study.Seed
                )
            ),
        ];

    private static PairedResult[] Compared(Study study, PointAnswers[] points, string first, string second)
    {
        PointAnswers a = points.First(p => p.Name == first),
            b = points.First(p => p.Name == second);
        return
        [
            .. study.NamedTasks.Select(t =>
                PairedComparison.Of(t.Name, a.Answers[t.Name], b.Answers[t.Name], SettingsOf(study, t))
            ),
        ];
    }

    private static CandidatePair[] Pairs(Study study, PointAnswers[] points) =>
        [
            .. points.SelectMany(
                (first, i) =>
                    points
                        .Skip(i + 1)
                        .Select(second => new CandidatePair(
                            first.Name,
                            second.Name,
                            [.. study.NamedTasks.Select(t => Pair(study, t, first, second))]
                        ))
            ),
        ];

    private static PairDifference Pair(Study study, TaskPlan task, PointAnswers first, PointAnswers second) =>
        new(
            task.Name,
            PairedComparison
                .Of(task.Name, first.Answers[task.Name], second.Answers[task.Name], SettingsOf(study, task))
                .Difference
        );
}
