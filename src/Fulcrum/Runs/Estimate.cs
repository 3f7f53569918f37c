using System.Diagnostics;
using System.Globalization;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>How long a study will take and how much memory it needs, from a small part of its work done beforehand and
/// thrown away.</summary>
/// <param name="LoadSeconds">Loading the model once.</param>
/// <param name="MeasureSeconds">Every benchmark once.</param>
/// <param name="CheckSeconds">Asking some items again in other batches, once.</param>
/// <param name="TrainSeconds">The steps of one training.</param>
/// <param name="Measurements">How often everything is measured: before, after and every further point.</param>
/// <param name="Trainings">How many adapters are trained.</param>
/// <param name="PeakBytes">The process's largest working set so far; of a GPU's memory nothing is known.</param>
public sealed record Estimate(
    double LoadSeconds,
    double MeasureSeconds,
    double CheckSeconds,
    double TrainSeconds,
    int Measurements,
    int Trainings,
    long PeakBytes
)
{
    // A trial is about 2 % of the work, but no less than items need to keep each other company in a batch. Where it is
    // over in no time it grows until it has taken a few seconds.
    private const double Part = 0.02,
        MeasureTrial = 1,
        TrainTrial = 3;
    private const int LeastItems = 16,
        MostSteps = 60;

    // Two more loads are those of the guards behind the training.
    private int Loads => Measurements + Trainings + 2;

    /// <summary>All of it.</summary>
    public double Seconds =>
        (Loads * LoadSeconds) + (Measurements * MeasureSeconds) + CheckSeconds + (Trainings * TrainSeconds);

    /// <summary>Does a small part of each kind of work, in a folder that is removed afterwards; nothing of it enters
    /// the run.</summary>
    /// <param name="study">Complete.</param>
    /// <param name="points">Further points to be measured.</param>
    /// <param name="scratch">A folder for the trial training.</param>
    public static Estimate Of(
        Study study,
        IEngine runtime,
        Corpus data,
        PromptEncoding encoding,
        IReadOnlyList<PointPlan> points,
        string scratch,
        CancellationToken cancellation
    )
    {
        double[] measured = Measure(study, runtime, data, encoding, cancellation);
        double check = data
            .Benchmarks.Zip(
                measured,
                (b, seconds) => seconds * BatchingNoise.SampleOf(b.Items.Count) / Math.Max(1, b.Items.Count)
            )
            .Sum();
        double train = Train(study, runtime, data, encoding, scratch, cancellation);
        // the third time: what is slow only the first time is not the rule
        double load = Timed(() => runtime.Open(study.Model.Spec).Dispose());
        return new Estimate(
            load,
            measured.Sum(),
            check,
            train,
            2 + points.Count,
            study.TrainingSeeds.Count,
            PeakMemory()
        );
    }

    /// <summary>In a sentence.</summary>
    public override string ToString() =>
        $"estimate: about {Time(Seconds)} for the whole study: {Measurements} times measuring ({Time(MeasureSeconds)} each), {Trainings} {(Trainings == 1 ? "time" : "times")} training ({Time(TrainSeconds)}{(Trainings == 1 ? "" : " each")}), "
        + string.Create(
            CultureInfo.InvariantCulture,
            $"{Loads} times loading the model ({Time(LoadSeconds)} each); memory used so far: {PeakBytes / 1073741824.0:0.0} GiB"
        );

    private static double[] Measure(
        Study study,
        IEngine runtime,
        Corpus data,
        PromptEncoding encoding,
        CancellationToken cancellation
    )
    {
        using ILanguageModel model = runtime.Open(study.Model.Spec);
        Evaluator evaluator = new(model, encoding);
        return [.. data.Benchmarks.Select(b => Measure(evaluator, b, cancellation))];
    }

    private static double Measure(Evaluator evaluator, ITask benchmark, CancellationToken cancellation)
    {
        int all = benchmark.Items.Count,
            most = Math.Min(all, Evaluator.Portion),
            count = Math.Min(all, Math.Clamp((int)(all * Part), LeastItems, Evaluator.Portion));
        double Ask(int items) =>
            Timed(() => evaluator.Answers(benchmark, [.. benchmark.Items.Take(items)], "", _ => { }, cancellation));
        Ask(1); // warms up
        double seconds = Ask(count);
        while (seconds < MeasureTrial && count < most)
        {
            count = Math.Min(most, 4 * count);
            seconds = Ask(count);
        }

        return seconds * all / Math.Max(1, count);
    }

    private static double Train(
        Study study,
        IEngine runtime,
        Corpus data,
        PromptEncoding encoding,
        string scratch,
        CancellationToken cancellation
    )
    {
        int perEpoch =
                (
                    data.Training.Count
                    - ValidationSplit.Count(study.Train, data.Training.Count)
                    + study.Train.BatchSize
                    - 1
                ) / study.Train.BatchSize,
            steps = perEpoch * study.Train.Epochs;
        int least = Math.Clamp((int)(steps * Part), 2, 10),
            most = Math.Min(perEpoch, MostSteps);
        TrainingText[] texts =
        [
            .. Enumerable
                .Range(0, most * study.Train.BatchSize)
                .Select(i => data.Training[(int)((long)i * data.Training.Count / (most * study.Train.BatchSize))]),
        ];
        (IReadOnlyList<TrainingExample> examples, _) = TrainingShape.Of(
            study.Train,
            [.. texts.Select(e => encoding.Example(e.Id, e.Prompt, e.Completion, e.Cluster))]
        );
        IReadOnlyList<double> seconds = Steps(study, runtime, examples, least, scratch, cancellation);
        return seconds.Count == 0 ? 0 : seconds.Skip(seconds.Count / 2).Average() * steps; // the first steps are slow
    }

    /// <summary>Seconds of the steps of a training that ends once it has told enough.</summary>
    private static List<double> Steps(
        Study study,
        IEngine runtime,
        IReadOnlyList<TrainingExample> examples,
        int least,
        string scratch,
        CancellationToken cancellation
    )
    {
        List<double> seconds = [];
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            Remove(scratch); // a start that was killed in its trial must not be gone on with
            ((ITrainer)runtime).Train(
                study.Model.Spec,
                study.Train with
                {
                    Epochs = 1,
                    Seed = study.TrainingSeeds[0],
                    ValidationShare = 0,
                    ValidationEvery = null,
                    EarlyStoppingPatience = null,
                },
                examples,
                scratch,
                Took,
                enough.Token
            );
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Enough was seen.
        }
        finally
        {
            Remove(scratch);
        }

        return seconds;

        static void Remove(string folder)
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        void Took(TrainingStep step)
        {
            seconds.Add(step.Seconds);
            if (seconds.Count >= least && seconds.Sum() >= TrainTrial)
            {
                enough.Cancel();
            }
        }
    }

    private static double Timed(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long PeakMemory()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static string Time(double seconds) =>
        seconds switch
        {
            < 10 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
            < 300 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
            < 5400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
        };
}
