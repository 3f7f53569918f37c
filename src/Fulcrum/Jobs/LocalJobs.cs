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
/// <param name="timeToSave">How long processes that are asked to end may save their work; null: 10 minutes.</param>
internal sealed class LocalJobs(
    int jobs,
    Func<Study, int> devices,
    Func<Study, ProcessStartInfo> start,
    TimeSpan? timeToSave = null
) : IDisposable
{
    // Most processes save within a second. A longer wait is explained.
    private const int SilentPart = 600;
    private readonly TimeSpan timeToSave = timeToSave ?? TimeSpan.FromMinutes(10);
    private readonly JobProcess?[] processes = new JobProcess?[jobs];
    private readonly CancellationTokenSource disposed = new();
    private JobQueue? candidates;
    private Action<RunEvent> tell = _ => { };
    private CancellationToken stop;
    private Task[] others = [];

    /// <summary>The number of processes.</summary>
    public int Count => jobs;

    /// <summary>Starts the other processes in advance, because each needs a second or more to open the study.</summary>
    /// <param name="most">The number of stages, as the largest useful number of processes.</param>
    public void Warm(Study study, int most = int.MaxValue)
    {
        try
        {
            for (int job = WorksHere(study) ? 1 : 0; job < Math.Min(jobs, most); job++)
            {
                processes[job] ??= Start(job, study);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The first stage of the process starts it again. If that fails too, the stage fails and says why.
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
            (tell, stop) = (report, cancellation);
            JobQueue queue = candidates = Queue(study, open, report);
            CancellationToken stopped = CancellationTokenSource
                .CreateLinkedTokenSource(cancellation, disposed.Token)
                .Token;
            // This process is one of them and is busy, so each candidate may have one of the others.
            others =
            [
                .. Jobs(1, open.Count + 1).Select(job => InThread(() => Work(job, study, queue, report, stopped))),
            ];
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
        if (candidates is { } queue)
        {
            Wait(others, queue, disposed.Token, stop);
        }

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
        tell = report;
        bool worksHere = WorksHere(study);
        void Do(int job)
        {
            if (job == 0 && worksHere)
            {
                WorkHere(queue, here, report, cancellation);
            }
            else
            {
                Work(job, study, queue, report, cancellation);
            }
        }

        Task[] all = [.. Jobs(0, most).Select(job => InThread(() => Do(job))), .. others];
        Wait(all, queue, cancellation);
        cancellation.ThrowIfCancellationRequested();
        queue.RefuseFailed();
        all.ToList().ForEach(t => t.GetAwaiter().GetResult());
    }

    // Once the threads are to stop, it says what they still save, and stops processes that take too long.
    private void Wait(Task[] threads, JobQueue queue, CancellationToken stopped, CancellationToken atOnce = default)
    {
        WaitHandle ended = ((IAsyncResult)Task.WhenAll(threads)).AsyncWaitHandle;
        if (WaitHandle.WaitAny([ended, stopped.WaitHandle]) == 0 || ended.WaitOne(timeToSave / SilentPart))
        {
            return;
        }

        // The same token may have stopped the threads.
        bool canHurry = atOnce is { CanBeCanceled: true, IsCancellationRequested: false };
        string names = string.Join(", ", queue.Running.Select(n => n.Name)),
            hurry = canHurry ? ", and Ctrl+C stops it at once" : "";
        tell(
            new RunEvent.Noted(
                $"the run ends once its processes have saved their work ({names}). A process that needs longer than "
                    + $"{Durations.Text(timeToSave)} is stopped{hurry}"
            )
        );
        WaitHandle[] handles = canHurry ? [ended, atOnce.WaitHandle] : [ended];
        for (bool isOver = WaitHandle.WaitAny(handles, timeToSave) == 0; !isOver; isOver = ended.WaitOne(timeToSave))
        {
            processes.ToList().ForEach(p => p?.Kill());
        }
    }

    private IEnumerable<int> Jobs(int first, int most) =>
        Enumerable.Range(first, Math.Max(0, Math.Min(jobs, most) - first));

    private static Task InThread(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // A GPU is chosen by the environment of a process. Threads that share a core must not spin, which the environment
    // says, too.
    private bool WorksHere(Study study) =>
        !study.Base.NamesGpu && study.Base.Threads <= Cores.Part(Cores.Allowed(), 0, jobs).Count;

    // The thread is not bound to cores. Threads that it starts would stay bound, and comparing needs all cores.
    private static void WorkHere(
        JobQueue queue,
        Action<StageNode> here,
        Action<RunEvent> report,
        CancellationToken cancellation
    )
    {
        while (queue.Take(cancellation) is { } node)
        {
            FulcrumException? Do()
            {
                here(node);
                return null;
            }

            queue.Do(node, Do, report, cancellation);
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

            queue.Do(node, Do, report, cancellation);
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

    private JobProcess Start(int job, Study study)
    {
        ProcessStartInfo info = start(study);
        if (devices(study) is > 0 and var count)
        {
            VisibleGpu.Choose(info, job, count);
        }

        return Cores.On(Cores.Part(Cores.Allowed(), job, jobs), () => new JobProcess(info));
    }
}
