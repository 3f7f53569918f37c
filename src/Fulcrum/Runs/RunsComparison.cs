using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Several runs in one picture: every point of every run on the same two axes, from the same base.</summary>
/// <param name="Runs">A run each, in the order given.</param>
/// <param name="TradeOff">All points together; a run's points are called <c>RUN/POINT</c>.</param>
public sealed record RunsComparison(IReadOnlyList<RunSummary> Runs, TradeOff TradeOff)
{
    /// <summary>Compares run folders; benchmarks, tasks and margin are those of the first.</summary>
    /// <param name="margin">In points; null: the first study's.</param>
    /// <exception cref="GuardException">Two runs were measured under different protocols; prints the
    /// fields.</exception>
    /// <exception cref="InputException">A folder is not a run that was measured on both sides.</exception>
    public static RunsComparison Of(IReadOnlyList<string> folders, double? margin = null)
    {
        Study[] studies = [.. folders.Select(StudyOf)];
        string[] benchmarks = [.. studies[0].Benchmarks.Select(b => b.Name)],
            names = Names(folders);
        foreach (string folder in folders.Skip(1))
        {
            RefuseOtherProtocol(folders[0], folder, benchmarks);
        }

        double limit = margin ?? studies[0].Margin;
        PointAnswers[][] points = [.. folders.Select((folder, i) => Points(folder, names[i], benchmarks))];
        TradeOff all = TradeOffCurve.Of(
            [
                PointIn(folders[0], "before", new PointPlan("before", "side", 0), "before", benchmarks),
                .. points.SelectMany(p => p),
            ],
            benchmarks,
            studies[0].TaskNames,
            limit
        );
        return new RunsComparison(
            [
                .. studies.Select(
                    (s, i) =>
                        new RunSummary(
                            names[i],
                            s.Name,
                            Alone(all, names[i]),
                            s.Replay?.Share,
                            VerdictOf(folders[i], studies[0], limit)
                        )
                ),
            ],
            all
        );
    }

    /// <summary>As JSON.</summary>
    public string Print() => JsonSerializer.Serialize(this, SnakeCaseJson.Options) + "\n";

    /// <summary>What the points of one run dominate by themselves, the base among them.</summary>
    private static double Alone(TradeOff all, string name) =>
        TradeOffCurve.Hypervolume(
            all.Points.Where(p => p.Name == "before" || p.Name.StartsWith(name + "/", StringComparison.Ordinal))
                .Select(p => (Mean(p, all.Tasks), all.General.Count == 0 ? 1 : Mean(p, all.General)))
        );

    private static double Mean(MeasuredPoint point, IReadOnlyList<string> benchmarks) =>
        point.Scores.Where(s => benchmarks.Contains(s.Task)).Average(s => s.Score.Score);

    private static Verdict VerdictOf(string folder, Study study, double margin) =>
        Judgement.Of(
            [
                .. study.Benchmarks.Select(b =>
                    PairedComparison.Of(
                        b.Name,
                        Answers(folder, "before", b.Name),
                        Answers(folder, "after", b.Name),
                        new ComparisonSettings(margin, Estimand: b.Estimand())
                    )
                ),
            ],
            study.TaskNames,
            margin
        );

    private static void RefuseOtherProtocol(string first, string other, string[] benchmarks)
    {
        foreach (string benchmark in benchmarks)
        {
            string?[] hashes =
            [
                .. new[] { first, other }
                    .Select(f => Answers(f, "before", benchmark).Select(a => a.Protocol).FirstOrDefault())
                    .Distinct(),
            ];
            if (hashes.Length > 1)
            {
                string[] fields =
                [
                    .. Protocol.Differences(
                        Path.Combine(first, "before", benchmark + ".protocol.json"),
                        Path.Combine(other, "before", benchmark + ".protocol.json")
                    ),
                ];
                throw new GuardException(
                    $"{benchmark}: {first} and {other} were measured under different protocols ({(fields.Length > 0 ? string.Join("; ", fields) : "their hashes differ")}), so their points do not belong into one picture"
                );
            }
        }
    }

    private static PointAnswers[] Points(string folder, string name, string[] benchmarks)
    {
        string points = Path.Combine(folder, "points");
        PointPlan[] further = !Directory.Exists(points)
            ? []
            :
            [
                .. Directory
                    .EnumerateDirectories(points)
                    .Order(StringComparer.Ordinal)
                    .Select(PointPlan.ReadFrom)
                    .OfType<PointPlan>(),
            ];
        return
        [
            PointIn(folder, $"{name}/after", new PointPlan("after", "side"), "after", benchmarks),
            .. further.Select(p => PointIn(folder, $"{name}/{p.Name}", p, Path.Combine("points", p.Name), benchmarks)),
        ];
    }

    private static PointAnswers PointIn(
        string folder,
        string name,
        PointPlan plan,
        string place,
        string[] benchmarks
    ) =>
        new(
            name,
            plan.Kind,
            plan.Lambda,
            benchmarks.ToDictionary(b => b, b => Answers(folder, place, b), StringComparer.Ordinal),
            plan.Step,
            plan.Form,
            plan.Seed
        );

    private static IReadOnlyList<Answer> Answers(string folder, string place, string benchmark) =>
        AnswerFile.Read(Path.Combine(folder, place, benchmark + ".jsonl"));

    private static Study StudyOf(string folder) =>
        Path.Combine(folder, "study.json") is var path && File.Exists(path)
            ? StudyFile.Parse(File.ReadAllText(path), path)
            : throw new InputException($"{folder} is not a run folder: it holds no study.json");

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
/// <param name="Hypervolume">Of the run's own points and the base.</param>
/// <param name="Replay">Share of general data that was mixed in; null: none.</param>
/// <param name="Verdict">On the run's finished adapter, by the margin of the picture.</param>
public sealed record RunSummary(string Run, string Study, double Hypervolume, double? Replay, Verdict Verdict);
