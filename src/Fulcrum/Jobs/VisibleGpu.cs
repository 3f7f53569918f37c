using System.Diagnostics;

namespace Fulcrum.Jobs;

/// <summary>Gives each process a GPU of its own, by the environment variable that CUDA reads.</summary>
internal static class VisibleGpu
{
    private const string Variable = "CUDA_VISIBLE_DEVICES";

    /// <summary>Has a process see only the GPU of its job.</summary>
    /// <param name="devices">The number of GPUs.</param>
    public static void Choose(ProcessStartInfo start, int job, int devices)
    {
        string? visible = start.Environment.TryGetValue(Variable, out string? names) ? names : null;
        start.Environment[Variable] = Of(job, devices, visible);
    }

    /// <summary>Returns the name of a job's GPU.</summary>
    /// <param name="visible">The names of the GPUs that this process may use, separated by commas; null or empty: all,
    /// by their numbers.</param>
    public static string Of(int job, int devices, string? visible) =>
        (visible ?? "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .ElementAtOrDefault(job % devices)
        ?? $"{job % devices}";
}
