using System.Globalization;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Jobs.Slurm;

/// <summary>The user's options for jobs on the cluster.</summary>
/// <param name="Partition">The partition; null: the default one.</param>
/// <param name="Gres">Generic resources of each job that computes, such as <c>gpu:1</c>; null: none.</param>
/// <param name="Time">Time limit of each job in Slurm's format; null: that of the partition.</param>
/// <param name="Account">The account; null: the user's default.</param>
/// <param name="MaxJobs">The largest number of candidates that run at the same time; null: any number.</param>
/// <param name="More">Additional options of <c>sbatch</c>.</param>
internal sealed record SlurmOptions(
    string? Partition = null,
    string? Gres = null,
    string? Time = null,
    string? Account = null,
    int? MaxJobs = null,
    IReadOnlyList<string>? More = null
)
{
    // Options that the run sets itself, because it finds its jobs again by them.
    private static readonly string[] Reserved =
    [
        "--array",
        "-a",
        "--job-name",
        "-J",
        "--dependency",
        "-d",
        "--output",
        "-o",
        "--error",
        "-e",
        "--parsable",
        "--wrap",
        "--no-requeue",
        "--chdir",
        "-D",
        "--test-only",
        "--wait",
        "-W",
        "--export-file",
        "--clusters",
        "-M",
    ];

    // Short options of sbatch without a value.
    private static readonly char[] Switches = [.. "hHkOQsuvV"];

    /// <summary>Checks the values.</summary>
    /// <exception cref="InputException">A value is malformed. The message names its option.</exception>
    public void Check()
    {
        (string Option, string? Value)[] texts =
        [
            ("--partition", Partition),
            ("--gres", Gres),
            ("--time", Time),
            ("--account", Account),
            .. (More ?? []).Select(m => ("--sbatch", (string?)m)),
        ];
        foreach ((string option, string? value) in texts)
        {
            if (value is not null && (value.Length == 0 || value.Any(char.IsControl)))
            {
                throw new InputException($"{option}: '{Printable.Short(value)}' is empty or has a control character");
            }
        }

        if (MaxJobs is < 1)
        {
            throw new InputException($"--max-jobs: {MaxJobs} is not 1 or more");
        }

        if ((More ?? []).FirstOrDefault(IsNoOption) is { } bare)
        {
            throw new InputException(
                $"--sbatch: '{Printable.Short(bare)}' is not an option, and sbatch would take it for the job's script; "
                    + "write a value behind an equals sign, as --mem=8G"
            );
        }

        if ((More ?? []).FirstOrDefault(IsReserved) is { } taken)
        {
            throw new InputException(
                $"--sbatch: {Printable.Short(taken)} cannot be given, because the run sets it itself"
            );
        }
    }

    // sbatch takes a word without a dash, and everything after "--", for the script and its arguments.
    private static bool IsNoOption(string word) => word[0] != '-' || word is "-" or "--";

    // sbatch accepts the beginning of an option's name, several short options in one word, and a value without a space
    // before it.
    private static bool IsReserved(string word)
    {
        string name = word.Split('=')[0];
        return name.StartsWith("--", StringComparison.Ordinal)
            ? name != "--export" && Reserved.Any(o => o.StartsWith(name, StringComparison.Ordinal))
            : word.StartsWith('-')
                && word[1..].TrimStart(Switches) is [var option, ..]
                && Reserved.Contains($"-{option}");
    }

    /// <summary>Returns the options of a job.</summary>
    /// <param name="computes">Whether the job opens a model.</param>
    /// <param name="threads">The number of threads of the study; null: not set.</param>
    public IReadOnlyList<string> Arguments(bool computes, int? threads) =>
        [
            .. Partition is null ? (string[])[] : [$"--partition={Partition}"],
            .. Gres is not null && computes ? (string[])[$"--gres={Gres}"] : [],
            .. Time is null ? (string[])[] : [$"--time={Time}"],
            .. Account is null ? (string[])[] : [$"--account={Account}"],
            .. threads is { } count && computes ? (string[])[$"--cpus-per-task={count}"] : [],
            // A job with a time limit of 10 minutes or more is signalled 90 s before its end. It saves its work and
            // queues itself again.
            .. Limit(Time) is { } limit && limit >= TimeSpan.FromMinutes(10) ? (string[])["--signal=B:TERM@90"] : [],
            .. More ?? [],
        ];

    /// <summary>Checks before any submission, by <c>sbatch --test-only</c>, that a node or partition offers the
    /// resources.</summary>
    /// <exception cref="InputException">Slurm refuses. The message says what, and what exists instead.</exception>
    public void TryOut(string script, int? threads)
    {
        SlurmReply tried = SlurmTools.Run("sbatch", ["--test-only", .. Arguments(true, threads), script]);
        if (tried.ExitCode != 0)
        {
            Refuse(tried, Arguments(true, threads));
        }

        SlurmReply limits = SlurmTools.Run("sinfo", "-h", "-o", "%P|%l");
        string[][] partitions =
        [
            .. limits.Output.Split('\n').Select(l => l.Trim().Split('|')).Where(l => l.Length == 2),
        ];
        string[]? own = partitions.FirstOrDefault(p =>
            Partition is null ? p[0].EndsWith('*') : p[0].TrimEnd('*') == Partition
        );
        if (own is not null && Limit(own[1]) is { } most && Limit(Time) is { } wanted && wanted > most)
        {
            throw new InputException(
                $"--time: {Time} is more than the limit of the partition {own[0].TrimEnd('*')}, {own[1]}"
            );
        }
    }

    /// <summary>Throws the exception for a submission that Slurm refused.</summary>
    /// <exception cref="InputException">A requested resource does not exist.</exception>
    /// <exception cref="FulcrumException">Any other failure, such as a controller that does not answer.</exception>
    public static void Refuse(SlurmReply reply, IReadOnlyList<string> arguments)
    {
        string said = reply.Error + reply.Output;
        (string Phrase, string Option)[] known =
        [
            ("invalid partition", "--partition"),
            ("Invalid partition", "--partition"),
            ("Invalid generic resource", "--gres"),
            ("Invalid --time", "--time"),
            ("Requested time limit is invalid", "--time"),
            ("Invalid account", "--account"),
            ("Requested node configuration is not available", "the resources"),
            ("Invalid node name", "--sbatch"),
            ("unrecognized option", "--sbatch"),
            ("invalid option", "--sbatch"),
            ("Memory specification", "--sbatch"),
        ];
        string complaint = reply.Complaint.Length > 0 ? reply.Complaint : reply.Output.Trim();
        string asked = string.Join(' ', arguments);
        if (known.FirstOrDefault(k => said.Contains(k.Phrase, StringComparison.Ordinal)) is { Option: { } option })
        {
            throw new InputException(
                $"{option}: the cluster does not have the requested resources ({asked}): {complaint}. "
                    + "'sinfo -o \"%P %l %c %G\"' lists partitions, time limits, processors and GPUs"
            );
        }

        throw new FulcrumException(
            $"sbatch failed ({asked}): {complaint}. Repeat the command to submit what is missing"
        );
    }

    /// <summary>Reads a time limit in Slurm's format (minutes, minutes:seconds, hours:minutes:seconds, days-hours and
    /// so on); null if there is none or it is malformed.</summary>
    internal static TimeSpan? Limit(string? text)
    {
        string[] days = (text ?? "").Split('-');
        int[] parts = [.. days[^1].Split(':').Select(p => IsPart(p, out int n) ? n : -1)];
        bool withDays = days.Length == 2 && IsPart(days[0], out _);
        return parts.Contains(-1) || days.Length > 2 || parts.Length > 3 || (days.Length == 2 && !withDays) ? null
            : withDays
                ? new TimeSpan(
                    int.Parse(days[0], CultureInfo.InvariantCulture),
                    parts[0],
                    parts.ElementAtOrDefault(1),
                    parts.ElementAtOrDefault(2)
                )
            : parts.Length == 3 ? new TimeSpan(parts[0], parts[1], parts[2])
            : new TimeSpan(0, parts[0], parts.ElementAtOrDefault(1));
    }

    // A larger number is beyond what a time span holds.
    private static bool IsPart(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 10_000_000;
}
