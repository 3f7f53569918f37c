using System.Globalization;
using System.Text;
using System.Text.Json;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Tests;

/// <summary>A whole study whose model is a few lines of code: what the adapter is worth is known, and one thing at a
/// time can be broken.</summary>
/// <param name="Broken">What is wrong; empty: nothing.</param>
internal sealed record ScriptedStudy(string Broken = "")
{
    /// <summary>In a model folder: the adapter that was merged into it, as a number.</summary>
    public const string MergedName = "merged.json";

    private readonly ScriptedRuntime runtime = new(Broken);

    /// <summary>What a training is worth: 1 is 30 more of 40 writings right.</summary>
    public Func<TrainPlan, double> Strength
    {
        get => runtime.Strength;
        init => runtime.Strength = value;
    }

    /// <summary>The trainings so far, with the number of their examples.</summary>
    public IReadOnlyList<(TrainPlan Plan, int Examples)> Trained => runtime.Trained;

    /// <summary>Models loaded so far, each with its serving.</summary>
    public IReadOnlyList<AppliedAdapter?> Loaded => runtime.Loaded;

    /// <summary>Models checked so far, each with its adapter.</summary>
    public IReadOnlyList<AppliedAdapter?> Checked => runtime.Checked;

    /// <summary>What the engine warns of whenever the run is opened; null: nothing.</summary>
    public string? DoubtOfBase { get; init; }

    /// <summary>Whether two rows of the writings are joined as one question.</summary>
    public bool Joins { get; init; }

    public Study Study { get; init; } =
        new(
            new BasePlan(
                Model(
                    "qwen2-1.5b",
                    Broken == "published-band"
                        ? """{"hidden_size":1536,"num_hidden_layers":28,"vocab_size":151936}"""
                        : "{}"
                ),
                Dtype.F32,
                Device: "cpu"
            ),
            new Dictionary<string, TaskPlan>
            {
                ["sql"] = new SpiderPlan(Data: Path.GetFullPath("none")),
                ["knowledge"] = new MmluPlan(Data: Path.GetFullPath("none")),
            },
            new Dictionary<string, CandidatePlan> { ["tuned"] = new(Train: new TrainPlan(Epochs: 3, BatchSize: 4)) },
            Name: "scripted",
            TrainingData: new TrainingDataPlan(Data: Path.GetFullPath("none")),
            Margin: 5
        );

    /// <summary>Runs into a folder and returns its comparison.</summary>
    public Comparisons.Comparison Run(
        string folder,
        Action<RunEvent>? report = null,
        CancellationToken cancellation = default,
        Microsoft.Extensions.Logging.ILogger? log = null,
        bool allowCommand = false,
        IEngine? server = null,
        IReadOnlyDictionary<string, string>? keys = null
    )
    {
        using RunLock run = RunLock.Open(folder);
        Engines engines = new(server is null ? [runtime] : [runtime, server], runtime);
        ExperimentSettings settings = new(report, Log: log, AllowCommand: allowCommand, KeyVariables: keys);
        return Opened(run, engines, settings).Run(Stage.Compare, cancellation)!;
    }

    /// <summary>Runs with each candidate done as another process does it.</summary>
    /// <returns>The candidates that were handed out.</returns>
    public IReadOnlyList<string> RunInJobs(string folder)
    {
        IReadOnlyList<StageNode> handed = [];
        using RunLock run = RunLock.Open(folder);
        ExperimentSettings settings = new()
        {
            Elsewhere = (_, open, _, _, cancellation) =>
            {
                handed = open;
                using RunLock other = RunLock.Join(folder);
                Alone(other).Work(open, null, cancellation);
            },
        };
        Opened(run, new Engines([runtime], runtime), settings).Run(Stage.Compare);
        return [.. handed.Select(n => n.Candidate!)];
    }

    /// <summary>Runs with another process that does each candidate as soon as it is told of it.</summary>
    /// <param name="begin">Called before and after it does them.</param>
    public void RunBeside(string folder, Action begin)
    {
        bool begun = false;
        using RunLock run = RunLock.Open(folder);
        ExperimentSettings settings = new()
        {
            Begin = (_, open, _, cancellation) =>
            {
                if (!begun)
                {
                    begun = true;
                    begin();
                    using RunLock other = RunLock.Join(folder);
                    Alone(other).Work(open, null, cancellation);
                    begin();
                }
            },
            Elsewhere = (_, _, _, _, _) => { },
        };
        Opened(run, new Engines([runtime], runtime), settings).Run(Stage.Compare);
    }

