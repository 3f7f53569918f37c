using System.Diagnostics;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs;

/// <summary>Does the stages of candidates (training, evaluation) in several processes on this machine. Each process has
/// its own cores or its own device and does one stage after another, first its part of the base. On a CPU this process
/// is one of them (docs/decisions/0092-first-job-is-this-process.md).</summary>
/// <param name="jobs">The number of processes.</param>
/// <param name="devices">Returns the number of GPUs to divide among them; 0: they compute on the CPU.</param>
/// <param name="start">Returns how to start a process, which reads names of stages from its standard input.</param>
internal sealed class LocalJobs(int jobs, Func<Study, int> devices, Func<Study, ProcessStartInfo> start) : IDisposable
{
    private const string VisibleDevices = "CUDA_VISIBLE_DEVICES";
    private readonly JobProcess?[] processes = new JobProcess?[jobs];
    private readonly CancellationTokenSource disposed = new();
    private JobQueue? candidates;
    private Task[] others = [];

    /// <summary>Starts the other processes in advance, because each needs a second or more to open the study.</summary>
    /// <param name="most">The number of stages, as the largest useful number of processes.</param>
    public void Warm(Study study, int most)
    {
        for (int job = WorksHere(study) ? 1 : 0; job < Math.Min(jobs, most); job++)
        {
            processes[job] ??= Start(job, study);
        }
    }

    /// <summary>Has the other processes begin with candidates, while this one has other work. On a GPU they are only
    /// started, because that work needs the GPU. So they are on Windows, where they cannot be asked to save and
    /// end.</summary>
    /// <param name="open">The candidates that are not complete.</param>
    /// <param name="report">Called from several threads.</param>
    public void Begin(
        Study study,
        IReadOnlyList<StageNode> open,
        Action<RunEvent> report,
        CancellationToken cancellation
    )
    {
        if (!WorksHere(study) || OperatingSystem.IsWindows())
        {
            Warm(study, open.Count);
        }
        else if (candidates is null)
        {
            JobQueue queue = candidates = Queue(study, open, report);
            CancellationToken stopped = CancellationTokenSource
                .CreateLinkedTokenSource(cancellation, disposed.Token)
                .Token;
            others = [.. Jobs(1, open.Count).Select(job => InThread(() => Work(job, study, queue, report, stopped)))];
        }
    }

    /// <summary>Does candidates of a study. A candidate that fails does not stop the others.</summary>
    /// <param name="open">The candidates that are not complete. Those that the other processes began with are known
    /// already.</param>
    /// <param name="here">Does one in this process.</param>
    /// <param name="report">Called from several threads.</param>
    /// <exception cref="FulcrumException">Candidates failed. The message says which, and why the first
    /// failed.</exception>
    public void Run(
        Study study,
        IReadOnlyList<StageNode> open,
        Action<StageNode> here,
        Action<RunEvent> report,
        CancellationToken cancellation
    )
    {
        JobQueue queue = candidates ?? Queue(study, open, report);
        Run(study, queue, others.Length > 0 ? 1 : open.Count, here, report, cancellation);
        Dispose();
    }

    private static JobQueue Queue(Study study, IReadOnlyList<StageNode> open, Action<RunEvent> report)
    {
        StageGraph graph = StageGraph.Of(study);
        foreach (StageNode done in graph.Candidates.Except(open))
        {
            report(new RunEvent.StageSkipped(done.Place));
        }

        return new JobQueue(n => graph.Needs[n], open);
    }

    /// <summary>Ends the processes. One that still works, because this process failed, saves its work first.</summary>
    public void Dispose()
    {
        disposed.Cancel();
        ((IAsyncResult)Task.WhenAll(others)).AsyncWaitHandle.WaitOne();
        foreach (JobProcess process in processes.OfType<JobProcess>())
        {
            process.Close();
        }

        for (int job = 0; job < jobs; job++)
        {
            End(job);
        }
    }

