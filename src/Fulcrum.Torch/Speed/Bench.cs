using System.Diagnostics;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using Fulcrum.Torch.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Speed;

/// <summary>Seconds of a fixed amount of work by a model with random weights.</summary>
/// <param name="Tokens">Tokens of the job: prompts and letters, new tokens, or prompts and completions.</param>
/// <param name="SgemmGflops">The machine's float32 rate at the same time by the plain matrix product, mean of before
/// and after.</param>
/// <param name="GflopEquivalentsPerItem">Seconds times that rate, an item: comparable between machines.</param>
/// <param name="ProductGflops">The rate at which the model's own products run (another library or layout may be
/// faster), measured in the same way.</param>
/// <param name="NeededGflopPerItem">Floating-point operations that the token tree of the job needs, an item. Of
/// generation these are those of greedy decoding without drafts: each new token once. Rows of rejected drafts are no
/// part of it.</param>
/// <param name="FractionOfSgemm">Needed operations by what the plain product could have done in the time.</param>
/// <param name="FractionOfProduct">The same against <paramref name="ProductGflops"/>.</param>
/// <param name="PeakBytes">Most memory that the process has had resident.</param>
/// <param name="MemoryGigabytesPerSecond">Writing one sequence: how fast the machine reads memory at the same time,
/// mean of a second before and one after; else null.</param>
/// <param name="Dtype">What an <c>auto</c> became.</param>
/// <param name="Threads">Number of threads of libtorch.</param>
/// <param name="FractionOfMemory">Writing one sequence: the weights that its steps read, by what could have been read
/// in the time; null for other work, whose steps share what they read.</param>
/// <param name="DraftedTokens">Generation: draft tokens that were computed; null for other work.</param>
/// <param name="AcceptedTokens">Generation: the draft tokens that the model chose too, each of which saved a step of
/// its sequence; null for other work.</param>
internal sealed record BenchResult(
    double Seconds,
    int Items,
    long Tokens,
    double SgemmGflops,
    double GflopEquivalentsPerItem,
    double TokensPerSecond,
    long PeakBytes,
    double ProductGflops,
    double NeededGflopPerItem,
    double FractionOfSgemm,
    double FractionOfProduct,
    Dtype Dtype,
    int Threads,
    double? MemoryGigabytesPerSecond = null,
    double? FractionOfMemory = null,
    long? DraftedTokens = null,
    long? AcceptedTokens = null
);

/// <summary>Implements <c>fulcrum bench</c>.</summary>
internal static class Bench
{
    private static readonly TrainPlan Training = new(
        Rank: 4,
        Alpha: 8,
        Grouping: Grouping.Cluster,
        Schedule: Schedule.Constant,
        Seed: 1
    );

    /// <summary>Does the work of a file once, after a warm-up on its first items.</summary>
    /// <param name="verb"><c>score</c>, <c>generate</c> or <c>train</c>.</param>
    /// <param name="plain">Use the reference implementation: padded batches, no shared prefixes.</param>
    /// <param name="tell">Called with the current activity; null for none.</param>
    /// <exception cref="InputException">The configuration or a line of the work cannot be read, or the work is none
    /// or more than the model takes; names it.</exception>
    public static BenchResult Run(
        string verb,
        string config,
        string input,
        Dtype dtype,
        int? threads,
        bool plain,
        Action<string>? tell = null
    )
    {
        if (verb == "train" && dtype == Dtype.Int8)
        {
            throw new InputException("dtype int8 is for measuring only; train in f32 or bf16");
        }

        ModelSpec plan = new TorchEngine().Resolve(ModelSpec.InFolder("", dtype, device: "cpu", threads: threads));
        ModelConfig settings = ModelConfig.LoadFile(config);
        JsonLine[] lines = [.. JsonLines.Read(input)];
        if (lines.Length == 0)
        {
            throw new InputException($"{input}: there is no work in it, not one line");
        }

        Array.ForEach(lines, l => Check(verb, l, settings));
        tell?.Invoke($"making a model of random weights, {EnumNames.Of(plan.Dtype)}");
        bool isOneSequence = verb == "generate" && lines.Length == 1 && !plain;
        // Its buffer is freed before the model is created, whose memory is reported.
        double? memoryRateBefore = isOneSequence ? MemoryRate.GigabytesPerSecond() : null;
        using TorchLanguageModel model = new(
            Heap.GivingBack(() =>
                ModelLoader.Random(settings, CPU, Hardware.DtypeOf(plan.Dtype), int8: plan.Dtype == Dtype.Int8)
            ),
            plain
        );
        Job job = Of(verb, model, lines, plain);
        tell?.Invoke($"warming up, then {lines.Length:#,0} {(lines.Length == 1 ? "item" : "items")}");
        job.Work(Math.Min(2, lines.Length));

        double matmulRateBefore = MatmulRate.Gflops(Dtype.F32);
        long start = Stopwatch.GetTimestamp();
        job.Work(lines.Length);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long peakBytes = Process.GetCurrentProcess().PeakWorkingSet64;
        double? memoryRate = isOneSequence ? (memoryRateBefore + MemoryRate.GigabytesPerSecond()) / 2 : null;
        double matmulRate = (matmulRateBefore + MatmulRate.Gflops(Dtype.F32)) / 2,
            modelMatmulRate = MatmulRate.OfModel(plan.Dtype);

        DraftCounts? drafts = verb == "generate" ? model.Drafts : null;
        double neededGflop = job.Needs.Flops(settings) / 1e9,
            steps = job.Tokens - (drafts?.Accepted ?? 0),
            weightGigabytes = steps * WeightBytes(model.Model) / 1e9;
        return new BenchResult(
            seconds,
            lines.Length,
            job.Tokens,
            matmulRate,
            seconds * matmulRate / lines.Length,
            job.Tokens / seconds,
            peakBytes,
            modelMatmulRate,
            neededGflop / lines.Length,
            neededGflop / seconds / matmulRate,
            neededGflop / seconds / modelMatmulRate,
            plan.Dtype,
            get_num_threads(),
            memoryRate,
            weightGigabytes / seconds / memoryRate,
            drafts?.Drafted,
            drafts?.Accepted
        );
    }

