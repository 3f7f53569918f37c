using System.Globalization;

namespace Fulcrum.Runs;

/// <summary>The energy that the processor packages take, by the kernel's RAPL counters, where the machine tells it
/// (<c>/sys/class/powercap</c>, readable by the user).</summary>
/// <remarks>The counters wrap around after less than an hour at full load, so they are read every few seconds and not
/// only at the ends.</remarks>
internal sealed class EnergyMeter : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(20);
    private readonly (string File, long Range)[] packages;
    private readonly long[] last;
    private readonly Timer? timer;
    private readonly Lock reading = new();
    private long microjoules;

    /// <param name="root">The folder of the counters.</param>
    public EnergyMeter(string root = "/sys/class/powercap")
    {
        packages = [.. Packages(root)];
        last = [.. packages.Select(p => Read(p.File) ?? 0)];
        timer = packages.Length == 0 ? null : new Timer(_ => Sample(), null, Every, Every);
    }

    /// <summary>Joules since the meter was made, without what other programs take being told apart; null where the
    /// machine does not tell.</summary>
    public double? Joules
    {
        get
        {
            Sample();
            return packages.Length == 0 ? null : Math.Round(microjoules / 1e6, 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => timer?.Dispose();

    private void Sample()
    {
        lock (reading)
        {
            for (int i = 0; i < packages.Length; i++)
            {
                long now = Read(packages[i].File) ?? last[i];
                microjoules += now >= last[i] ? now - last[i] : now - last[i] + packages[i].Range;
                last[i] = now;
            }
        }
    }

    /// <summary>Whole packages alone (<c>intel-rapl:0</c>): their parts (<c>intel-rapl:0:0</c>) would be counted
    /// twice.</summary>
    private static IEnumerable<(string, long)> Packages(string root) =>
        !Directory.Exists(root)
            ? []
            : Directory
                .EnumerateDirectories(root, "intel-rapl:*")
                .Where(d => Path.GetFileName(d).Count(c => c == ':') == 1)
                .Select(d => (Path.Combine(d, "energy_uj"), Read(Path.Combine(d, "max_energy_range_uj")) ?? 0))
                .Where(p => Read(p.Item1) is not null);

    private static long? Read(string file)
    {
        try
        {
            return long.TryParse(
                File.ReadAllText(file),
                NumberStyles.Integer,
                CultureInfo.InvariantCulture,
                out long value
            )
                ? value
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // readable by root alone on most systems: then the report says nothing about energy
        }
    }
}
