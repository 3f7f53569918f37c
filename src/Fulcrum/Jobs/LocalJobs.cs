using System.Diagnostics;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs;

/// <summary>Obtains and measures candidates in several processes of this machine, each on its own cores or its own
/// device.</summary>
/// <param name="jobs">The number of processes.</param>
/// <param name="devices">The number of GPUs to divide among them; 0: they compute on the processor.</param>
/// <param name="start">Returns how the process of a job is started: it reads names of stages from its standard
/// input.</param>
internal sealed class LocalJobs(int jobs, int devices, Func<ProcessStartInfo> start)
{
    private const string VisibleDevices = "CUDA_VISIBLE_DEVICES";

    /// <summary>Does candidates of a study. A candidate that fails does not stop the others.</summary>
    /// <param name="open">The candidates that are not complete.</param>
    /// <exception cref="FulcrumException">Candidates failed; says which, and why the first did.</exception>
    public void Run(Study study, IReadOnlyList<StageNode> open, Action<RunEvent> report, CancellationToken cancellation)
    {
        StageGraph graph = StageGraph.Of(study);
        foreach (StageNode done in graph.Candidates.Except(open))
        {
            report(new RunEvent.StageSkipped(done.Place));
        }

        Run(new JobQueue(n => graph.Needs[n], open), Math.Min(jobs, open.Count), report, cancellation);
    }

    /// <summary>Measures the items of the base in parts, one for each process.</summary>
    /// <exception cref="FulcrumException">A part failed.</exception>
    public void SplitBase(Action<RunEvent> report, CancellationToken cancellation)
    {
        StageNode[] parts =
        [
            .. Enumerable.Range(0, jobs).Select(i => new StageNode(Stage.Base, null, new StagePart(i, jobs))),
        ];
        Run(new JobQueue(_ => [], parts), jobs, report, cancellation);
    }

    private void Run(JobQueue queue, int processes, Action<RunEvent> report, CancellationToken cancellation)
    {
        Lock door = new();
        void Report(RunEvent happened)
        {
            lock (door)
            {
                report(happened);
            }
        }

        Task[] all =
        [
            .. Enumerable
                .Range(0, processes)
                .Select(i =>
                    Task.Factory.StartNew(
                        () => Work(i, queue, Report, cancellation),
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                ),
        ];
        ((IAsyncResult)Task.WhenAll(all)).AsyncWaitHandle.WaitOne();
        cancellation.ThrowIfCancellationRequested();
        Refuse(queue);
        all.ToList().ForEach(t => t.GetAwaiter().GetResult());
    }

    private static void Refuse(JobQueue queue)
    {
        if (queue.Failed is [var (node, why), ..] failed)
        {
            string others =
                failed.Count == 1
                    ? ""
                    : $" ({failed.Count} failed: {string.Join(", ", failed.Take(8).Select(f => f.Node.Name))})";
            throw Prefixed(why, $"{node.Name}: {why.Message}{others}");
        }
    }

    private static FulcrumException Prefixed(FulcrumException why, string message) =>
        why switch
        {
            InputException => new InputException(message, why),
            GuardException => new GuardException(message),
            _ => new FulcrumException(message, why),
        };

    private void Work(int job, JobQueue queue, Action<RunEvent> report, CancellationToken cancellation)
    {
        while (queue.Take(cancellation) is { } first)
        {
            using JobProcess process = Start(job);
            using CancellationTokenRegistration stop = cancellation.Register(process.Interrupt);
            for (
                StageNode? node = first;
                node is not null && process.IsUsable;
                node = Next(process, queue, cancellation)
            )
            {
                queue.End(node, process.Do(node, report, cancellation));
            }
        }
    }

    private static StageNode? Next(JobProcess process, JobQueue queue, CancellationToken cancellation) =>
        process.IsUsable ? queue.Take(cancellation) : null;

    /// <summary>Returns the name of a job's GPU.</summary>
    /// <param name="visible">The names of the GPUs that this process may use, separated by commas; null or empty: all,
    /// by their numbers.</param>
    internal static string DeviceOf(int job, int devices, string? visible) =>
        (visible ?? "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .ElementAtOrDefault(job % devices)
        ?? $"{job % devices}";

    private JobProcess Start(int job)
    {
        ProcessStartInfo info = start();
        if (devices > 0)
        {
            string? visible = info.Environment.TryGetValue(VisibleDevices, out string? names) ? names : null;
            info.Environment[VisibleDevices] = DeviceOf(job, devices, visible);
        }

        return Cores.On(Cores.Part(Cores.Allowed(), job, jobs), () => new JobProcess(info));
    }
}