    /// <summary>Stores the study for the jobs of a cluster.</summary>
    public Submission Submit(string folder, Action<string>? warn = null)
    {
        using RunLock run = RunLock.Open(folder);
        return RunState.Submit(Study, run, new Engines([runtime], runtime), Corpus(), warn);
    }

    /// <summary>Does a stage as a job of a cluster does it.</summary>
    /// <returns>Whether it was published.</returns>
    public bool RunAttempt(string folder, StageNode node, long job) =>
        Jobs.AttemptedStage.Run(
            new Attempt(node, folder, job, 0),
            Study,
            run => Alone(run).Work([node], null, default)
        );

    /// <summary>Does every stage that is not complete as a job of a cluster does it.</summary>
    /// <param name="ended">Called after each.</param>
    /// <returns>The stages that were done, in their order.</returns>
    public IReadOnlyList<string> RunJobs(string folder, Action<StageNode>? ended = null)
    {
        RunLayout run = new(folder);
        Submission submission = Submit(folder);
        List<string> done = [];
        foreach (StageNode node in StageGraph.Of(submission.Study, SeekFile.Read(run)).Nodes.SkipLast(1))
        {
            string file = node.Stage == Stage.Prepare ? run.Submitted : run.Study;
            if (submission.Doubtful.Contains(node))
            {
                Attempt.SetAside(folder, node);
            }

            if (
                !StageGraph.IsComplete(node, submission.Study, run)
                && (this with { Study = StudyFile.Load(file) }).RunJob(folder, node)
            )
            {
                done.Add(node.Name);
            }

            ended?.Invoke(node);
        }

        return done;
    }

    /// <summary>Does one stage as a job of a cluster does it.</summary>
    /// <returns>Whether it was published.</returns>
    public bool RunJob(string folder, StageNode node)
    {
        if (!node.HasAttempts)
        {
            RunStage(folder, node);
            return true;
        }

        Attempt attempt = new(node, folder, 10, 0);
        if (node.Kind == NodeKind.Round)
        {
            using RunLock run = RunLock.Join(folder);
            attempt = attempt.Trying(Alone(run).NamesAt(node));
        }

        return Jobs.AttemptedStage.Run(attempt, Study, run => Alone(run).Work([node], null, default));
    }

    /// <summary>Does a stage in its place, beside other processes.</summary>
    public void RunStage(string folder, StageNode node)
    {
        using RunLock run = RunLock.Join(folder);
        Alone(run).Work([node], null, default);
    }

    private Experiment Alone(RunLock run) => Opened(run, new Engines([runtime], runtime), new ExperimentSettings());

    private Experiment Opened(RunLock run, Engines engines, ExperimentSettings settings)
    {
        Experiment? opened = null;
        opened = new Experiment(
            Study,
            run,
            engines,
            _ =>
            {
                if (DoubtOfBase is { } doubt)
                {
                    opened!.Report(new RunEvent.Warned(doubt));
                }

                return Corpus();
            },
            settings
        );
        return opened;
    }

    private Corpus Corpus()
    {
        Writing writing = new(Broken);
        ITask written = Joins
            ? new PartOfTask(
                writing,
                RepeatedQuestions.Joined(writing.Items, i => i.Id is "dev/0" or "dev/8" ? "" : i.Id)
            )
            : writing;
        ITask[] benchmarks = [written, new Choosing("")],
            before = [new Writing(Broken), new Choosing(Broken)];
        string leaked = "question number 7 of the sql kind asks for something long enough";
        TrainingText[] training =
        [
            .. Enumerable
                .Range(0, 24)
                .Select(i => new TrainingText(
                    $"train/{i}",
                    $"db{i % 40 % 8}",
                    new Prompt.Text(Broken == "training-overlap" && i == 15 ? leaked : $"train on {i}"),
                    Broken == "completion-tokens" && i == 3 ? ""
                        : Broken == "training-overlap" && i == 15 ? "answer 7"
                        : $"say {i}"
                )),
        ];
        return new Corpus(benchmarks, training, "data", "training", Broken == "same-protocol" ? before : null)
        {
            OpenTraining = plan => new TrainingSet(training[..(plan.TrainingData?.Examples ?? 24)], "training"),
        };
    }

