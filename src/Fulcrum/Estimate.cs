using System.Diagnostics;
using System.Globalization;
using Fulcrum.Evaluation;

namespace Fulcrum;

/// <summary>How long a study will take and how much memory it needs, from a small part of its work done beforehand and thrown away.</summary>
/// <param name="LoadSeconds">Loading the model once.</param>
/// <param name="MeasureSeconds">Every benchmark once.</param>
/// <param name="TrainSeconds">One training.</param>
/// <param name="Measurements">How often everything is measured: before, after and every further point.</param>
/// <param name="Trainings">How many adapters are trained.</param>
/// <param name="PeakBytes">The process's largest working set so far; of a GPU's memory nothing is known.</param>
public sealed record Estimate(double LoadSeconds, double MeasureSeconds, double TrainSeconds, int Measurements, int Trainings, long PeakBytes)
{
    private const double Part = 0.02;

    /// <summary>All of it.</summary>
    public double Seconds => (Measurements * (LoadSeconds + MeasureSeconds)) + (Trainings * (LoadSeconds + TrainSeconds));

    /// <summary>Does about 2 % of each kind of work, in a folder that is removed afterwards; nothing of it enters the run.</summary>
    /// <param name="study">Complete.</param>
    /// <param name="points">Further points to be measured.</param>
    /// <param name="scratch">A folder for the trial training.</param>
    public static Estimate Of(Study study, IModelRuntime runtime, Corpus data, PromptEncoding encoding, IReadOnlyList<PointPlan> points, string scratch, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        double load, measure;
        using (ILanguageModel model = runtime.Load(study.Model))
        {
            load = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Evaluator evaluator = new(model, encoding);
            measure = data.Benchmarks.Sum(b => Measure(evaluator, b, cancellation));
        }

        double train = Train(study, runtime, data, encoding, scratch, cancellation);
        return new Estimate(load, measure, train, 2 + points.Count, study.TrainingSeeds.Count, PeakMemory());
    }

    /// <summary>In a sentence.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"about {Time(Seconds)} in all: {Measurements} measurements of {Time(MeasureSeconds)} each, {Trainings} of training of {Time(TrainSeconds)} each; memory so far {PeakBytes / 1073741824.0:0.0} GiB");

    private static double Measure(Evaluator evaluator, IBenchmark benchmark, CancellationToken cancellation)
    {
        int count = Math.Min(benchmark.Items.Count, Math.Clamp((int)(benchmark.Items.Count * Part), 4, Evaluator.Portion));
        evaluator.Answers(benchmark, [.. benchmark.Items.Take(1)], "", _ => { }, cancellation); // what is slow only the first time is not the rule
        long start = Stopwatch.GetTimestamp();
        evaluator.Answers(benchmark, [.. benchmark.Items.Take(count)], "", _ => { }, cancellation);
        return Stopwatch.GetElapsedTime(start).TotalSeconds * benchmark.Items.Count / Math.Max(1, count);
    }

    private static double Train(Study study, IModelRuntime runtime, Corpus data, PromptEncoding encoding, string scratch, CancellationToken cancellation)
    {
        int perEpoch = (data.Training.Count - ValidationSplit.Count(study.Train, data.Training.Count) + study.Train.BatchSize - 1) / study.Train.BatchSize, steps = perEpoch * study.Train.Epochs, tried = Math.Min(perEpoch, Math.Clamp((int)(steps * Part), 2, 10));
        (IReadOnlyList<TrainingExample> examples, _) = TrainingShape.Of(study.Train, [.. data.Training.Take(tried * study.Train.BatchSize).Select(e => encoding.Example(e.Id, e.Prompt, e.Completion, e.Cluster))]);
        List<double> seconds = [];
        try
        {
            runtime.Train(study.Model, study.Train with { Epochs = 1, Seed = study.TrainingSeeds[0], ValidationShare = 0 }, examples, scratch, s => seconds.Add(s.Seconds), cancellation);
        }
        finally
        {
            if (Directory.Exists(scratch))
            {
                Directory.Delete(scratch, recursive: true);
            }
        }

        return seconds.Count == 0 ? 0 : seconds.Skip(seconds.Count > 1 ? 1 : 0).Average() * steps;
    }

    private static long PeakMemory()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static string Time(double seconds) => seconds < 90 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s") : string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min");
}
