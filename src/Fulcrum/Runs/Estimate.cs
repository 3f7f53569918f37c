using System.Diagnostics;
using System.Globalization;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Estimates the run time and the memory of a study from a trial: a small part of its work, whose results are
/// discarded.</summary>
/// <param name="LoadSeconds">Seconds to load the model once.</param>
/// <param name="MeasureSeconds">Seconds to measure every task once.</param>
/// <param name="CheckSeconds">Seconds to re-evaluate some items in batches of different composition, once.</param>
/// <param name="TrainSeconds">Seconds of the steps of all trainings.</param>
/// <param name="Measurements">The number of measurements: the base and every candidate.</param>
/// <param name="Trainings">The number of adapters that are trained.</param>
/// <param name="PeakBytes">The largest working set of the process so far. GPU memory is not included.</param>
internal sealed record Estimate(
    double LoadSeconds,
    double MeasureSeconds,
    double CheckSeconds,
    double TrainSeconds,
    int Measurements,
    int Trainings,
    long PeakBytes
)
{
    // A trial is about 2% of the work. It has at least 16 items per task, so that its batch has a realistic size. A
    // short trial is extended until it has taken a few seconds.
    private const double Part = 0.02,
        MeasureTrial = 1,
        TrainTrial = 3;
    private const int LeastItems = 16,
        MostSteps = 60,
        MostForms = 4;

    /// <summary>The number of processes that work at the same time.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>The number of processes that measure the base before the candidates; 0: one does, and the others begin
    /// with candidates meanwhile.</summary>
    public int BaseJobs { get; init; }

    /// <summary>Whether the processes compute on GPUs.</summary>
    public bool OnGpu { get; init; }

    // The guards after the training load the model two more times.
    private const int GuardLoads = 2;

    private int Loads => Measurements + Trainings + GuardLoads;

    /// <summary>Seconds of the whole study.</summary>
    public double Seconds
    {
        get
        {
            double measuring = LoadSeconds + MeasureSeconds,
                training = LoadSeconds + (TrainSeconds / Math.Max(1, Trainings)),
                measuredBase = LoadSeconds + (MeasureSeconds / Math.Max(1, BaseJobs)) + CheckSeconds;
            IEnumerable<double> candidates = Enumerable
                .Repeat(training + measuring, Trainings)
                .Concat(Enumerable.Repeat(measuring, Math.Max(0, Measurements - 1 - Trainings)));
            double work =
                BaseJobs > 0
                    ? measuredBase + InProcesses(candidates, Jobs)
                    : InProcesses(candidates.Prepend(measuredBase), Jobs);
            return work + (GuardLoads * LoadSeconds);
        }
    }

    /// <summary>Returns the seconds until the last of some works is done, if each goes to the process that is free
    /// first.</summary>
    internal static double InProcesses(IEnumerable<double> works, int processes)
    {
        PriorityQueue<int, double> free = new(Enumerable.Range(0, processes).Select(i => (i, 0.0)));
        double last = 0;
        foreach (double seconds in works)
        {
            _ = free.TryPeek(out int process, out double begin);
            _ = free.DequeueEnqueue(process, begin + seconds);
            last = Math.Max(last, begin + seconds);
        }

        return last;
    }

    /// <summary>Runs the trial and discards its results.</summary>
    /// <param name="study">Complete.</param>
    /// <param name="jobs">The number of processes that will work at the same time.</param>
    public static Estimate Of(
        Study study,
        Engines engines,
        Corpus data,
        PromptEncoding encoding,
        int jobs,
        CancellationToken cancellation
    )
    {
        double[] measured = Measure(study, engines, data, encoding, cancellation);
        double check = data
            .Tasks.Zip(
                measured,
                (t, seconds) => seconds * BatchingNoise.SampleOf(t.Items.Count) / Math.Max(1, t.Items.Count)
            )
            .Sum();
        (TrainPlan Plan, IReadOnlyList<TrainingText> Texts)[] trainings = [.. TrainingsOf(study, data)];
        double train = TrainingSeconds(trainings, t => SecondsPerExample(study, t, engines, encoding, cancellation));
        // The third load is timed, because one-time costs make the first ones slower.
        double load = Timed(() => engines.Open(study.Base.Spec).Dispose());
        int measurements = 1 + study.Candidates.Values.Count(c => c.Replies is null);
        return new Estimate(load, measured.Sum(), check, train, measurements, trainings.Length, PeakMemory())
        {
            Jobs = jobs,
            BaseJobs = BaseJobsOf(study, data, jobs),
            OnGpu = study.Base.NamesGpu,
        };
    }

    // As the processes do it (docs/decisions/0092-first-job-is-this-process.md).
    private static int BaseJobsOf(Study study, Corpus data, int jobs) =>
        jobs > 1 && (data.Before ?? data.Tasks).Any(t => t.Items.Count > Evaluator.Portion) ? jobs
        : study.Base.NamesGpu || OperatingSystem.IsWindows() ? 1
        : 0;

    /// <summary>Returns the seconds of all trainings. One of each form is tried; the others of that form are assumed to
    /// take as long per example.</summary>
    /// <param name="secondsPerExample">Tries a training.</param>
    internal static double TrainingSeconds(
        IReadOnlyList<(TrainPlan Plan, IReadOnlyList<TrainingText> Texts)> trainings,
        Func<(TrainPlan, IReadOnlyList<TrainingText>), double> secondsPerExample
    )
    {
        Dictionary<object, double> tried = [];
        double seconds = 0;
        foreach ((TrainPlan plan, IReadOnlyList<TrainingText> texts) in trainings)
        {
            // What changes the time of an example most. Of a sweep with more forms the first ones are tried.
            object form = (plan.Dora, plan.GradientCheckpointing, plan.Truncate, plan.MaxTokens, texts);
            if (!tried.TryGetValue(form, out double each))
            {
                each = tried.Count < MostForms ? secondsPerExample((plan, texts)) : tried.Values.Average();
                tried.Add(form, each);
            }

            seconds += each * TrainSteps.Of(plan, texts.Count) * plan.BatchSize;
        }

        return seconds;
    }

    private static IEnumerable<(TrainPlan, IReadOnlyList<TrainingText>)> TrainingsOf(Study study, Corpus data) =>
        study
            .Candidates.Values.Where(c => c.Train is not null || c.Seed is not null)
            .Select(study.RootOf)
            .Where(c => c.Train is not null)
            .Select(c => (c.Train!, data.TrainingOf(c).Texts));

    /// <summary>Returns the estimate as one sentence.</summary>
    public override string ToString() =>
        $"estimate: about {Durations.Text(Seconds)} for the whole study{InJobs}: {Measurements} times measuring "
        + $"({Durations.Text(MeasureSeconds)} each), {Trainings} {(Trainings == 1 ? "time" : "times")} training "
        + $"({Durations.Text(TrainSeconds / Math.Max(1, Trainings))}{(Trainings == 1 ? "" : " each")}), "
        + string.Create(
            CultureInfo.InvariantCulture,
            $"{Loads} times loading the model ({Durations.Text(LoadSeconds)} each); memory used so far: "
                + $"{PeakBytes / 1073741824.0:0.0} GiB{(Jobs > 1 ? " in this process" : "")}"
        );

    private string InJobs =>
        Jobs > 1 ? $" in {Jobs} processes at the same time, each on its {(OnGpu ? "GPU" : "share of the cores")}" : "";

    private static double[] Measure(
        Study study,
        Engines engines,
        Corpus data,
        PromptEncoding encoding,
        CancellationToken cancellation
    )
    {
        using ILanguageModel model = engines.Open(study.Base.Spec);
        Evaluator evaluator = new(model, encoding);
        return [.. data.Tasks.Select(b => Measure(evaluator, b, cancellation))];
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

    private static double SecondsPerExample(
        Study study,
        (TrainPlan, IReadOnlyList<TrainingText>) training,
        Engines engines,
        PromptEncoding encoding,
        CancellationToken cancellation
    )
    {
        (TrainPlan plan, IReadOnlyList<TrainingText> all) = training;
        int perEpoch = TrainSteps.PerEpoch(plan, all.Count),
            steps = TrainSteps.Of(plan, all.Count);
        int least = Math.Clamp((int)(steps * Part), 2, 10),
            most = Math.Min(perEpoch, MostSteps);
        TrainingText[] texts =
        [
            .. Enumerable
                .Range(0, most * plan.BatchSize)
                .Select(i => all[(int)((long)i * all.Count / (most * plan.BatchSize))]),
        ];
        (IReadOnlyList<TrainingExample> examples, _) = TrainingShape.Of(plan, [.. texts.Select(encoding.Example)]);
        IReadOnlyList<double> seconds = Steps(study, plan, engines, examples, least, cancellation);
        // The first steps include one-time costs.
        return seconds.Count == 0 ? 0 : seconds.Skip(seconds.Count / 2).Average() / plan.BatchSize;
    }

    /// <summary>Returns the seconds of each step of a training that is stopped after enough steps.</summary>
    private static List<double> Steps(
        Study study,
        TrainPlan plan,
        Engines engines,
        IReadOnlyList<TrainingExample> examples,
        int least,
        CancellationToken cancellation
    )
    {
        List<double> seconds = [];
        using ScratchFolder scratch = new("trial");
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            engines.Trainer!.Train(
                study.Base.Spec,
                plan with
                {
                    Epochs = 1,
                    Seed = plan.Seed ?? study.Seed,
                    ValidationShare = 0,
                    ValidationEvery = null,
                    EarlyStoppingPatience = null,
                },
                examples,
                scratch.Path,
                Took,
                enough.Token
            );
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The trial has run enough steps.
        }

        return seconds;

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
}
