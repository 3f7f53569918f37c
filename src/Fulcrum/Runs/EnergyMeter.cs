using System.Globalization;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>Measures the energy of the processor packages by the kernel's RAPL counters, if the user may read them
/// (<c>/sys/class/powercap</c>).</summary>
/// <remarks>The counters wrap around after less than an hour at full load. Therefore they are read every few
/// seconds.</remarks>
internal sealed class EnergyMeter : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(20);
    private readonly (string File, long Range)[] packages;
    private readonly long[] last;
    private readonly Timer? timer;
    private readonly Lock reading = new();
    private readonly DateTimeOffset began = TimeProvider.System.GetUtcNow();
    private long microjoules;

    /// <param name="root">The folder of the counters.</param>
    public EnergyMeter(string root = "/sys/class/powercap")
    {
        packages = [.. Packages(root)];
        last = [.. packages.Select(p => Read(p.File) ?? 0)];
        timer = packages.Length == 0 ? null : new Timer(_ => Sample(), null, Every, Every);
    }

    /// <summary>Joules since the meter was created; the energy of other programs is included. Null if the counters
    /// cannot be read.</summary>
    public double? Joules
    {
        get
        {
            Sample();
            return packages.Length == 0 ? null : Math.Round(microjoules / 1e6, 1);
        }
    }

    /// <summary>The same, with its time and its machine.</summary>
    public EnergyUse? Use => Joules is { } joules ? new EnergyUse(joules, began, Machine.Value) : null;

    // Processes that read the same counters have the same kernel. The digest does not tell the name of the machine.
    private static readonly Lazy<string> Machine = new(() => Sha256.OfTexts(BootOr(Environment.MachineName))[..12]);

    private static string BootOr(string name)
    {
        try
        {
            return BoundedFile.ReadText("/proc/sys/kernel/random/boot_id", 4096);
        }
        catch (InputException)
        {
            return name;
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

    /// <summary>Returns the counters of packages (<c>intel-rapl:0</c>) only. Those of their parts
    /// (<c>intel-rapl:0:0</c>) are included in them.</summary>
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
                BoundedFile.ReadText(file, 4096),
                NumberStyles.Integer,
                CultureInfo.InvariantCulture,
                out long value
            )
                ? value
                : null;
        }
        catch (InputException)
        {
            return null; // only root may read it on most systems; then the report shows no energy
        }
    }
}
