using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Tests;

/// <summary>A run folder that no model wrote: gains, losses, hostile texts, every record that a comparison may
/// hold.</summary>
internal static class SyntheticRun
{
    public const string Attack = "<img src=x onerror=alert(1)>";

    public static readonly string[] Hostile =
    [
        Attack,
        "</script><script>alert(2)</script>",
        "<!--<script>",
        "'\"><svg onload=alert(3)>",
        "=HYPERLINK(\"http://x\")",
        "| a | b |\n# not a heading",
        "\u202Ereversed",
        "\0\u0001",
        "\uD800 lone",
        "👩‍👩‍👧 日本語 ação",
        "\\end{document}$%_&#{}~^",
    ];

    /// <summary>Writes the folder and returns its path.</summary>
    /// <param name="general">How many items the general benchmark has.</param>
    public static string Write(int task = 60, int general = 240, bool everything = true)
    {
        string folder = Directory.CreateTempSubdirectory("synthetic").FullName;
        (IReadOnlyList<Answer> Before, IReadOnlyList<Answer> After) spider = Spider(task),
            mmlu = Mmlu(general);
        AtomicFile.WriteText(Path.Combine(folder, "study.json"), StudyFile.Print(Study()));
        AtomicFile.WriteText(Path.Combine(folder, ModelFacts.FileName), new ModelFacts("qwen2", 494_032_768).Print());
        foreach (
            (string side, string name, IReadOnlyList<Answer> answers) in ((string, string, IReadOnlyList<Answer>)[])
                [
                    ("base", "spider", spider.Before),
                    ("candidates/tuned", "spider", spider.After),
                    ("base", "mmlu", mmlu.Before),
                    ("candidates/tuned", "mmlu", mmlu.After),
                ]
        )
        {
            AtomicFile.WriteText(Path.Combine(folder, side, name + ".jsonl"), Lines(answers));
        }

        AtomicFile.WriteText(
            Path.Combine(folder, "candidates", "tuned", "adapter", "train.jsonl"),
            Lines(
                Enumerable
                    .Range(1, 90)
                    .Select(i => new TrainingStep(i, 90, 2.5 / Math.Sqrt(i), 1.0 / i, 2e-4 * (90 - i) / 90, 400, 0.5))
            )
        );
        PairedResult[] tasks =
        [
            PairedComparison.Of("spider", spider.Before, spider.After),
            PairedComparison.Of("mmlu", mmlu.Before, mmlu.After, new ComparisonSettings(2)),
        ];
        Comparison plain = new([new CandidateComparison("tuned", tasks, Judgement.Of(tasks, ["spider"], 2))]);
        AtomicFile.WriteText(
            Path.Combine(folder, "comparison.json"),
            ComparisonJson.Print(everything ? Everything(plain) : plain)
        );
        AtomicFile.WriteText(
            Path.Combine(folder, "candidates", "tuned", "measure.manifest.json"),
            JsonSerializer.Serialize(
                new Manifest(
                    "candidates/tuned/measure",
                    "00",
                    new Dictionary<RelativeName, string>(),
                    4321,
                    new Dictionary<string, string> { ["fulcrum"] = "0.1.0", ["processor"] = Attack }
                ),
                ManifestJson.Default.Manifest
            )
        );
        return folder;
    }

    public static Study Study() =>
        new(
            new BasePlan("models/qwen2", Dtype.F32, Device: "cpu", Threads: 2),
            new Dictionary<string, TaskPlan>
            {
                ["spider"] = new SpiderPlan(Data: "spider"),
                ["mmlu"] = new MmluPlan(Data: "mmlu"),
            },
            new Dictionary<string, CandidatePlan> { ["tuned"] = new(Train: new TrainPlan()) },
            Name: "synthetic run",
            TrainingData: new TrainingDataPlan(Data: "spider", Examples: 16),
            OverrideGuards: ["unparsable-share"],
            RelativeTable: Attack
        );

