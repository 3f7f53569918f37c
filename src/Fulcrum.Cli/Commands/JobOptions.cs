using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Serialization;
using Fulcrum.Jobs;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;
using Fulcrum.Sandbox;
using Fulcrum.Studies;
using Fulcrum.Torch;

namespace Fulcrum.Cli.Commands;

/// <summary>Where the stages of a study run.</summary>
internal enum Place
{
    /// <summary>On this machine.</summary>
    [JsonStringEnumMemberName("local")]
    Local,

    /// <summary>As jobs of a Slurm cluster.</summary>
    [JsonStringEnumMemberName("slurm")]
    Slurm,
}

/// <summary>The options of <c>run</c> and <c>check</c> that say where a study runs.</summary>
internal sealed class JobOptions
{
    private readonly Option<int> jobs = new("--jobs")
    {
        Description =
            "Candidates that are obtained and measured at the same time, each on its own cores or its own GPU.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<Place> on = EnumOption.Of<Place>("--on", "Where the stages run:");
    private readonly Option<string?> partition = new("--partition") { Description = "Slurm: the partition." };
    private readonly Option<string?> gres = new("--gres")
    {
        Description = "Slurm: generic resources of each job that opens a model, such as gpu:1.",
    };
    private readonly Option<string?> time = new("--time")
    {
        Description = "Slurm: the time limit of each job. A job that needs longer saves, is requeued and resumes.",
    };
    private readonly Option<string?> account = new("--account") { Description = "Slurm: the account." };
    private readonly Option<int?> most = new("--max-jobs")
    {
        Description = "Slurm: candidates that run at the same time. Default: as many as the cluster starts.",
    };
    private readonly Option<string?> more = new("--sbatch")
    {
        Description = "Slurm: further options of sbatch, separated by spaces, such as \"--mem=8G --exclusive\".",
    };
    private readonly Option<bool> detach = new("--detach")
    {
        Description = "Slurm: end after the submission. The jobs go on without this command in either case.",
    };
    private readonly Option<string?> stage = new("--stage")
    {
        Description = "Do one stage of the run in --output; - reads names from standard input.",
        Hidden = true,
    };
    private readonly Option<string?> attempt = new("--attempt")
    {
        Description = "JOB-RESTART: work in a folder of one's own and publish it at the end.",
        Hidden = true,
    };

    /// <summary>Every option, for the verb.</summary>
    public IReadOnlyList<Option> All => [on, jobs, partition, gres, time, account, most, more, detach, stage, attempt];

    /// <summary>Returns the stage that this process does; null: the whole study.</summary>
    public string? StageOf(ParseResult parsed) => parsed.GetValue(stage);

    /// <summary>Returns where the stages run.</summary>
    public Place PlaceOf(ParseResult parsed) => parsed.GetValue(on);

    /// <summary>Whether the command ends after the submission.</summary>
    public bool IsDetached(ParseResult parsed) => parsed.GetValue(detach);

    /// <summary>Whether the process works as a job of a cluster.</summary>
    public bool IsJob(ParseResult parsed) => parsed.GetValue(attempt) is not null;

    /// <summary>Returns what is asked of the cluster.</summary>
    public SlurmOptions SlurmOf(ParseResult parsed) =>
        new(
            parsed.GetValue(partition),
            parsed.GetValue(gres),
            parsed.GetValue(time),
            parsed.GetValue(account),
            parsed.GetValue(most),
            parsed.GetValue(more) is { } text ? ExternalTrainer.Words(text) : null
        );

    /// <summary>Returns this program and its first arguments, as another process starts it.</summary>
    /// <exception cref="InputException">The program cannot start itself.</exception>
    public static IReadOnlyList<string> Tool()
    {
        WorkerProgram tool =
            WorkerProgram.Find("run", typeof(JobOptions).Assembly)
            ?? throw new InputException("--jobs, --on: this program cannot start itself; use the tool");
        return [tool.File, .. tool.Arguments.SkipLast(1)];
    }

    /// <summary>Returns the attempt that this process makes; null: it works in place.</summary>
    public Attempt? AttemptOf(ParseResult parsed, StageNode node, RunLayout run) =>
        parsed.GetValue(attempt) is { } text ? Attempt.Parse(text, node, run.Root) : null;

    /// <summary>Returns the number of jobs.</summary>
    /// <exception cref="InputException">It is not 1 or more.</exception>
    public int JobsOf(ParseResult parsed) =>
        parsed.GetValue(jobs) is >= 1 and <= 1024 and var count
            ? count
            : throw new InputException($"--jobs: {parsed.GetValue(jobs)} is not a number from 1 to 1024");

    /// <summary>Returns a study whose threads are the cores of one job, unless the study or the run says
    /// otherwise. A study that one process asks as a whole keeps all cores.</summary>
    public Study Divided(Study study, RunLayout run, ParseResult parsed)
    {
        int count = JobsOf(parsed);
        if (count > 1 && (study.Decide || study.Selects))
        {
            HubAccess.Say(
                "--jobs has no effect on a study with decide, select or seek: what is asked of a candidate depends on "
                    + "the answers of the others, so one process asks them all on all cores"
            );
            return study;
        }

        return count > 1 && study.Base.Threads is null && run.Completed("prepare") is null
            ? study with
            {
                Base = study.Base with { Threads = Cores.Part(Cores.Allowed(), 0, count).Count },
            }
            : study;
    }

    /// <summary>Returns what does parts of a study in other processes; null: this process does everything.</summary>
    /// <param name="flags">Options that every process gets.</param>
    public LocalJobs? Local(RunLayout run, IReadOnlyList<string> flags, ParseResult parsed)
    {
        int count = JobsOf(parsed);
        return count == 1
            ? null
            : new LocalJobs(
                count,
                study => study.Base.Device == "cuda" ? TorchEngine.Devices : 0,
                study => Start(study, run, flags, Cores.Part(Cores.Allowed(), 0, count).Count)
            );
    }

    /// <summary>Returns how to start a process that does candidates.</summary>
    /// <param name="cores">The number of cores that it will be bound to.</param>
    internal static ProcessStartInfo Start(Study study, RunLayout run, IReadOnlyList<string> flags, int cores)
    {
        IReadOnlyList<string> tool = Tool();
        ProcessStartInfo start = new(
            tool[0],
            [.. tool.Skip(1), "run", run.Study, "--output", run.Root, "--stage", "-", .. flags]
        );
        // Threads that share a core must not spin: each waits for one that cannot run meanwhile.
        if (study.Base.Threads > cores)
        {
            start.Environment["GOMP_SPINCOUNT"] = "0";
        }

        // In a process with one core .NET waits until no method was compiled for a second, not for a tenth, before it
        // optimises those that are called often. A training would run unoptimised for most of its time.
        if (cores == 1)
        {
            start.Environment.TryAdd(Cores.OptimisationDelay, "1");
        }

        return start;
    }
}
