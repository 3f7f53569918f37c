using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Evaluation;
using Fulcrum.Torch.Modeling;
using Fulcrum.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Seconds of a fixed amount of work by a model with random weights.</summary>
/// <param name="SgemmGflops">The machine's float32 rate at the same time, mean of before and after.</param>
/// <param name="GflopEquivalentsPerItem">Seconds times that rate, an item: comparable between machines.</param>
public sealed record BenchResult(double Seconds, int Items, long Tokens, double SgemmGflops, double GflopEquivalentsPerItem, double TokensPerSecond, long PeakBytes);

/// <summary>The work behind <c>fulcrum bench score</c> and <c>fulcrum bench generate</c>.</summary>
public static class Bench
{
    /// <summary>Does the work of a file once, after a warm-up on its first items.</summary>
    /// <param name="verb"><c>score</c> or <c>generate</c>.</param>
    /// <param name="plain">One sequence after the other, nothing shared.</param>
    public static BenchResult Run(string verb, string config, string input, string dtype, int? threads, bool plain)
    {
        Libtorch.Load(threads);
        ModelPlan plan = new TorchRuntime().Resolve(new ModelPlan("", dtype, Device: "cpu", Threads: threads));
        using TorchLanguageModel model = new(ModelLoader.Random(ModelConfig.LoadFile(config), CPU, TorchRuntime.DtypeOf(plan.Dtype)), plain);
        JsonLine[] lines = [.. JsonLines.Read(input)];
        Func<JsonLine[], long> work = verb == "score" ? l => Score(model, l) : l => Generate(model, l);
        work(lines[..Math.Min(2, lines.Length)]);
        double before = MatrixRate();
        long start = Stopwatch.GetTimestamp();
        long tokens = work(lines);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, rate = (before + MatrixRate()) / 2;
        return new BenchResult(seconds, lines.Length, tokens, rate, seconds * rate / lines.Length, tokens / seconds, Process.GetCurrentProcess().PeakWorkingSet64);
    }

    private static long Score(TorchLanguageModel model, JsonLine[] lines)
    {
        ScoreRequest[] requests = [.. lines.Select(l => new ScoreRequest(Ids(l, "prompt"), [.. Ids(l, "letters").Select(i => new[] { i })]))];
        model.Score(requests, (_, _) => { });
        return requests.Sum(r => (long)r.Prompt.Length + 1);
    }

    private static long Generate(TorchLanguageModel model, JsonLine[] lines)
    {
        long tokens = 0;
        model.Complete([.. lines.Select(l => new CompletionRequest(Ids(l, "prompt"), l.Value["new_tokens"]!.GetValue<int>(), []))], (_, c) => tokens += c.Ids.Count);
        return tokens;
    }

    // A 512 x 1536 by 1536 x 8960 product in float32, best of six, in GFLOP/s.
    private static double MatrixRate()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = randn(512, 1536), b = randn(1536, 8960);
        double best = double.MaxValue;
        for (int i = 0; i < 6; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using Tensor c = a.matmul(b);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * 512 * 1536 * 8960 / best / 1e9;
    }

    private static int[] Ids(JsonLine line, string field) =>
        line.Value[field] is JsonArray list ? [.. list.Select(n => n!.GetValue<int>())] : throw line.Error($"'{field}' must be a list of token ids");
}
