using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Jobs.Slurm;

/// <summary>A job, or a task of a job array, as <c>squeue --json</c> shows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Array">The number of its job array; 0: none.</param>
/// <param name="Tasks">The indices of the array that it represents: one, or all that are waiting.</param>
/// <param name="States">One or several of Slurm's state names, such as PENDING.</param>
/// <param name="Reason">Why it waits or ended.</param>
/// <param name="Name">The job's name.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="Nodes">Where it runs.</param>
/// <param name="IsShortened">Whether it represents more tasks than <paramref name="Tasks"/> lists.</param>
/// <param name="Script">The path of its script at the submission; empty: not reported.</param>
internal sealed record SlurmJob(
    long Id,
    long Array,
    IReadOnlyList<int> Tasks,
    IReadOnlyList<string> States,
    string Reason,
    string Name,
    int Restarts,
    string Nodes,
    bool IsShortened = false,
    string Script = ""
)
{
    // States of an ended job. COMPLETING is not one: it may be the only state while processes end.
    private static readonly HashSet<string> Ended =
    [
        "COMPLETED",
        "CANCELLED",
        "FAILED",
        "TIMEOUT",
        "NODE_FAIL",
        "PREEMPTED",
        "BOOT_FAIL",
        "DEADLINE",
        "OUT_OF_MEMORY",
        "REVOKED",
        "LAUNCH_FAILED",
        "RECONFIG_FAIL",
    ];

    // Reasons for waiting that do not change without an action of the user or the administrator.
    private static readonly HashSet<string> Stuck =
    [
        "DependencyNeverSatisfied",
        "PartitionTimeLimit",
        "PartitionNodeLimit",
        "PartitionConfig",
        "BadConstraints",
        "InvalidAccount",
        "InvalidQOS",
        "AssocMaxWallDurationPerJobLimit",
        "QOSMaxWallDurationPerJobLimit",
        "JobHeldUser",
        "JobHeldAdmin",
    ];

    /// <summary>Whether it waits or runs.</summary>
    public bool IsAlive => !States.Any(Ended.Contains);

    /// <summary>Whether it runs now.</summary>
    public bool IsRunning => IsAlive && !States.Contains("PENDING");

    /// <summary>Whether it waits for something that needs an action of the user or the administrator.</summary>
    public bool IsStuck => IsAlive && !IsRunning && Stuck.Contains(Reason);

    /// <summary>Whether it waits for another job of the run only.</summary>
    public bool IsBehindOthers => IsAlive && !IsRunning && Reason == "Dependency";

    /// <summary>The number that other jobs may depend on and that <c>scancel</c> takes.</summary>
    public long Whole => Array != 0 ? Array : Id;

    /// <summary>Returns whether its script is in a run folder, or is not visible from here.</summary>
    /// <remarks>Every user of a cluster sees the names of jobs, so an untrusted run folder can name jobs of another
    /// run.</remarks>
    public bool IsOf(RunLayout run)
    {
        string own = run.At("slurm", Name + ".sh");
        return own == Script || FileState.Of(Script) is not { } script || FileState.Of(own)?.Place == script.Place;
    }

    /// <summary>Reads the output of <c>squeue --json</c>, of version 22.05 and later ones.</summary>
    /// <remarks>Version 22.05 writes plain values. Later versions write a number as an object with <c>set</c> and
    /// <c>number</c>, and a state as a list.</remarks>
    /// <returns>Null if the output says that the jobs could not be read.</returns>
    /// <exception cref="FulcrumException">The text is not such an output.</exception>
    public static IReadOnlyList<SlurmJob>? Parse(string json)
    {
        try
        {
            JsonNode read = JsonNode.Parse(json)!;
            return read["errors"] is JsonArray { Count: > 0 }
                ? null
                : [.. read["jobs"]!.AsArray().Select(j => Of(j!.AsObject()))];
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new FulcrumException(
                $"squeue --json printed something unexpected: {Printable.Short(json)}. "
                    + "Slurm 22.05 or later is needed, with its JSON plugin",
                e
            );
        }
    }

    private static SlurmJob Of(JsonObject job) =>
        new(
            Number(job["job_id"]) ?? 0,
            Number(job["array_job_id"]) ?? 0,
            Number(job["array_task_id"]) is { } task && Number(job["array_job_id"]) is > 0
                ? [(int)task]
                : Indices(Text(job["array_task_string"])),
            job["job_state"] is JsonArray several ? [.. several.Select(Text)] : [Text(job["job_state"])],
            Text(job["state_reason"]),
            Text(job["name"]),
            (int)(Number(job["restart_cnt"]) ?? 0),
            Text(job["nodes"]),
            Text(job["array_task_string"]).Contains("...", StringComparison.Ordinal),
            Text(job["command"])
        );

    private static string Text(JsonNode? node) => node is JsonValue v && v.TryGetValue(out string? s) ? s : "";

    private static long? Number(JsonNode? node) =>
        node switch
        {
            JsonObject o => (bool?)o["set"] == true ? (long?)o["number"] : null,
            JsonValue v when v.TryGetValue(out long n) => n,
            _ => null,
        };

    /// <summary>Reads indices such as <c>0,3-5,7-11%2</c>. Slurm may shorten a long list with dots. Then only the
    /// indices before them are returned.</summary>
    internal static IReadOnlyList<int> Indices(string text)
    {
        List<int> all = [];
        foreach (string part in text.Split('%')[0].Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split(':')[0].Split('-');
            if (
                int.TryParse(ends[0], out int first)
                && int.TryParse(ends[^1], out int last)
                && last >= first
                && last - first < 1 << 20
            )
            {
                all.AddRange(Enumerable.Range(first, last - first + 1));
            }
        }

        return all;
    }
}
