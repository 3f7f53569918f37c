using System.Globalization;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Jobs.Slurm;

/// <summary>What a user asks of the cluster.</summary>
/// <param name="Partition">Null: the default one.</param>
/// <param name="Gres">Generic resources of each job that computes, as <c>gpu:1</c>; null: none.</param>
/// <param name="Time">Time limit of each job, as Slurm writes it; null: the partition's.</param>
/// <param name="Account">Null: the user's default.</param>
/// <param name="MaxJobs">Candidates that run at the same time; null: any number.</param>
/// <param name="More">Further options of <c>sbatch</c>.</param>
internal sealed record SlurmOptions(
    string? Partition = null,
    string? Gres = null,
    string? Time = null,
    string? Account = null,
    int? MaxJobs = null,
    IReadOnlyList<string>? More = null
)
{
    // These say which job a job is, and on which cluster. A run could not find its jobs again without them.
    private static readonly string[] Ours =
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
    /// <exception cref="InputException">One is malformed; names its option.</exception>
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
                $"--sbatch: '{Printable.Short(bare)}' is no option, and sbatch would take it for the job's script; "
                    + "write a value behind an equals sign, as --mem=8G"
            );
        }

        if ((More ?? []).FirstOrDefault(IsOurs) is { } taken)
        {
            throw new InputException(
                $"--sbatch: {Printable.Short(taken)} cannot be given, because the run sets it itself"
            );
        }
    }

    // What follows a word without a dash, or two dashes alone, is the script and its arguments for sbatch.
    private static bool IsNoOption(string word) => word[0] != '-' || word is "-" or "--";

    // sbatch accepts a name's beginning, several short options in one word, and a value that follows at once.
    private static bool IsOurs(string word)
    {
        string name = word.Split('=')[0];
        return name.StartsWith("--", StringComparison.Ordinal)
            ? name != "--export" && Ours.Any(o => o.StartsWith(name, StringComparison.Ordinal))
            : word.StartsWith('-') && word[1..].TrimStart(Switches) is [var option, ..] && Ours.Contains($"-{option}");
    }

    /// <summary>Returns the options of a job.</summary>
    /// <param name="computes">Whether the job opens a model.</param>
    /// <param name="threads">The threads that the study asks for; null: none in particular.</param>
    public IReadOnlyList<string> Arguments(bool computes, int? threads) =>
        [
            .. Partition is null ? (string[])[] : [$"--partition={Partition}"],
            .. Gres is not null && computes ? (string[])[$"--gres={Gres}"] : [],
            .. Time is null ? (string[])[] : [$"--time={Time}"],
            .. Account is null ? (string[])[] : [$"--account={Account}"],
            .. threads is { } count && computes ? (string[])[$"--cpus-per-task={count}"] : [],
            // Where the limit is known and long enough, the job is told before it, saves and asks for more time.
            .. Limit(Time) is { } limit && limit >= TimeSpan.FromMinutes(10) ? (string[])["--signal=B:TERM@90"] : [],
            .. More ?? [],
        ];

    /// <summary>Refuses what no node or partition offers, as far as Slurm says so before a job is submitted.</summary>
    /// <exception cref="InputException">Slurm refuses; says what and what it has instead.</exception>
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

    /// <summary>Throws for a submission that Slurm refused.</summary>
    /// <exception cref="InputException">What was asked for does not exist.</exception>
    /// <exception cref="FulcrumException">Anything else, such as a controller that does not answer.</exception>
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
                $"{option}: the cluster cannot give what is asked ({asked}): {complaint}. "
                    + "'sinfo -o \"%P %l %c %G\"' lists partitions, time limits, processors and GPUs"
            );
        }

        throw new FulcrumException(
            $"sbatch failed ({asked}): {complaint}. Repeat the command to submit what is missing"
        );
    }

    /// <summary>Reads a time limit as Slurm writes it: minutes, minutes:seconds, hours:minutes:seconds, days-hours and
    /// so
    /// on; null: none, or none that can be read.</summary>
    internal static TimeSpan? Limit(string? text)
    {
        string[] days = (text ?? "").Split('-');
        int[] parts =
        [
            .. days[^1]
                .Split(':')
                .Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1),
        ];
        bool withDays =
            days.Length == 2 && int.TryParse(days[0], NumberStyles.None, CultureInfo.InvariantCulture, out _);
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
}
