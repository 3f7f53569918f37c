using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Compares several runs: every candidate of every run on the same two axes, with the same base.</summary>
/// <param name="Runs">The runs, in the order given.</param>
/// <param name="TradeOff">All candidates together, named <c>RUN/CANDIDATE</c>.</param>
internal sealed record RunsComparison(IReadOnlyList<RunSummary> Runs, TradeOff TradeOff)
{
    /// <summary>Compares run folders; tasks, targets and margin are those of the first.</summary>
    /// <param name="margin">In percentage points; null: the first study's.</param>
    /// <exception cref="GuardException">Two runs were measured under different protocols; names the fields.</exception>
    /// <exception cref="InputException">A folder is not a run whose base and candidates were measured.</exception>
    public static RunsComparison Of(IReadOnlyList<string> folders, double? margin = null)
    {
        RunLayout[] runs = [.. folders.Select(f => new RunLayout(Path.GetFullPath(f)))];
        Study[] studies = [.. runs.Select(StudyOf)];
        RefuseDecided(studies, runs);
        string[] tasks = [.. studies[0].Tasks.Keys],
            names = Names(folders);
        foreach (RunLayout run in runs.Skip(1))
        {
            RefuseOtherProtocol(runs[0], run, tasks);
        }

        double limit = margin ?? studies[0].Margin;
        PointAnswers[] points = [.. runs.SelectMany((run, i) => Points(studies[i], run, names[i]))];
        PointAnswers bare = PlaceAnswers.Read(studies[0], runs[0], "base", RunLayout.Base, null);
        TradeOff all = TradeOffCurve.Of([bare, .. points], tasks, studies[0].Targets, limit);
        return new RunsComparison(
            [
                .. studies.Select(
                    (s, i) =>
                        new RunSummary(
                            names[i],
                            s.Title,
                            Alone(all, names[i]),
                            s.Replay?.Share,
                            VerdictOf(studies[0], bare, points.First(p => IsOf(p.Name, names[i])), limit)
                        )
                ),
            ],
            all
        );
    }

    /// <summary>Returns the comparison as JSON.</summary>
    public string Print() => JsonSerializer.Serialize(this, SnakeCaseJson.Options) + "\n";

    /// <summary>Returns the hypervolume that the candidates of one run and the base dominate.</summary>
    private static double Alone(TradeOff all, string name) =>
        TradeOffCurve.Hypervolume(
            all.Points.Where(p => p.Name == RunLayout.Base || IsOf(p.Name, name))
                .Select(p => (Mean(p, all.Tasks), all.General.Count == 0 ? 1 : Mean(p, all.General)))
        );

    private static double Mean(MeasuredPoint point, IReadOnlyList<string> benchmarks) =>
        point.Scores.Where(s => benchmarks.Contains(s.Task)).Average(s => s.Score.Score);

    private static bool IsOf(string point, string run) => point.StartsWith(run + "/", StringComparison.Ordinal);

    private static Verdict VerdictOf(Study study, PointAnswers before, PointAnswers after, double margin) =>
        Judgement.Of(
            [
                .. study.NamedTasks.Select(t =>
                    PairedComparison.Of(
                        t.Name,
                        before.Answers[t.Name],
                        after.Answers[t.Name],
                        new ComparisonSettings(margin, Estimand: t.Generalises())
                    )
                ),
            ],
            study.Targets,
            margin
        );

    // Which items were asked of a candidate depended on its own answers.
    private static void RefuseDecided(Study[] studies, RunLayout[] runs)
    {
        int decided = Array.FindIndex(studies, s => s.Decide || s.Selects);
        if (decided >= 0)
        {
            throw new InputException(
                $"{runs[decided].Root}: a run with early decision or selection asks its own part of the "
                    + $"items, so it cannot be compared with other runs. Put all candidates into one study"
            );
        }
    }

    private static void RefuseOtherProtocol(RunLayout first, RunLayout other, string[] tasks)
    {
        foreach (string task in tasks)
        {
            ProtocolDifference[] fields =
            [
                .. Protocol
                    .Differences(first.Protocol(RunLayout.Base, task), other.Protocol(RunLayout.Base, task))
                    .Where(d => !d.IsOrigin),
            ];
            if (fields.Length > 0)
            {
                throw new GuardException(
                    $"{task}: {first.Root} and {other.Root} were measured under different protocols "
                        + $"({string.Join("; ", fields)}), so their candidates are not comparable"
                );
            }
        }
    }

    private static IEnumerable<PointAnswers> Points(Study study, RunLayout run, string name) =>
        study.Candidates.Select(c =>
            PlaceAnswers.Read(study, run, c.Key, RunLayout.Candidate(c.Key), c.Value) with
            {
                Name = $"{name}/{c.Key}",
            }
        );

    private static Study StudyOf(RunLayout run)
    {
        PlainFolder.Require(run.Root);
        return File.Exists(run.Study)
            ? StudyFile.Load(run.Study)
            : throw new InputException($"{run.Root} is not a run folder: it holds no study.json");
    }

    private static string[] Names(IReadOnlyList<string> folders)
    {
        string[] names =
        [
            .. folders.Select(f => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(f)))),
        ];
        return names.Distinct().Count() == names.Length ? names : [.. names.Select((n, i) => $"{n}-{i + 1}")];
    }
}

/// <summary>One run of several.</summary>
/// <param name="Run">The folder's name.</param>
/// <param name="Study">The study's name.</param>
/// <param name="Hypervolume">Of the run's own candidates and the base.</param>
/// <param name="Replay">The share of general data in the training data; null: none.</param>
/// <param name="Verdict">On the run's finished adapter, by the margin of this comparison.</param>
internal sealed record RunSummary(string Run, string Study, double Hypervolume, double? Replay, Verdict Verdict);
