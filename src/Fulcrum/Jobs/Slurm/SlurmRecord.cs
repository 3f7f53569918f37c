using System.Security.Cryptography;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Jobs.Slurm;

/// <summary>A job that was submitted, or was about to be submitted.</summary>
/// <param name="Name">Its name in Slurm, which is unique among the jobs of all runs. By it a job is found whose number
/// was not recorded.</param>
/// <param name="Stages">The stages that it does. For a job array by index.</param>
/// <param name="IsArray">Whether it is a job array.</param>
/// <param name="Id">Its number; null: the submission was interrupted or is running.</param>
internal sealed record SlurmEntry(string Name, IReadOnlyList<string> Stages, bool IsArray, long? Id = null)
{
    /// <summary>Returns whether the name is that of a job of a run.</summary>
    public bool IsOf(string run) =>
        Name.StartsWith($"fulcrum-{run}-", StringComparison.Ordinal) && SlurmRecord.IsName(Name);

    /// <summary>Returns the jobs of the queue with its name.</summary>
    public IEnumerable<SlurmJob> In(IEnumerable<SlurmJob> queue) => queue.Where(j => j.Name == Name);

    /// <summary>Returns the job or task that does a stage; null if the queue does not have it.</summary>
    public SlurmJob? JobOf(string stage, IEnumerable<SlurmJob> queue)
    {
        int index = Stages.ToList().IndexOf(stage);
        SlurmJob[] own = [.. In(queue)];
        return index < 0 ? null
            : !IsArray ? own.FirstOrDefault()
            : own.FirstOrDefault(j => j.Tasks.Contains(index)) ?? own.FirstOrDefault(j => j.IsShortened);
    }
}

/// <summary>The jobs of a run: <c>slurm.json</c> in the run folder.</summary>
/// <param name="Run">A random part of the jobs' names that distinguishes them from those of other runs.</param>
/// <param name="Jobs">In the order of their submission.</param>
/// <param name="Cancelled">Whether the jobs were cancelled by a command.</param>
internal sealed record SlurmRecord(string Run, IReadOnlyList<SlurmEntry> Jobs, bool Cancelled = false)
{
    private const string FileName = "slurm.json";
    private const int RunBytes = 5;

    /// <summary>Returns whether a text has the form of a job's name.</summary>
    public static bool IsName(string text) =>
        text.Split('-') is ["fulcrum", { Length: 2 * RunBytes } run, { Length: > 0 and < 10 } number]
        && run.All(char.IsAsciiHexDigitLower)
        && number.All(char.IsAsciiDigit);

    /// <summary>Returns a record without jobs.</summary>
    public static SlurmRecord New() => new(RandomNumberGenerator.GetHexString(2 * RunBytes, lowercase: true), []);

    /// <summary>Reads the record of a run; null if no job of it was ever submitted.</summary>
    /// <exception cref="InputException">The file has another form, or names jobs that do not belong to a
    /// run.</exception>
    public static SlurmRecord? Read(RunLayout run)
    {
        SlurmRecord? record = StoredJson.ReadIfThere<SlurmRecord>(run.At(FileName), "a record of jobs");
        // Jobs are cancelled by their names, and scripts have these names. So an untrusted file must not name other
        // jobs or paths.
        bool own = record is null || (IsName(record.NextName()) && record.Jobs.All(j => j.IsOf(record.Run)));
        return own
            ? record
            : throw new InputException($"{run.At(FileName)}: it names jobs that do not belong to a run");
    }

    /// <summary>Writes the record.</summary>
    public void Write(RunLayout run) =>
        AtomicFile.WriteText(run.At(FileName), JsonSerializer.Serialize(this, JsonLines.Output) + "\n");

    /// <summary>Returns the name of the next job.</summary>
    public string NextName() => $"fulcrum-{Run}-{Jobs.Count + 1}";

    /// <summary>Returns the record with an entry, in place of one of the same name.</summary>
    public SlurmRecord With(SlurmEntry entry) => this with { Jobs = [.. Jobs.Where(j => j.Name != entry.Name), entry] };

    /// <summary>Returns the record with the numbers of jobs whose submission was interrupted after Slurm had accepted
    /// them. An entry without a job in the queue is kept, so that its name is not used again.</summary>
    public SlurmRecord WithNumbers(IReadOnlyList<SlurmJob> queue) =>
        this with
        {
            Jobs = [.. Jobs.Select(e => e.Id is not null ? e : e with { Id = e.In(queue).FirstOrDefault()?.Whole })],
        };

    /// <summary>Returns the jobs that wait or run.</summary>
    public IEnumerable<SlurmEntry> Alive(IReadOnlyList<SlurmJob> queue) =>
        Jobs.Where(e => e.In(queue).Any(j => j.IsAlive));

    /// <summary>Returns the latest job that does a stage; null if there is none.</summary>
    public SlurmEntry? LatestOf(StageNode node) => LatestOf(node.Name);

    /// <summary>Returns the latest job that does a stage of a name; null if there is none.</summary>
    public SlurmEntry? LatestOf(string stage) => Jobs.LastOrDefault(e => e.Stages.Contains(stage));
}
