namespace Fulcrum.Jobs.Slurm;

/// <summary>Reads the states of ended jobs from Slurm's accounting (<c>sacct</c>), which some clusters do not
/// have.</summary>
/// <param name="ask">Runs a command of Slurm.</param>
internal sealed class SlurmAccounts(Func<string, IEnumerable<string>, SlurmReply> ask)
{
    private readonly Dictionary<long, Dictionary<string, string>> jobs = [];

    /// <summary>Returns the final state of the job or task of a stage by Slurm's name, such as OUT_OF_MEMORY; null if
    /// unknown.</summary>
    public string? StateOf(SlurmEntry entry, string stage)
    {
        int index = entry.Stages.ToList().IndexOf(stage);
        return entry.Id is { } id && index >= 0
            ? StatesOf(id).GetValueOrDefault(entry.IsArray ? $"{id}_{index}" : $"{id}")
            : null;
    }

    // Caches the states of a job with all of its tasks.
    private Dictionary<string, string> StatesOf(long id)
    {
        if (!jobs.TryGetValue(id, out Dictionary<string, string>? states))
        {
            states = Asked(id);
            jobs.Add(id, states);
        }

        return states;
    }

    private Dictionary<string, string> Asked(long id)
    {
        try
        {
            SlurmReply reply = ask("sacct", ["-j", $"{id}", "-X", "-n", "-P", "-o", "JobID,State"]);
            return reply.ExitCode != 0
                ? []
                : reply
                    .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Select(l => l.Split('|'))
                    .Where(l => l.Length == 2)
                    .GroupBy(l => l[0], StringComparer.Ordinal)
                    .ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal);
        }
        catch (FulcrumException)
        {
            return []; // sacct does not exist or does not answer
        }
    }
}