    /// <summary>Evaluates the items of the base in parts, one per process.</summary>
    /// <param name="here">Does one in this process.</param>
    /// <param name="report">Called from several threads.</param>
    /// <exception cref="FulcrumException">A part failed.</exception>
    public void SplitBase(Study study, Action<StageNode> here, Action<RunEvent> report, CancellationToken cancellation)
    {
        StageNode[] parts =
        [
            .. Enumerable.Range(0, jobs).Select(i => new StageNode(Stage.Base, null, new StagePart(i, jobs))),
        ];
        Run(study, new JobQueue(_ => [], parts), jobs, here, report, cancellation);
    }

    private void Run(
        Study study,
        JobQueue queue,
        int most,
        Action<StageNode> here,
        Action<RunEvent> report,
        CancellationToken cancellation
    )
    {
        bool worksHere = WorksHere(study);
        void Do(int job)
        {
            if (job == 0 && worksHere)
            {
                WorkHere(queue, here, cancellation);
            }
            else
            {
                Work(job, study, queue, report, cancellation);
            }
        }

        Task[] all = [.. Jobs(0, most).Select(job => InThread(() => Do(job))), .. others];
        ((IAsyncResult)Task.WhenAll(all)).AsyncWaitHandle.WaitOne();
        cancellation.ThrowIfCancellationRequested();
        Refuse(queue);
        all.ToList().ForEach(t => t.GetAwaiter().GetResult());
    }

    private IEnumerable<int> Jobs(int first, int most) =>
        Enumerable.Range(first, Math.Max(0, Math.Min(jobs, most) - first));

    private static Task InThread(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

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

    // A GPU is chosen by the environment of a process. Threads that share a core must not spin, which the environment
    // says, too.
    private bool WorksHere(Study study) =>
        !study.Base.NamesGpu && study.Base.Threads <= Cores.Part(Cores.Allowed(), 0, jobs).Count;

    // The thread is not bound to cores. Threads that it starts would stay bound, and comparing needs all cores.
    private static void WorkHere(JobQueue queue, Action<StageNode> here, CancellationToken cancellation)
    {
        while (queue.Take(cancellation) is { } node)
        {
            FulcrumException? Do()
            {
                here(node);
                return null;
            }

            queue.End(node, FailureOf(Do, cancellation));
        }
    }

    private static FulcrumException? FailureOf(Func<FulcrumException?> work, CancellationToken cancellation)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            return JobLine.Of(e).Failure();
        }
    }

    // A thread whose process cannot be started or followed leaves the other candidates to the others. Its own is ended
    // in any case, because others may wait for it.
    private void Work(int job, Study study, JobQueue queue, Action<RunEvent> report, CancellationToken cancellation)
    {
        while (queue.Take(cancellation) is { } node)
        {
            bool followed = false;
            FulcrumException? Do()
            {
                processes[job] ??= Start(job, study);
                FulcrumException? failure = FailureIn(job, node, report, cancellation);
                followed = true;
                return failure;
            }

            queue.End(node, FailureOf(Do, cancellation));
            if (!followed)
            {
                return;
            }
        }
    }

    private FulcrumException? FailureIn(
        int job,
        StageNode node,
        Action<RunEvent> report,
        CancellationToken cancellation
    )
    {
        JobProcess process = processes[job]!;
        using CancellationTokenRegistration stop = cancellation.Register(process.Interrupt);
        FulcrumException? failure = process.Do(node, report, cancellation);
        if (!process.IsUsable)
        {
            End(job);
        }

        return failure;
    }

    private void End(int job)
    {
        processes[job]?.Dispose();
        processes[job] = null;
    }

    /// <summary>Returns the name of a job's GPU.</summary>
    /// <param name="visible">The names of the GPUs that this process may use, separated by commas; null or empty: all,
    /// by their numbers.</param>
    internal static string DeviceOf(int job, int devices, string? visible) =>
        (visible ?? "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .ElementAtOrDefault(job % devices)
        ?? $"{job % devices}";

    private JobProcess Start(int job, Study study)
    {
        ProcessStartInfo info = start(study);
        if (devices(study) is > 0 and var count)
        {
            string? visible = info.Environment.TryGetValue(VisibleDevices, out string? names) ? names : null;
            info.Environment[VisibleDevices] = DeviceOf(job, count, visible);
        }

        return Cores.On(Cores.Part(Cores.Allowed(), job, jobs), () => new JobProcess(info));
    }
}