    /// <summary>How many items of a written run hold every one of the words (lower case) in what the browser of items
    /// searches.</summary>
    /// <param name="report">Path of the run's report.</param>
    public static int Holding(string report, params string[] words)
    {
        string folder = Path.GetDirectoryName(report)!;
        IEnumerable<(string Benchmark, Answer Answer)> answers =
            from side in (string[])["base", "candidates/tuned"]
            from file in Directory.GetFiles(Path.Combine(folder, side), "*.jsonl")
            from line in File.ReadLines(file)
            select (Path.GetFileName(file), JsonSerializer.Deserialize<Answer>(line, JsonLines.Output)!);
        return answers
            .GroupBy(a => (a.Benchmark, a.Answer.Id), a => a.Answer)
            .Count(item => words.All(string.Join('\n', item.Select(Searched)).ToLowerInvariant().Contains));
    }

    private static string Searched(Answer a) =>
        string.Join('\n', a.Id, a.Cluster, a.Group, a.Input, a.Target, a.Prediction, a.Verdict, a.Reason, a.Output);

    private static string Lines<T>(IEnumerable<T> lines) =>
        string.Concat(lines.Select(l => JsonSerializer.Serialize(l, JsonLines.Output) + "\n"));

    private static (IReadOnlyList<Answer>, IReadOnlyList<Answer>) Spider(int count)
    {
        string[] databases = ["concert_singer", "pets_1", "world_1", "car_1"],
            hardness = ["easy", "medium", "hard", "extra"];
        return Both(
            count,
            (i, after, right) =>
                SqlSteps.With(
                    new Grade(
                        right ? 1 : 0,
                        right
                            ? $"SELECT count(*) FROM t WHERE x = {i}"
                            : $"SELECT '{Hostile[i % Hostile.Length]}' FROM t{(after ? " GROUP BY x" : "")}",
                        right ? "correct"
                            : i % 3 == 0 ? "unknown-name"
                            : "wrong-result",
                        right ? null : Hostile[(i + 1) % Hostile.Length]
                    )
                )
                    is var g
                    ? new Answer(
                        $"dev/{i}",
                        databases[i % 4],
                        hardness[i / 4 % 4],
                        g.Score,
                        g.Prediction,
                        $"SELECT count(*) FROM t WHERE x = {i}",
                        g.Verdict,
                        g.Reason,
                        Hostile[i % Hostile.Length],
                        $"{g.Prediction}\nexplained: {Hostile[i % Hostile.Length]}",
                        null,
                        12,
                        "aa",
                        Measures: g.Measures
                    )
                    : null!,
            i => i % 5 == 0,
            i => i % 5 != 1 && i % 7 != 0
        );
    }

    private static (IReadOnlyList<Answer>, IReadOnlyList<Answer>) Mmlu(int count)
    {
        string[] subjects = ["philosophy", "econometrics", "anatomy", "abstract_algebra", "virology", Attack],
            groups = ["Humanities", "Social sciences", "STEM", "STEM", "Other", "Other"];
        return Both(
            count,
            (i, after, right) =>
                new Answer(
                    $"{subjects[i % 6]}/test/{i}",
                    subjects[i % 6],
                    groups[i % 6],
                    i == 3 && after ? null
                        : right ? 1
                        : 0,
                    right ? "B" : "C",
                    "B",
                    right ? "correct" : "wrong",
                    null,
                    $"Question {i}? {Hostile[i % Hostile.Length]}",
                    null,
                    right ? [-3, -0.5, -2, -4] : [-2, -1.6, -0.7, -5],
                    null,
                    "bb",
                    Measures: new Dictionary<string, double>
                    {
                        ["confidence"] = right ? 0.7 : 0.55,
                        ["brier"] = right ? 0.2 : 0.9,
                    }
                ),
            i => i % 2 == 0,
            i => i % 2 == 0 ? i % 19 != 0 : i % 23 == 0
        );
    }

    private static (IReadOnlyList<Answer>, IReadOnlyList<Answer>) Both(
        int count,
        Func<int, bool, bool, Answer> answer,
        Func<int, bool> before,
        Func<int, bool> after
    ) =>
        (
            [.. Enumerable.Range(0, count).Select(i => answer(i, false, before(i)))],
            [.. Enumerable.Range(0, count).Select(i => answer(i, true, after(i)))]
        );

