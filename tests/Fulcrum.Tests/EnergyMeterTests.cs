using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

public sealed class EnergyMeterTests
{
    [Fact]
    public void Packages_are_added_their_parts_are_not_and_a_counter_may_wrap_around()
    {
        string root = Directory.CreateTempSubdirectory().FullName;
        Counter(root, "intel-rapl:0", 900_000_000);
        Counter(root, "intel-rapl:1", 5_000_000);
        Counter(root, "intel-rapl:0:0", 1);
        using EnergyMeter meter = new(root);

        Counter(root, "intel-rapl:0", 100_000_000); // wrapped at 1,000,000,000
        Counter(root, "intel-rapl:1", 8_000_000);
        Counter(root, "intel-rapl:0:0", 999_999_999);

        Assert.Equal(203, meter.Joules);
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void A_machine_that_does_not_tell_gives_nothing() =>
        Assert.Null(new EnergyMeter(Path.Combine(Path.GetTempPath(), "no-such-folder")).Joules);

    private static void Counter(string root, string package, long microjoules)
    {
        string folder = Directory.CreateDirectory(Path.Combine(root, package)).FullName;
        File.WriteAllText(Path.Combine(folder, "energy_uj"), $"{microjoules}\n");
        File.WriteAllText(Path.Combine(folder, "max_energy_range_uj"), "1000000000\n");
    }
}