    // A sequence longer than the model's context would be truncated, but counted in full.
    private static void Check(string verb, JsonLine line, ModelConfig config)
    {
        int context = config.ContextLength,
            prompt = Ids(line, "prompt", config).Length,
            following = verb switch
            {
                "generate" => WorkLine.NewTokens(line),
                "train" => Ids(line, "completion", config).Length,
                _ => Ids(line, "letters", config).Length > 0 ? 1 : 0,
            };
        if (prompt < 1 || following < 1)
        {
            throw line.Error(
                "a prompt and something behind it are needed, at least one token each; "
                    + $"here they are {prompt} and {following}"
            );
        }

        if ((long)prompt + following > context)
        {
            throw line.Error(
                $"{prompt} tokens and {following} behind them are more than the model's context of {context}"
            );
        }
    }

    private static int[] Ids(JsonLine line, string field, ModelConfig config)
    {
        int[] ids = WorkLine.Ids(line, field);
        return ids.All(id => id < config.VocabularySize)
            ? ids
            : throw line.Error($"'{field}' holds the token id {ids.Max()}; the vocabulary has {config.VocabularySize}");
    }

    // The bytes that one decoding step reads: every matrix of the layers and the head. Of the embedding it reads one
    // row only, which does not count.
    private static double WeightBytes(LanguageModel model) =>
        model.Projections.Sum(p =>
            p.Quantized is Int8Weight packed ? packed.Bytes : (double)p.Out * p.In * model.Dtype.ElementSize()
        );

    private static Job Of(string verb, TorchLanguageModel model, JsonLine[] lines, bool plain) =>
        verb switch
        {
            "score" => Scoring(model, lines),
            "generate" => Generating(model, lines),
            _ => Learning(model, lines, plain),
        };

    private static Job Scoring(TorchLanguageModel model, JsonLine[] lines)
    {
        ScoreRequest[] requests = [.. lines.Select(WorkLine.Scoring)];
        Needs needs = Needs.Forward([.. requests.Select(r => r.Prompt)], requests.Length);
        return new Job(
            count => model.Score(requests[..count], (_, _) => { }),
            requests.Sum(r => (long)r.Prompt.Length + 1),
            needs
        );
    }

    private static Job Generating(TorchLanguageModel model, JsonLine[] lines)
    {
        CompletionRequest[] requests = [.. lines.Select(WorkLine.Generating)];
        long tokens = requests.Sum(r => (long)r.MaxNewTokens);
        Needs needs = requests.Aggregate(
            Needs.Forward([.. requests.Select(r => r.Prompt)], tokens),
            (n, r) => n.Behind(r.Prompt.Length, r.MaxNewTokens - 1)
        );
        return new Job(count => model.Complete(requests[..count], (_, _) => { }), tokens, needs);
    }

    private static Job Learning(TorchLanguageModel model, JsonLine[] lines, bool plain)
    {
        TrainingExample[] examples = [.. lines.Select((l, i) => Example(l, i))];
        model.Model.AttachAdapter(
            new LoraConfig(Training.Rank, Training.Alpha, ["q_proj", "k_proj", "v_proj", "o_proj"]),
            seed: 1
        );
        AdamW optimizer = new(model.Model.AdapterParameters, Training.WeightDecay);
        IReadOnlyList<int[]> batches = BatchPlan.Of(examples, Training, 0, given: false);
        Needs needs = Needs.Sum(
            batches.Select(b =>
                Needs
                    .Forward([.. b.Select(i => examples[i].Ids[..^1])], b.Sum(i => examples[i].Trained.Count(t => t)))
                    .WithBackward()
            )
        );
        return new Job(Work, examples.Sum(e => (long)e.Ids.Length), needs);

        void Work(int count)
        {
            IReadOnlyList<int[]> wanted =
                count == examples.Length
                    ? batches
                    :
                    [
                        [.. Enumerable.Range(0, count)],
                    ];
            for (int step = 0; step < wanted.Count; step++)
            {
                LoraTrainer.Step(
                    model.Model,
                    Training,
                    [.. wanted[step].Select(i => examples[i])],
                    optimizer,
                    step,
                    wanted.Count,
                    plain
                );
            }
        }
    }

    private static TrainingExample Example(JsonLine line, int index)
    {
        int[] prompt = WorkLine.Ids(line, "prompt"),
            completion = WorkLine.Ids(line, "completion");
        return new TrainingExample(
            $"{index}",
            [.. prompt, .. completion],
            [.. prompt.Select(_ => false), .. completion.Select(_ => true)],
            WorkLine.Database(line)
        );
    }

    private sealed record Job(Action<int> Work, long Tokens, Needs Needs);
}