    private static Comparison Everything(Comparison plain)
    {
        Difference task = new(0.312, 0.279, 0.345, 0.017),
            general = new(-0.008, -0.015, -0.001, 0.004);
        return plain with
        {
            Candidates =
            [
                plain.Candidates[0] with
                {
                    Tasks =
                    [
                        .. plain
                            .Candidates[0]
                            .Tasks.Select(b =>
                                b with
                                {
                                    AdjustedP = Math.Min(1, b.P * 2),
                                    Macro = new MacroMeans(b.Before.Score, b.After.Score, b.Difference),
                                    NonInferiority = new NonInferiority(0.02, 0.01, 0.99, true, true),
                                }
                            ),
                    ],
                    Verdict = new Verdict(
                        VerdictKind.Accept,
                        2,
                        [
                            new Finding("spider", TaskRole.Target, Change.Gain, TaskJudgement.Gained, task),
                            new Finding("mmlu", TaskRole.General, Change.Loss, TaskJudgement.WithinMargin, general),
                        ]
                    ),
                    Power =
                    [
                        new TaskPower(
                            "spider",
                            60,
                            4,
                            [new DetectableEffect(0.1, 0.08), new DetectableEffect(0.3, 0.14)],
                            new DetectableEffect(0.4, 0.16),
                            1.3,
                            5,
                            false
                        ),
                    ],
                },
            ],
            Guards =
            [
                new GuardResult("gold-against-gold", "prepare", "spider", GuardStatus.Passed, "1,034 of 1,034"),
                new GuardResult(
                    "unparsable-share",
                    "candidates/tuned/measure",
                    "mmlu",
                    GuardStatus.Overridden,
                    $"12 % of the answers could not be read: {Attack}"
                ),
            ],
            TradeOff = new TradeOff(
                ["spider"],
                ["mmlu"],
                [
                    Point("base", PointKind.Base, 0, default, default, plain, true),
                    Point("tuned", PointKind.Candidate, 1, task, general, plain, true),
                    Point(
                        "lambda-0.25",
                        PointKind.Curve,
                        0.25,
                        task with
                        {
                            Points = 0.1,
                            Low = 0.06,
                            High = 0.14,
                        },
                        general with
                        {
                            Points = -0.001,
                        },
                        plain,
                        true
                    ),
                    Point(
                        "lambda-0.5",
                        PointKind.Curve,
                        0.5,
                        task with
                        {
                            Points = 0.05,
                            Low = 0.02,
                            High = 0.08,
                        },
                        general with
                        {
                            Points = -0.02,
                            Low = -0.03,
                            High = -0.01,
                        },
                        plain,
                        false
                    ),
                    Point("merged", PointKind.Serving, 1, task, general, plain, false) with
                    {
                        Form = EnumNames.Of(ServingForm.Merged),
                    },
                    Point("seed-7", PointKind.Seed, 1, task with { Points = 0.29 }, general, plain, false) with
                    {
                        Seed = 7,
                    },
                ],
                0.3,
                0.05,
                "tuned",
                2
            ),
            Seeds =
            [
                new RecipeSeeds(
                    "tuned",
                    [
                        new SeedsResult(
                            "spider",
                            new RecipeEstimate(0.3, 0.2, 0.4, 0.02, 3, 2),
                            [new SeedDifference(42, task), new SeedDifference(7, task with { Points = 0.29 })]
                        ),
                    ]
                ),
            ],
        };
    }

    private static MeasuredPoint Point(
        string name,
        PointKind kind,
        double lambda,
        Difference task,
        Difference general,
        Comparison c,
        bool front
    ) =>
        new(
            name,
            kind,
            lambda,
            null,
            EnumNames.Of(ServingForm.Attached),
            null,
            [.. c.Candidates[0].Tasks.Select(b => new PointScore(b.Task, b.Items, b.After, b.Difference))],
            task,
            general,
            front,
            !front && kind == PointKind.Curve,
            !front && kind == PointKind.Curve ? "lambda-0.25" : null
        );
}