    /// <summary>A model folder that holds a tokenizer of single bytes and nothing else.</summary>
    private static string Model(string name, string config)
    {
        string folder = Path.Combine(Directory.CreateTempSubdirectory("model").FullName, name);
        Directory.CreateDirectory(folder);
        int extra = 0;
        Dictionary<string, int> vocabulary = Enumerable
            .Range(0, 256)
            .ToDictionary(
                b => $"{(b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? (char)b : (char)(256 + extra++))}",
                b => b
            );
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"eos_token":"<end>"}""");
        File.WriteAllText(
            Path.Combine(folder, "tokenizer.json"),
            $$"""
            {"added_tokens":[{"id":256,"content":"<end>","special":true,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false}],
             "normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":null,"decoder":{"type":"ByteLevel"},
             "model":{"type":"BPE","vocab":{{JsonSerializer.Serialize(vocabulary)}},"merges":[]} }
            """
        );
        return folder;
    }

    /// <summary>40 items in 8 databases; the model writes the answer or something else.</summary>
    private sealed class Writing(string broken) : ITask
    {
        public string Name => "sql";

        public double? ChanceAccuracy => null;

        public IReadOnlyList<Item> Items { get; } =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(i => new Item(
                    $"dev/{i}",
                    $"db{i % 8}",
                    "all",
                    $"question number {i} of the sql kind asks for something long enough",
                    $"answer {i}"
                )),
        ];

        public IReadOnlyDictionary<string, string> Protocol => new Dictionary<string, string>();

        public Question Ask(Item item) => new Question.Write(new Prompt.Text($"write {item.Id[4..]}"), 16, []);

        public Grade Grade(Item item, Reply reply) =>
            ((Reply.Written)reply).Text == item.Target && !(broken == "gold-against-gold" && item.Id == "dev/3")
                ? new Grade(1, item.Target, "correct")
                : new Grade(0, "", broken == "unparsable-share" ? "unparsable" : "wrong-result");

        public Reply Gold(Item item) => new Reply.Written(item.Target, FinishReason.Stop, 1);
    }

    /// <summary>114 items in 57 subjects, four letters each.</summary>
    private sealed class Choosing(string broken) : ITask
    {
        public string Name => "knowledge";

        public double? ChanceAccuracy => 0.25;

        public IReadOnlyList<Item> Items { get; } =
        [
            .. Enumerable
                .Range(0, 114)
                .Select(i => new Item(
                    $"test/{i}",
                    $"subject{i % 57}",
                    "all",
                    $"question {i}",
                    "ABCD"[i % 4].ToString()
                )),
        ];

        public IReadOnlyDictionary<string, string> Protocol =>
            new Dictionary<string, string> { ["shots"] = broken == "same-protocol" ? "3" : "0" };

        public Question Ask(Item item) =>
            new Question.Choose(new Prompt.Text($"know {item.Id[5..]}"), [" A", " B", " C", " D"]);

        public Grade Grade(Item item, Reply reply)
        {
            IReadOnlyList<ContinuationScore> scores = ((Reply.Chosen)reply).Scores;
            string letter = "ABCD"[Enumerable.Range(0, 4).MaxBy(i => scores[i].LogLikelihood)].ToString();
            return new Grade(letter == item.Target ? 1 : 0, letter, letter == item.Target ? "correct" : "wrong");
        }

        public Reply Gold(Item item) =>
            new Reply.Chosen([.. "ABCD".Select(l => new ContinuationScore($"{l}" == item.Target ? -1 : -9, false, 1))]);
    }

    /// <summary>The whole adapter makes 30 more of 40 writings right and no choice wrong; a part of it makes a part of
    /// that.</summary>
    private sealed class ScriptedRuntime(string broken) : IEngine, ITrainer
    {
        public List<AppliedAdapter?> Loaded { get; } = [];

        public List<AppliedAdapter?> Checked { get; } = [];

        public List<(TrainPlan, int)> Trained { get; } = [];

        public Func<TrainPlan, double> Strength { get; set; } = plan => 1 - (0.05 * (plan.Seed!.Value % 3));

        public IReadOnlyDictionary<string, string> Environment =>
            new Dictionary<string, string> { ["fulcrum"] = "test" };

        public bool Opens(ModelSource source) => source is ModelSource.Folder;

        public ModelSpec Resolve(ModelSpec model) => model;

        public string DigestOf(ModelSpec model) => ModelFolder.Digest(model.Folder);

        public PromptEncoding LoadEncoding(ModelSpec model) => PromptEncoding.Load(model.Folder);

        public void Check(ModelSpec model) => Checked.Add(model.Adapter);

        string? IEngine.AdapterDoubt(ModelSpec model) =>
            broken == GuardNames.AdapterBase && model.Adapter is not null ? "was trained for 'another'" : null;

        public ILanguageModel Open(ModelSpec model)
        {
            AppliedAdapter? serving = model.Adapter;
            Loaded.Add(serving);
            string merged = Path.Combine(model.Folder, MergedName);
            double trained =
                serving is not null ? Read(Path.Combine(serving.Folder, "adapter_model.safetensors"))
                : File.Exists(merged) ? Read(merged)
                : 0;
            return new ScriptedModel(
                broken switch
                {
                    "adapter-active" => 0,
                    "lambda-zero-is-base" when serving is not null => (serving.Lambda * trained) + 0.3,
                    _ => (serving?.Lambda ?? 1) * trained,
                },
                broken
            );
        }

        public void Train(
            ModelSpec model,
            TrainPlan plan,
            IReadOnlyList<TrainingExample> examples,
            string outputFolder,
            Action<TrainingStep>? progress = null,
            CancellationToken cancellation = default
        )
        {
            if (examples.FirstOrDefault(e => e.Ids.Length > (plan.MaxTokens ?? int.MaxValue)) is { } longer)
            {
                throw new InputException($"{longer.Id} is too long");
            }

            Trained.Add((plan, examples.Count));
            int perEpoch = (examples.Count + plan.BatchSize - 1) / plan.BatchSize,
                steps = perEpoch * plan.Epochs;
            for (int step = 1; step <= steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(new TrainingStep(step, steps, 1, 1, 1, 1, 0.001));
                if (step % perEpoch == 0)
                {
                    Save(Path.Combine(outputFolder, $"checkpoint-{step}"), (double)step / steps);
                }
            }

            Save(outputFolder, Strength(plan));
            AtomicFile.WriteText(Path.Combine(outputFolder, "train.jsonl"), "");
        }

        private static double Read(string file) => double.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);

        private static void Save(string folder, double trained)
        {
            AtomicFile.WriteText(
                Path.Combine(folder, "adapter_model.safetensors"),
                trained.ToString("R", CultureInfo.InvariantCulture)
            );
            AtomicFile.WriteText(Path.Combine(folder, "adapter_config.json"), "{}");
        }
    }

    private sealed class ScriptedModel(double strength, string broken) : ILanguageModel
    {
        public int ContextLength => broken == "short-context" ? 20 : 4096;

        public void Score(
            IReadOnlyList<ScoreRequest> requests,
            Action<int, IReadOnlyList<ContinuationScore>> answered,
            CancellationToken cancellation = default
        )
        {
            for (int r = 0; r < requests.Count; r++)
            {
                string prompt = Text(requests[r].Prompt);
                int number = int.Parse(prompt.Split(' ')[1], CultureInfo.InvariantCulture);
                double share = broken switch
                {
                    "below-chance" => 0,
                    "published-band" => 0.25,
                    _ => 0.7 - Math.Max(0, strength - 1), // more than the whole is paid for elsewhere
                };
                bool right = number % 57 < 57 * share;
                answered(
                    r,
                    [
                        .. requests[r]
                            .Continuations.Select(
                                (c, i) =>
                                    new ContinuationScore(
                                        (
                                            i == number % 4
                                                ? right
                                                    ? -1
                                                    : -3
                                                : -2
                                        ) - (0.1 * strength),
                                        false,
                                        c.Length
                                    )
                            ),
                    ]
                );
            }
        }

        public void Complete(
            IReadOnlyList<CompletionRequest> requests,
            Action<int, Completion> answered,
            CancellationToken cancellation = default
        )
        {
            for (int r = 0; r < requests.Count; r++)
            {
                int number = int.Parse(Text(requests[r].Prompt).Split(' ')[1], CultureInfo.InvariantCulture);
                bool right = number * 7 % 40 < 4 + (30 * strength) || (broken == "noise-floor" && requests.Count < 20);
                answered(
                    r,
                    new Completion(
                        [.. Encoding.UTF8.GetBytes(right ? $"answer {number}" : "nothing").Select(b => (int)b)],
                        [],
                        FinishReason.Stop
                    )
                );
            }
        }

        public void Dispose() { }

        private static string Text(int[] ids) => Encoding.UTF8.GetString([.. ids.Select(i => (byte)i)]);
    }
}
